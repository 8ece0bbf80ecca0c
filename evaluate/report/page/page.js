// Sorting of tables and the slider between pictures.
function sortable(table) {
  table.querySelectorAll("thead th").forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const number = head.classList.contains("number");
      const first = number ? "descending" : "ascending", other = number ? "ascending" : "descending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      table.querySelectorAll("th").forEach((h) => h.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      sortRows(table, column, number, order);
    });
  });
}

// Cells without a value stay last in both orders.
function sortRows(table, column, number, order) {
  const sign = order === "ascending" ? 1 : -1;
  const key = (row) => {
    const cell = row.cells[column];
    if (!number) return cell.textContent.trim();
    const value = cell.dataset.value ?? cell.textContent;
    return value === "" ? NaN : Number(value);
  };
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, key: key(row) }));
  const missing = (k) => number ? Number.isNaN(k) : k === "";
  rows.sort((a, b) => {
    if (missing(a.key) || missing(b.key)) return missing(a.key) - missing(b.key);
    return sign * (number ? a.key - b.key : a.key.localeCompare(b.key, "en"));
  });
  body.append(...rows.map((r) => r.row));
}

// The slider fades from each picture to the next.
function layered(example) {
  const input = example.querySelector("input"), layers = [...example.querySelectorAll(".layers img")];
  const show = () => layers.forEach((layer, i) => { if (i) layer.style.opacity = Math.min(1, Math.max(0, input.value - i + 1)); });
  input.addEventListener("input", show);
  show();
}

function enliven(root) {
  root.querySelectorAll("table.paper").forEach(sortable);
  root.querySelectorAll(".chart").forEach((box) => box.classList.contains("scatter") ? drawScatter(box) : drawChart(box));
  root.querySelectorAll(".example").forEach((e) => { if (e.querySelector("input")) layered(e); });
  root.querySelectorAll(".scroll").forEach((s) => { if (s.scrollWidth > s.clientWidth) s.tabIndex = 0; });
}
enliven(document);

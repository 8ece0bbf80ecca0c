// Each image as a point: one folder to the right, another upwards.
const shapes = [
  (x, y) => `M${x - 4} ${y}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z`,
  (x, y) => `M${x - 3.6} ${y - 3.6}h7.2v7.2h-7.2z`,
  (x, y) => `M${x} ${y - 4.6}l4.4 7.8h-8.8z`,
  (x, y) => `M${x} ${y - 5}l5 5l-5 5l-5 -5z`,
  (x, y) => `M${x} ${y + 4.6}l4.4 -7.8h-8.8z`,
  (x, y) => `M${x - 4.5} ${y - 1.3}h9v2.6h-9z`,
  (x, y) => `M${x - 1.3} ${y - 4.5}h2.6v9h-2.6z`,
];

function drawScatter(box) {
  const data = JSON.parse(box.querySelector("script").textContent);
  const hidden = new Set();
  const canvas = svg("svg", { tabindex: 0, role: "img", "aria-label": data.title });
  const legend = document.createElement("div"), tip = document.createElement("div");
  legend.className = "legend";
  tip.className = "tip";
  tip.setAttribute("role", "status");
  tip.hidden = true;
  box.append(canvas, legend, tip);
  const color = (i) => `var(--series-${i % 7})`;
  const shape = (i, x, y) => shapes[(i + Math.floor(i / 7)) % 7](x, y); // as with dashes: 49 look different
  const all = data.series.flatMap((s, i) => s.dots.map(([x, y, image]) => ({ i, x, y, image })));
  let frame = null, current = null;

  data.series.forEach((series, i) => {
    const button = document.createElement("button");
    const mark = svg("svg", { width: 12, height: 12, "aria-hidden": true });
    mark.style.width = "12px";
    svg("path", { d: shape(i, 6, 6) }, mark).style.fill = color(i);
    button.type = "button";
    button.setAttribute("aria-pressed", "true");
    button.append(mark, series.name + ", " + series.note);
    button.addEventListener("click", () => {
      hidden.has(i) ? hidden.delete(i) : hidden.add(i);
      button.setAttribute("aria-pressed", String(!hidden.has(i)));
      clear();
      draw();
    });
    legend.append(button);
  });

  const seen = () => all.filter((p) => !hidden.has(p.i));

  function draw() {
    const width = Math.max(200, Math.min(416, canvas.clientWidth)), bottom = 36, top = 8, right = 10, left = 46;
    const height = width - left - right + top + bottom; // both axes alike
    const shown = seen().length ? seen() : all;
    let low = shown.reduce((m, p) => Math.min(m, p.x, p.y), Infinity), high = shown.reduce((m, p) => Math.max(m, p.x, p.y), -Infinity);
    const rim = (high - low) * 0.05 || 0.005;
    low -= rim;
    high += rim;
    const X = (v) => left + (v - low) / (high - low) * (width - left - right);
    const Y = (v) => height - bottom - (v - low) / (high - low) * (height - top - bottom);
    canvas.setAttribute("viewBox", `0 0 ${width} ${height}`);
    canvas.style.height = height + "px";
    canvas.replaceChildren();
    const marks = ticks(low, high, 5);
    for (const v of marks.values) {
      svg("line", { class: "grid", x1: X(v), x2: X(v), y1: top, y2: height - bottom }, canvas);
      svg("text", { x: X(v), y: height - bottom + 14, "text-anchor": "middle" }, canvas, marks.text(v));
      svg("line", { class: "grid", x1: left, x2: width - right, y1: Y(v), y2: Y(v) }, canvas);
      svg("text", { x: left - 5, y: Y(v) + 4, "text-anchor": "end" }, canvas, marks.text(v));
    }
    svg("line", { class: "diagonal", x1: X(low), y1: Y(low), x2: X(high), y2: Y(high) }, canvas);
    svg("text", { x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" }, canvas, data.x);
    svg("text", { class: "axis", "text-anchor": "middle", transform: `translate(11 ${(top + height - bottom) / 2}) rotate(-90)` }, canvas, data.y);
    for (const p of shown) {
      if (hidden.has(p.i)) continue;
      const dot = svg("path", { class: "dot", d: shape(p.i, X(p.x), Y(p.y)) }, canvas);
      dot.style.fill = color(p.i);
      dot.style.opacity = shown.length > 60 ? 0.6 : 0.85;
    }
    frame = { X, Y, width, marks: svg("g", {}, canvas) };
  }

  function point(p) {
    current = p;
    frame.marks.replaceChildren();
    svg("circle", { cx: frame.X(p.x), cy: frame.Y(p.y), r: 7, fill: "none", "stroke-width": 2, stroke: "var(--accent)" }, frame.marks);
    const lines = [data.images[p.image], data.series[p.i].name, `${data.x} ${p.x.toFixed(4)}, ${data.y} ${p.y.toFixed(4)}`,
      `${data.y} − ${data.x}: ${(p.y - p.x >= 0 ? "+" : "") + (p.y - p.x).toFixed(4)}`];
    tip.replaceChildren(...lines.map((text, k) => {
      const line = document.createElement(k ? "span" : "strong");
      line.textContent = text;
      return line;
    }));
    tip.hidden = false;
    const here = canvas.getBoundingClientRect(), outer = box.getBoundingClientRect(), scale = here.width / frame.width;
    const at = frame.X(p.x) * scale + here.left - outer.left, over = at + 12 + tip.offsetWidth > outer.width;
    tip.style.left = Math.max(4, over ? at - tip.offsetWidth - 12 : at + 12) + "px";
    tip.style.top = here.top - outer.top + frame.Y(p.y) * scale + 10 + "px";
  }

  function clear() {
    tip.hidden = true;
    current = null;
    if (frame) frame.marks.replaceChildren();
  }

  canvas.addEventListener("pointermove", (event) => {
    const r = canvas.getBoundingClientRect(), scale = r.width / frame.width;
    const far = (p) => Math.hypot(frame.X(p.x) * scale - event.clientX + r.left, frame.Y(p.y) * scale - event.clientY + r.top);
    const nearest = seen().reduce((best, p) => best && far(best) <= far(p) ? best : p, null);
    nearest && far(nearest) < 24 ? point(nearest) : clear();
  });
  canvas.addEventListener("pointerleave", clear);
  canvas.addEventListener("blur", clear);
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const ordered = seen().sort((a, b) => (a.y - a.x) - (b.y - b.x)); // from the most lost to the most gained
    if (!step || !ordered.length) return;
    event.preventDefault();
    const at = ordered.indexOf(current);
    point(ordered[at < 0 ? (step > 0 ? 0 : ordered.length - 1) : Math.min(ordered.length - 1, Math.max(0, at + step))]);
  });
  let drawn = 0;
  new ResizeObserver(() => { if (canvas.clientWidth !== drawn) { drawn = canvas.clientWidth; clear(); draw(); } }).observe(canvas);
  draw();
}

// Sections that changed come from the server and take the place of the old ones.
// What the reader sorted, opened or slid stays so.
(() => {
  const state = document.getElementById("live-state"), dot = document.getElementById("live-dot");
  const say = (on, text) => { dot.classList.toggle("on", on); state.textContent = text; };
  const time = () => new Date().toLocaleTimeString();
  const query = new URLSearchParams(location.search);
  query.set("since", document.querySelector(".live").dataset.version);
  const events = new EventSource("events?" + query);
  events.addEventListener("open", () => say(true, "live, connected at " + time()));
  events.addEventListener("error", () => say(false, "connection lost at " + time() + ", trying again"));
  events.addEventListener("section", (event) => {
    const { id, html } = JSON.parse(event.data);
    const content = document.querySelector(`#${CSS.escape(id)} > .content`);
    if (!content) { location.reload(); return; }
    const sorted = [...content.querySelectorAll("table.paper")].map((t) => {
      const heads = [...t.querySelectorAll("th")];
      const at = heads.findIndex((h) => h.hasAttribute("aria-sort"));
      return at < 0 ? null : { at, order: heads[at].getAttribute("aria-sort") };
    });
    const opened = [...content.querySelectorAll("details")].map((d) => d.open);
    const slid = [...content.querySelectorAll("input[type=range]")].map((i) => i.value);
    const scrolled = [...content.querySelectorAll(".scroll")].map((s) => s.scrollLeft);
    content.innerHTML = html;
    content.querySelectorAll("details").forEach((d, i) => { d.open = opened[i] ?? d.open; });
    content.querySelectorAll("input[type=range]").forEach((input, i) => { input.value = slid[i] ?? input.value; });
    enliven(content);
    content.querySelectorAll(".scroll").forEach((s, i) => { s.scrollLeft = scrolled[i] ?? 0; });
    content.querySelectorAll("table.paper").forEach((t, i) => {
      if (!sorted[i]) return;
      const head = t.querySelectorAll("th")[sorted[i].at];
      if (!head) return;
      head.setAttribute("aria-sort", sorted[i].order);
      sortRows(t, sorted[i].at, head.classList.contains("number"), sorted[i].order);
    });
    say(true, "live, renewed at " + time());
  });
})();

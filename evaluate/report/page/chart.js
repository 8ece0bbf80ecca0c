"use strict";
// Curves that can be hovered, drawn as SVG from the JSON beside them.
const svgNS = "http://www.w3.org/2000/svg";

function svg(name, attributes, parent, text) {
  const node = document.createElementNS(svgNS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}

// Marks at multiples of 1, 2 or 5 times a power of ten.
function ticks(low, high, about, whole) {
  if (!(high > low)) return { values: [low], text: short };
  const power = Math.pow(10, Math.floor(Math.log10((high - low) / about)));
  let step = power;
  for (const factor of [2, 5, 10]) if ((high - low) / step > about) step = factor * power;
  if (whole && step < 1) step = 1;
  const values = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) values.push(k * step);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return { values, text: decimals > 4 ? short : (v) => v.toFixed(decimals) };
}

// Small numbers, such as learning rates, in three digits: four decimals would make 0 of them.
function short(v) {
  return v !== 0 && Math.abs(v) < 0.1 ? String(+v.toPrecision(3)) : v.toFixed(4);
}

const dashes = ["", "7 3", "2 3", "12 3", "8 3 2 3", "4 2", "1 3"];

function drawChart(box) {
  const data = JSON.parse(box.querySelector("script").textContent);
  const hidden = new Set();
  const canvas = svg("svg", { tabindex: 0, role: "img", "aria-label": data.title });
  const legend = document.createElement("div");
  const tip = document.createElement("div");
  legend.className = "legend";
  tip.className = "tip";
  tip.hidden = true;
  box.append(canvas, legend, tip);
  const color = (i) => `var(--series-${(data.series[i].color ?? i) % 7})`;
  // Colours come round after seven, with other dashes, so that 49 networks look different.
  const dash = (i) => {
    const color = data.series[i].color ?? i, round = Math.floor(color / 7), sweep = data.series[i].sweep;
    return sweep ? dashes[(sweep - 1) % 7] : dashes[(color + round) % 7];
  };
  let frame = null;

  data.series.forEach((series, i) => {
    const button = document.createElement("button");
    const line = svg("svg", { width: 26, height: 8, "aria-hidden": true });
    line.style.width = "26px";
    svg("line", { x1: 0, x2: 26, y1: 4, y2: 4, "stroke-width": 2, "stroke-dasharray": dash(i) }, line).style.stroke = color(i);
    button.type = "button";
    button.setAttribute("aria-pressed", "true");
    button.append(line, series.name + (series.note ? ", " + series.note : ""));
    button.addEventListener("click", () => {
      hidden.has(i) ? hidden.delete(i) : hidden.add(i);
      button.setAttribute("aria-pressed", String(!hidden.has(i)));
      draw();
    });
    legend.append(button);
  });

  function draw() {
    const width = Math.max(200, canvas.clientWidth), height = Math.min(300, Math.max(220, width * 0.6));
    const right = 10, top = 8, bottom = 36;
    const shown = data.series.flatMap((s, i) => hidden.has(i) ? [] : s.lines.flat());
    const all = shown.length ? shown : data.series.flatMap((s) => s.lines.flat());
    const range = (axis, k) => {
      let low = axis.min ?? all.reduce((m, p) => Math.min(m, p[k]), Infinity), high = axis.max ?? all.reduce((m, p) => Math.max(m, p[k]), -Infinity);
      if (!(high > low)) { // one value, such as a constant learning rate
        const half = axis.whole ? 0.5 : Math.abs(low) / 2 || 0.5;
        low -= half;
        high += half;
      }
      return [low, high];
    };
    const [x0, x1] = range(data.x, 0), [y0, y1] = range(data.y, 1);
    const xs = ticks(x0, x1, Math.max(3, width / 75), data.x.whole), ys = ticks(y0, y1, 6);
    const longest = Math.max(...ys.values.map((v) => ys.text(v).length));
    const left = 52 + 7 * Math.max(0, longest - 4); // beside the axis's name
    const X = (v) => left + (v - x0) / (x1 - x0) * (width - left - right);
    const Y = (v) => height - bottom - (v - y0) / (y1 - y0) * (height - top - bottom);
    canvas.setAttribute("viewBox", `0 0 ${width} ${height}`);
    canvas.style.height = height + "px";
    canvas.replaceChildren();
    for (const v of xs.values) {
      svg("line", { class: "grid", x1: X(v), x2: X(v), y1: top, y2: height - bottom }, canvas);
      svg("text", { x: X(v), y: height - bottom + 14, "text-anchor": "middle" }, canvas, xs.text(v));
    }
    for (const v of ys.values) {
      svg("line", { class: "grid", x1: left, x2: width - right, y1: Y(v), y2: Y(v) }, canvas);
      svg("text", { x: left - 5, y: Y(v) + 4, "text-anchor": "end" }, canvas, ys.text(v));
    }
    svg("text", { x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" }, canvas, data.x.label);
    const name = svg("text", { "text-anchor": "middle", transform: `translate(11 ${(top + height - bottom) / 2}) rotate(-90)` }, canvas, data.y.label);
    name.classList.add("axis");
    data.series.forEach((series, i) => {
      if (hidden.has(i)) return;
      for (const points of series.lines) {
        const path = points.map((p, k) => (k ? "L" : "M") + X(p[0]).toFixed(1) + " " + Y(p[1]).toFixed(1)).join("");
        const line = svg("path", { class: "curve", d: path, "stroke-dasharray": dash(i) }, canvas);
        line.style.stroke = color(i);
        if (series.lines.length > 3) line.style.opacity = 0.4;
        if (points.length === 1) svg("circle", { cx: X(points[0][0]), cy: Y(points[0][1]), r: 3 }, canvas).style.fill = color(i);
      }
    });
    frame = { X, Y, x0, x1, left, right, top, bottom, width, height, marks: svg("g", {}, canvas) };
  }

  // Shows every network's value nearest to x.
  function point(x) {
    frame.marks.replaceChildren();
    svg("line", { class: "cursor", x1: frame.X(x), x2: frame.X(x), y1: frame.top, y2: frame.height - frame.bottom }, frame.marks);
    tip.replaceChildren();
    const head = document.createElement("strong");
    head.textContent = data.x.label + " " + (data.x.whole ? Math.round(x) : x.toFixed(3));
    tip.append(head);
    data.series.forEach((series, i) => {
      if (hidden.has(i)) return;
      const nearest = series.lines.map((points) => points.reduce((best, p) => Math.abs(p[0] - x) < Math.abs(best[0] - x) ? p : best));
      for (const p of nearest) svg("circle", { cx: frame.X(p[0]), cy: frame.Y(p[1]), r: 3.5 }, frame.marks).style.fill = color(i);
      const mean = nearest.reduce((sum, p) => sum + p[1], 0) / nearest.length;
      const row = document.createElement("span");
      row.textContent = series.name + ": " + short(mean) + (nearest.length > 1 ? " (mean of " + nearest.length + ")" : "");
      row.style.color = color(i);
      tip.append(row);
    });
    tip.hidden = false;
    const here = canvas.getBoundingClientRect(), outer = box.getBoundingClientRect();
    const at = frame.X(x) / frame.width * here.width + here.left - outer.left;
    const over = at + 12 + tip.offsetWidth > outer.width;
    tip.style.left = Math.max(4, over ? at - tip.offsetWidth - 12 : at + 12) + "px";
    tip.style.top = here.top - outer.top + 10 + "px";
    cursor = x;
  }
  let cursor = null;
  const clear = () => { tip.hidden = true; cursor = null; if (frame) frame.marks.replaceChildren(); };
  canvas.addEventListener("pointermove", (event) => {
    const r = canvas.getBoundingClientRect();
    const x = (event.clientX - r.left) / r.width * frame.width;
    const share = (x - frame.left) / (frame.width - frame.left - frame.right);
    const value = frame.x0 + Math.min(1, Math.max(0, share)) * (frame.x1 - frame.x0);
    point(data.x.whole ? Math.round(value) : value);
  });
  canvas.addEventListener("pointerleave", clear);
  canvas.addEventListener("blur", clear);
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const by = data.x.whole ? 1 : (frame.x1 - frame.x0) / 50;
    point(Math.min(frame.x1, Math.max(frame.x0, (cursor ?? frame.x0) + step * by)));
  });
  let seen = 0;
  new ResizeObserver(() => { if (canvas.clientWidth !== seen) { seen = canvas.clientWidth; clear(); draw(); } }).observe(canvas);
  draw();
}

// Plots as SVG. Each has a title, a description, and a table with the same numbers.

import { el, svg, table, uniqueID } from "./dom.js";

export const severities = ["critical", "high", "medium", "low", "info"];

/** Returns a figure that is drawn again when its width changes. `draw` gets the width in pixels. */
function figure(title, description, draw, columns, rows, signal) {
  const place = el("div", { class: "plot" });
  let drawn = 0;
  const redraw = () => {
    const width = Math.round(place.clientWidth);
    if (width === 0 || width === drawn) return;
    drawn = width;
    const [titleID, descriptionID] = [uniqueID("title"), uniqueID("description")];
    const { height, shapes } = draw(width);
    place.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-labelledby": `${titleID} ${descriptionID}` },
      svg("title", { id: titleID }, title), svg("desc", { id: descriptionID }, description), shapes));
  };
  const observer = new ResizeObserver(redraw);
  observer.observe(place);
  signal.addEventListener("abort", () => observer.disconnect());
  return el("figure", { class: "panel" }, el("figcaption", null, title), place,
    el("details", null, el("summary", null, `${title} as a table`), table(title, columns, rows)));
}

/** Returns a round step, so that at most `most` steps reach `top`. */
function step(top, most) {
  const raw = Math.max(1, top / most);
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= raw);
}

/** Plots one value over time. `points` have `at` (a Date) and `value`. */
export function linePlot(title, points, signal) {
  const values = points.map((point) => point.value);
  const size = step(Math.max(...values, 10), 5);
  const top = Math.max(1, Math.ceil(Math.max(...values, 10) / size)) * size;
  const day = (date) => date.toLocaleDateString(undefined, { month: "short", day: "numeric", timeZone: "UTC" });
  const [first, last] = [points[0], points[points.length - 1]];
  const description = `${points.length} values from ${day(first.at)} to ${day(last.at)}: ${first.value} at first, ${last.value} at last, between ${Math.min(...values)} and ${Math.max(...values)}.`;
  const draw = (width) => {
    const height = 220;
    const [left, right, above, below] = [34, 12, 10, 26];
    const span = Math.max(1, last.at - first.at);
    const x = (date) => left + (width - left - right) * (date - first.at) / span;
    const y = (value) => above + (height - above - below) * (1 - value / top);
    const shapes = [];
    for (let value = 0; value <= top; value += size) {
      shapes.push(svg("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }),
        svg("text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" }, String(value)));
    }
    const ticks = Math.max(2, Math.min(6, Math.floor(width / 110)));
    for (let index = 0; index < ticks; index += 1) {
      const date = new Date(first.at.getTime() + span * index / (ticks - 1));
      shapes.push(svg("text", { x: x(date), y: height - 6, "text-anchor": index === 0 ? "start" : index === ticks - 1 ? "end" : "middle" }, day(date)));
    }
    const line = points.map((point) => `${x(point.at).toFixed(1)},${y(point.value).toFixed(1)}`).join(" ");
    shapes.push(svg("polygon", { class: "area", points: `${x(first.at)},${y(0)} ${line} ${x(last.at)},${y(0)}` }), svg("polyline", { class: "line", points: line }),
      svg("circle", { class: "dot", cx: x(last.at), cy: y(last.value), r: 4 }));
    return { height, shapes };
  };
  return figure(title, description, draw, ["Time", "Score"], points.map((point) => [point.at.toLocaleString(), String(point.value)]), signal);
}

/** Plots bars that are divided by severity. `rows` have `label` and `counts`. */
export function barPlot(title, rows, signal) {
  const used = severities.filter((severity) => rows.some((row) => row.counts[severity] > 0));
  const total = (row) => used.reduce((sum, severity) => sum + (row.counts[severity] ?? 0), 0);
  const top = Math.max(1, ...rows.map(total));
  const description = rows.map((row) => `${row.label}: ${total(row)}`).join(", ") + ".";
  const draw = (width) => {
    const [rowHeight, right] = [44, 36];
    const shapes = rows.flatMap((row, index) => {
      const y = index * rowHeight;
      let x = 0;
      const bars = used.filter((severity) => row.counts[severity] > 0).map((severity) => {
        const length = (width - right) * row.counts[severity] / top;
        const bar = svg("rect", { class: `bar ${severity}`, x, y: y + 20, width: Math.max(1, length - 1), height: 14 }, svg("title", null, `${row.label}, ${severity}: ${row.counts[severity]}`));
        x += length;
        return bar;
      });
      return [svg("text", { x: 0, y: y + 14 }, row.label), ...bars, svg("text", { x: x + 6, y: y + 32 }, String(total(row)))];
    });
    return { height: rows.length * rowHeight, shapes };
  };
  const result = figure(title, description, draw, ["", ...used.map((name) => name[0].toUpperCase() + name.slice(1)), "Total"],
    rows.map((row) => [row.label, ...used.map((severity) => String(row.counts[severity] ?? 0)), String(total(row))]), signal);
  result.querySelector("thead th").textContent = "Group";
  result.querySelector("figcaption").after(el("ul", { class: "legend", "aria-label": "Severities" }, used.map((severity) => el("li", null, el("span", { class: `swatch ${severity}`, "aria-hidden": "true" }), severity))));
  return result;
}

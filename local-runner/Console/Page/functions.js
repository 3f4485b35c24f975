// The functions with their counts, durations, processes and last errors.

import { el, table, badge, time } from "./dom.js";
import { consoleData } from "./api.js";

const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);
const milliseconds = (value, prefix = "") => value === null ? "–" : el("span", { class: "whole" }, `${prefix}${value} ms`);

function statuses(counts) {
  const entries = Object.entries(counts).sort();
  if (entries.length === 0) return "–";
  return entries.map(([status, count]) => el("span", { class: "whole block" },
    badge(`status ${status >= "500" ? "error" : status >= "400" ? "warning" : "good"}`, status), ` × ${count}`));
}

function rows(functions) {
  return functions.map((one) => [
    el("span", null, el("code", null, one.function), el("span", { class: "hint block" }, one.dispatch)),
    String(sum(one.requests) + sum(one.runs)), statuses({ ...one.runs, ...one.requests }),
    milliseconds(one.mean_ms), milliseconds(one.median_ms, "≤ "), milliseconds(one.p95_ms, "≤ "),
    el("span", { class: "whole" }, `${one.in_use} of ${one.places}`, one.waiting > 0 ? `, ${one.waiting} waiting` : ""),
    `${one.processes} now, ${one.starts} started${one.crashes > 0 ? `, ${one.crashes} failed` : ""}`,
    one.last_error ? el("span", null, badge("status error", String(one.last_error.status)), " ", el("code", null, one.last_error.line), " ", time(one.last_error.time), " ",
      el("a", { href: `#/log?request=${encodeURIComponent(one.last_error.request_id)}` }, "Log")) : "None",
  ]);
}

const columns = ["Function", "Requests", "Statuses", "Mean", "Median", "95 %", "Running", "Processes", "Last error"];

export async function functionsView({ signal }) {
  const area = el("div");
  const updated = el("p", { class: "muted" });
  const show = async () => {
    const { functions } = await consoleData("functions");
    const used = functions.filter((one) => sum(one.requests) + sum(one.runs) + one.starts > 0);
    const unused = functions.filter((one) => !used.includes(one));
    // An update would take the focus of the scrollable region away.
    if (area.contains(document.activeElement)) return;
    area.replaceChildren(
      used.length > 0 ? table("Functions that have served requests or schedules", columns, rows(used)) : el("div", { class: "note" }, el("p", null, "No function has served a request yet. Send one from ", el("a", { href: "#/operations" }, "an operation"), ".")),
      el("section", null, el("h2", null, `Not used yet (${unused.length})`),
        unused.length === 0 ? el("p", { class: "muted" }, "All functions have been used.") : el("ul", { class: "columns" }, unused.map((one) => el("li", null, el("code", null, one.function))))));
    updated.textContent = `Since the start of the runner. Updated ${new Date().toLocaleTimeString()}.`;
  };
  await show();
  const timer = setInterval(() => { if (!document.hidden) show().catch(() => { updated.textContent = "The runner does not answer. Start it again, and then reload this page."; }); }, 3000);
  signal.addEventListener("abort", () => clearInterval(timer));
  return [el("h1", null, "Functions"),
    el("p", { class: "lead" }, "Durations are measured from the end of a request's head to the end of its answer. Medians and 95 % are upper bounds, from a histogram."), updated, area];
}

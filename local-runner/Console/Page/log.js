// The live log: the runner's latest lines, newest first, with the same filters as `local-runner tail`.

import { el, note, badge, field, select, announce } from "./dom.js";
import { consoleData, Refused } from "./api.js";

const interval = 1000;
const mostRows = 500;
const shownMembers = ["time", "level", "message", "function", "request_id", "method", "path", "status", "duration_ms", "client"];

export async function logView({ query, signal }) {
  const known = await consoleData("functions");
  const names = known.functions.map((one) => one.function).sort();
  const chosen = (name) => query.get(name) ?? "";
  const controls = {
    function: select([["", "All functions"], ...names], chosen("function")),
    level: select([["", "All levels"], ["warning", "Warnings and errors"], ["error", "Errors"]], chosen("level")),
    status: el("input", { type: "text", autocomplete: "off", placeholder: "404 or 5xx", size: 8 }),
    request: el("input", { type: "text", autocomplete: "off", spellcheck: "false" }),
  };
  controls.status.value = chosen("status");
  controls.request.value = chosen("request");
  const body = el("tbody");
  // Not a live region: under load it would interrupt a screen reader every second.
  const status = el("p", { class: "muted" });
  const empty = note("", el("p", null, "No line matches yet. Send a request, for example from ", el("a", { href: "#/operations/get_risk_score" }, "the operation get_risk_score"), ", or change the filters."));
  const problem = el("div");
  const pause = el("button", { type: "button", "aria-pressed": "false" }, "Pause");
  let next = 0;
  let isPaused = false;
  // Answers for earlier filters are ignored.
  let version = 0;

  const read = async () => {
    const own = version;
    const parameters = new URLSearchParams({ after: next });
    for (const [name, control] of Object.entries(controls)) if (control.value.trim()) parameters.set(name, control.value.trim());
    try {
      const page = await consoleData(`log?${parameters}`);
      if (own !== version || signal.aborted) return;
      next = page.next;
      problem.replaceChildren(...(page.skipped > 0 ? [note("warning", el("p", null, `${page.skipped} lines came too fast and are not shown.`))] : []));
      for (const line of page.lines) body.prepend(row(line, controls));
      while (body.children.length > mostRows) body.lastChild.remove();
    } catch (error) {
      if (own !== version || signal.aborted) return;
      problem.replaceChildren(note("error", el("p", null, error instanceof Refused ? error.message : String(error))));
    }
    empty.hidden = body.children.length > 0;
    status.textContent = `${body.children.length} lines. ${isPaused ? "Paused." : "New lines appear at the top."}`;
  };
  const restart = async () => {
    version += 1;
    next = 0;
    body.replaceChildren();
    const parameters = new URLSearchParams();
    for (const [name, control] of Object.entries(controls)) if (control.value.trim()) parameters.set(name, control.value.trim());
    history.replaceState(null, "", parameters.size > 0 ? `#/log?${parameters}` : "#/log");
    await read();
    announce(`${body.children.length} lines match.`);
  };
  const loop = async () => {
    while (!signal.aborted) {
      if (!isPaused && !document.hidden) await read();
      await new Promise((done) => setTimeout(done, interval));
    }
  };
  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", String(isPaused));
    pause.textContent = isPaused ? "Continue" : "Pause";
    announce(isPaused ? "Paused." : "New lines are shown again.");
    read();
  });
  for (const control of Object.values(controls)) control.addEventListener("change", restart);
  loop();
  return [
    el("h1", null, "Log"),
    el("p", { class: "lead" }, "Requests, lines of functions and messages of the runner, as they come. The runner keeps up to 1,000 lines while this console is open."),
    el("form", { class: "filters", onsubmit: (event) => { event.preventDefault(); restart(); } },
      field("Function", controls.function), field("Level", controls.level), field("Status", controls.status), field("Request id", controls.request),
      el("div", { class: "row" }, el("button", { type: "submit" }, "Filter"), pause,
        el("button", { type: "button", onclick: () => { body.replaceChildren(); read(); } }, "Clear"))),
    problem, status, empty,
    el("div", { class: "scroll log", role: "region", tabindex: 0, "aria-label": "Lines of the log" },
      el("table", null, el("caption", { class: "visually-hidden" }, "Lines of the log, newest first"),
        el("thead", null, el("tr", null, ["Time", "Status", "Event", "Function", "Duration", "Request"].map((name) => el("th", { scope: "col" }, name)))), body)),
  ];
}

function row(line, controls) {
  const isRequest = line.status !== undefined && (line.method !== undefined);
  const kind = isRequest ? (line.status >= 500 ? "error" : line.status >= 400 ? "warning" : "good") : { error: "error", warning: "warning" }[line.level] ?? "info";
  const more = Object.entries(line).filter(([name]) => !shownMembers.includes(name));
  const only = (name, value) => () => {
    controls[name].value = value;
    controls[name].dispatchEvent(new Event("change"));
  };
  return el("tr", null,
    el("td", null, el("time", { datetime: line.time, title: line.time }, new Date(line.time).toLocaleTimeString())),
    el("td", null, badge(`status ${kind}`, isRequest ? String(line.status) : line.level)),
    el("td", { class: "event" }, isRequest ? el("code", null, `${line.method} ${line.path}`) : String(line.message ?? ""),
      more.length > 0 ? el("span", { class: "members" }, " ", more.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join(" ")) : null),
    el("td", { class: "whole" }, line.function ?? "–"),
    el("td", { class: "number" }, line.duration_ms === undefined ? "–" : `${line.duration_ms} ms`),
    el("td", null, line.request_id
      ? el("button", { type: "button", class: "link", "aria-label": `Show only lines of the request ${line.request_id}`, onclick: only("request", line.request_id) }, line.request_id.slice(0, 8)) : "–"));
}

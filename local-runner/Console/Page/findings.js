// The list of findings, with filters, paging, and the actions that a finding has.

import { el, note, badge, words, field, select, time, announce } from "./dom.js";
import { call } from "./api.js";
import { operations } from "./operations.js";
import { severities } from "./plot.js";

export async function findingsView({ query, signal }) {
  const all = await operations();
  const parameter = all.find((one) => one.operationId === "list_findings")?.parameters.find((one) => one.name === "category");
  const severity = select([["", "All severities"], ...severities.map((name) => [name, words(name)])], query.get("severity") ?? "");
  const category = select([["", "All categories"], ...(parameter?.schema.enum ?? []).map((name) => [name, words(name)])], query.get("category") ?? "");
  const list = el("ol", { class: "cards findings", "aria-label": "Findings" });
  const status = el("p", { class: "muted", role: "status" });
  const more = el("button", { type: "button" }, "Show more");
  const problem = el("div");
  let cursor = null;
  let shown = 0;
  let version = 0;
  const read = async () => {
    const own = version;
    const parameters = new URLSearchParams({ limit: 25 });
    if (severity.value) parameters.set("severity", severity.value);
    if (category.value) parameters.set("category", category.value);
    if (cursor) parameters.set("cursor", cursor);
    more.disabled = true;
    try {
      const page = await call(`/api/mcp/findings?${parameters}`);
      if (own !== version || signal.aborted) return;
      cursor = page.cursor ?? null;
      const items = page.findings.map(item);
      list.append(...items);
      const isLater = shown > 0;
      shown += page.findings.length;
      status.textContent = page.total === 0 ? "No open finding matches. Choose other filters." : `${shown} of ${page.total} open findings, worst first`;
      problem.replaceChildren();
      // The button may disappear, so the focus moves to the first new finding.
      if (isLater && items[0]) items[0].querySelector("h2").focus();
    } catch (error) {
      if (own === version && !signal.aborted) problem.replaceChildren(note("error", el("p", null, error.message)));
    }
    more.disabled = false;
    more.hidden = !cursor;
  };
  const restart = () => {
    version += 1;
    cursor = null;
    shown = 0;
    list.replaceChildren();
    const parameters = new URLSearchParams();
    if (severity.value) parameters.set("severity", severity.value);
    if (category.value) parameters.set("category", category.value);
    history.replaceState(null, "", parameters.size > 0 ? `#/findings?${parameters}` : "#/findings");
    return read();
  };
  severity.addEventListener("change", restart);
  category.addEventListener("change", restart);
  more.addEventListener("click", read);
  await read();
  return [el("h1", null, "Findings"), el("p", { class: "lead" }, "Open findings of the demonstration workspace."),
    el("form", { class: "filters", onsubmit: (event) => event.preventDefault() }, field("Severity", severity), field("Category", category)),
    status, list, problem, more];
}

function item(finding) {
  const state = el("div", { role: "status" });
  const entities = Object.entries(finding.affected_entities ?? {}).flatMap(([kind, values]) => values.map((value) => [kind, value]));
  const element = el("li", { "data-finding": finding.id },
    el("p", { class: "row" }, badge(finding.severity), el("span", { class: "muted" }, words(finding.category)), el("span", { class: "muted" }, "since ", time(finding.created_at))),
    el("h2", { class: "finding", tabindex: -1 }, finding.title),
    finding.recommended_action ? el("p", null, finding.recommended_action) : null,
    entities.length > 0 ? el("details", null, el("summary", null, `${entities.length} affected ${entities.length === 1 ? "entity" : "entities"}`),
      el("ul", null, entities.map(([kind, value]) => el("li", null, `${words(kind).replace(/ies$/, "y").replace(/s$/, "")}: `,
        value.email && kind === "identities" ? el("a", { href: `#/identity/${encodeURIComponent(value.email)}` }, value.name ?? value.email) : value.name ?? value.id ?? "unnamed",
        value.platform ? ` (${value.platform})` : "")))) : null,
    el("p", { class: "hint" }, "Rule ", el("code", null, finding.rule_id ?? "–")),
    actions(finding, state, () => element), state);
  return element;
}

function actions(finding, state, card) {
  const days = el("input", { type: "number", min: 1, max: 90, value: 7 });
  const snoozeReason = el("input", { type: "text", autocomplete: "off" });
  const dismissReason = el("input", { type: "text", autocomplete: "off" });
  const act = (path, body, done) => async (event) => {
    event.preventDefault();
    state.replaceChildren(el("p", { class: "muted" }, "Working…"));
    try {
      const answer = await call(path, { key: "write", method: "POST", body: { findingId: finding.id, ...body() } });
      state.replaceChildren(note("", el("p", null, done(answer))));
      if (!path.endsWith("remediate")) {
        card().classList.add("done");
        card().querySelector(".actions").remove();
        const title = card().querySelector("h2");
        title.focus();
      }
      announce(done(answer));
    } catch (error) {
      state.replaceChildren(note("error", el("p", null, error.message)));
    }
  };
  const reason = (input) => input.value.trim() ? { reason: input.value.trim() } : {};
  const short = finding.title.length > 60 ? `${finding.title.slice(0, 60)}…` : finding.title;
  return el("div", { class: "actions" },
    el("details", null, el("summary", { "aria-label": `Snooze: ${short}` }, "Snooze"),
      el("form", { onsubmit: act("/api/mcp/findings/snooze", () => ({ days: Number(days.value), ...reason(snoozeReason) }), () => `Snoozed for ${days.value} days.`) },
        field("Days, 1 to 90", days), field("Reason, for the audit log", snoozeReason), el("button", { type: "submit" }, "Snooze"))),
    el("details", null, el("summary", { "aria-label": `Dismiss: ${short}` }, "Dismiss"),
      el("form", { onsubmit: act("/api/mcp/findings/dismiss", () => reason(dismissReason), () => "Dismissed.") },
        field("Reason, for the audit log", dismissReason), el("button", { type: "submit" }, "Dismiss"))),
    el("a", { href: `#/operations/remediate_finding?findingId=${encodeURIComponent(finding.id)}`, "aria-label": `Remediate: ${short}` }, "Remediate…"));
}

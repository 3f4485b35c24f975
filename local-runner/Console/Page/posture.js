// The posture of the workspace: its score over time, and its findings by severity and category.

import { el, note, words, badge } from "./dom.js";
import { call } from "./api.js";
import { linePlot, barPlot, severities } from "./plot.js";

/** The largest number of pages of findings that are read to count them by category. */
const mostPages = 10;

/** Counts the open findings by category and severity. `isComplete` is false if there are more than were read. */
async function countFindings() {
  const counts = {};
  let cursor = null;
  for (let page = 0; page < mostPages; page += 1) {
    const parameters = new URLSearchParams({ limit: 100 });
    if (cursor) parameters.set("cursor", cursor);
    const answer = await call(`/api/mcp/findings?${parameters}`);
    for (const finding of answer.findings) {
      counts[finding.category] ??= {};
      counts[finding.category][finding.severity] = (counts[finding.category][finding.severity] ?? 0) + 1;
    }
    cursor = answer.cursor;
    if (!cursor) return { counts, isComplete: true };
  }
  return { counts, isComplete: false };
}

const figures = [
  ["mfa_coverage_pct", "Use a second factor", "%"], ["sso_coverage_pct", "Applications behind SSO", "%"], ["admin_pct", "People who are admins", "%"],
  ["shadow_it_count", "Unapproved applications", ""], ["connected_integrations", "Connected integrations", ""], ["identity_count", "Known identities", ""],
];

export async function postureView({ signal }) {
  const [risk, summary, past, { counts, isComplete }] = await Promise.all([
    call("/api/mcp/risk-score"), call("/api/mcp/posture-summary"), call("/api/posture-history?days=90"), countFindings()]);
  const points = past.history.map((one) => ({ at: new Date(one.taken_at), value: one.risk_score }));
  const total = (one) => Object.values(one).reduce((sum, count) => sum + count, 0);
  const categories = Object.entries(counts).sort((a, b) => total(b[1]) - total(a[1])).map(([category, own]) => ({ label: words(category), counts: own }));
  const bySeverity = severities.filter((name) => risk.severity_counts[name] !== undefined).map((name) => ({ label: words(name), counts: { [name]: risk.severity_counts[name] } }));
  return [
    el("h1", null, "Posture"),
    el("section", { class: "panel score", "aria-labelledby": "score-title" },
      el("h2", { id: "score-title" }, "Risk score"),
      el("p", { class: "big" }, String(risk.score), el("span", { class: "muted" }, " of 100 "), badge(`risk-${risk.label.toLowerCase()}`, risk.label)),
      el("p", null, summary.summary)),
    el("dl", { class: "figures" }, figures.filter(([name]) => summary.metrics[name] !== undefined && summary.metrics[name] !== null).map(([name, title, unit]) => el("div", null, el("dt", null, title), el("dd", null, `${summary.metrics[name]}${unit ? ` ${unit}` : ""}`)))),
    points.length > 1 ? linePlot("Risk score over time", points, signal) : note("", el("p", null, "There is no history yet. Each analysis adds a value: ", el("a", { href: "#/operations/analyze_workspace" }, "run one"), ".")),
    el("div", { class: "pair" }, barPlot("Findings open or in progress, by severity", bySeverity, signal), categories.length > 0 ? barPlot("Open findings by category", categories, signal) : note("", el("p", null, "There are no open findings."))),
    isComplete ? null : el("p", { class: "muted" }, "Only the first 1,000 findings are counted by category."),
    el("section", null, el("h2", null, "Top risks"), el("ul", { class: "cards" }, risk.top_risks.map((one) => el("li", null, badge(one.severity), " ", el("a", { href: `#/findings?category=${encodeURIComponent(one.category)}` }, words(one.category)), el("p", null, one.title))))),
  ].filter(Boolean);
}

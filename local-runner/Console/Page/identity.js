// A person or account, looked up by e-mail address.

import { el, note, badge, words, field, table, time } from "./dom.js";
import { call, platformNames, Refused } from "./api.js";

export async function identityView({ argument }) {
  const input = el("input", { type: "email", autocomplete: "off", spellcheck: "false", placeholder: "elias.dekker@fernwood.example" });
  input.value = argument;
  const form = el("form", {
    class: "filters", novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      location.hash = `#/identity/${encodeURIComponent(input.value.trim())}`;
    },
  }, field("E-mail address", input), el("button", { type: "submit", class: "primary" }, "Look up"));
  const head = [el("h1", null, "Identity"), form];
  if (!argument) return [...head, note("", el("p", null, "Enter an address, or choose a person in ", el("a", { href: "#/findings" }, "a finding"), "."))];
  let identity;
  try {
    identity = await call(`/api/mcp/identity?${new URLSearchParams({ email: argument })}`);
  } catch (error) {
    if (error instanceof Refused) return [...head, note("error", el("p", null, error.message))];
    throw error;
  }
  const nameOf = await platformNames();
  const yesNo = (value) => value === null || value === undefined ? "Unknown" : value ? "Yes" : "No";
  const facts = [
    ["Status", identity.status ? badge(`status ${identity.status === "active" ? "good" : "warning"}`, words(identity.status)) : "Unknown"], ["Type", words(identity.identity_type)], ["Department", identity.department ?? "Unknown"],
    ["Manager", identity.manager_email ? el("a", { href: `#/identity/${encodeURIComponent(identity.manager_email)}` }, identity.manager_email) : "Unknown"],
    ["Second factor", yesNo(identity.mfa_enabled)], ["Last sign-in", time(identity.last_login_at)],
  ];
  return [...head,
    el("section", { class: "panel", "aria-labelledby": "person" }, el("h2", { id: "person" }, identity.display_name ?? identity.email), el("p", { class: "muted" }, identity.email),
      el("dl", { class: "facts" }, facts.map(([name, value]) => el("div", null, el("dt", null, name), el("dd", null, value))))),
    el("section", null, el("h2", null, "Platforms"), identity.platforms.length > 0 ? el("ul", { class: "tags" }, identity.platforms.map((name) => el("li", null, nameOf(name)))) : el("p", { class: "muted" }, "No platform has an account of this identity.")),
    el("section", null, el("h2", null, "Findings"), identity.findings.length > 0 ? el("ul", { class: "cards" }, identity.findings.map((one) => el("li", null, badge(one.severity), " ", el("span", { class: "muted" }, words(one.category)), el("p", null, one.title)))) : el("p", { class: "muted" }, "No unresolved finding is about this identity.")),
    el("section", null, el("h2", null, "Access to applications"), identity.app_access.length > 0
      ? table(`Applications of ${identity.display_name ?? identity.email}`, ["Application", "Role", "Last used"], identity.app_access.map((one) => [one.app_name, one.role ?? "–", time(one.last_used_at)]))
      : el("p", { class: "muted" }, "No access to applications is known."))];
}

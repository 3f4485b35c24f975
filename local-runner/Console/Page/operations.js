// Every operation of the API with a form made from the OpenAPI document.

import { el, note, badge } from "./dom.js";
import { send, Refused, session } from "./api.js";
import { operationForm } from "./form.js";

let document_ = null;

/** Reads the OpenAPI document once. Returns its operations in the order of their paths. */
export async function operations() {
  if (!document_) {
    const answer = await send({ method: "GET", path: "/api/openapi.json", headers: {} });
    if (answer.status !== 200) {
      throw new Refused(answer.status, "There is no OpenAPI document at /api/openapi.json. Build with local-runner/dev --build-only.");
    }
    document_ = JSON.parse(new TextDecoder().decode(answer.bytes));
  }
  return Object.entries(document_.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() })));
}

export async function operationsView({ argument, query, signal }) {
  const all = await operations();
  if (argument) {
    const operation = all.find((one) => one.operationId === argument);
    if (!operation) {
      return [el("h1", null, "Operations"), note("error", el("p", null, `There is no operation ${argument}.`)),
        el("p", null, el("a", { href: "#/operations" }, "Show all operations"))];
    }
    return operationForm(operation, document_, query, signal);
  }
  const input = el("input", { type: "search", id: "operation-filter", autocomplete: "off" });
  const groups = [["Findings and posture", (one) => one.path.startsWith("/api/mcp/")], ["Workspace and platforms", () => true]];
  const taken = new Set();
  const sections = groups.map(([title, belongs]) => {
    const own = all.filter((one) => !taken.has(one) && belongs(one));
    own.forEach((one) => taken.add(one));
    return el("section", null, el("h2", null, title), el("ul", { class: "operations" }, own.map((one) =>
      el("li", { "data-text": `${one.method} ${one.path} ${one.operationId} ${one.summary}`.toLowerCase() },
        el("a", { href: `#/operations/${one.operationId}` },
          badge(`method ${one.method.toLowerCase()}`, one.method), " ", el("code", null, one.path)),
        el("p", { class: "muted" }, one.summary)))));
  });
  const count = el("p", { class: "muted", role: "status" }, `${all.length} operations`);
  input.addEventListener("input", () => {
    const text = input.value.trim().toLowerCase();
    let shown = 0;
    for (const item of sections.flatMap((section) => [...section.querySelectorAll("li")])) {
      item.hidden = !item.dataset.text.includes(text);
      if (!item.hidden) shown += 1;
    }
    sections.forEach((section) => { section.hidden = !section.querySelector("li:not([hidden])"); });
    count.textContent = shown === 0 ? "No operation matches. Try a shorter text." : `${shown} operations`;
  });
  return [el("h1", null, "Operations"),
    el("p", { class: "lead" }, "Every operation of the API, with a form made from its ",
      el("a", { href: "/api/openapi.json" }, "OpenAPI document"), `. Calls go to ${location.origin}`,
      session.workspaceId ? " and act on the demonstration workspace." : "."),
    el("div", { class: "field" }, el("label", { for: "operation-filter" }, "Filter by path, name or summary"), input), count, sections];
}

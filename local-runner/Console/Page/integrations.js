// The connected platforms, with the lists that their last syncs left out, and their errors.

import { el, note, badge, words, time } from "./dom.js";
import { call, platformNames } from "./api.js";

const kinds = { connected: "good", error: "error", paused: "warning" };

export async function integrationsView() {
  const nameOf = await platformNames();
  const { integrations, connected_count: connected, total_count: total } = await call("/api/mcp/integrations");
  if (total === 0) return [el("h1", null, "Integrations"), note("", el("p", null, "No platform is connected. ", el("a", { href: "#/operations/connect_integration" }, "Connect one"), "."))];
  const state = el("div", { role: "status" });
  const sync = async () => {
    state.replaceChildren(el("p", { class: "muted" }, "Working…"));
    try {
      await call("/api/mcp/sync", { key: "write", method: "POST", body: {} });
      state.replaceChildren(note("", el("p", null, "Syncs of all connected platforms are queued. ", el("a", { href: "#/schedule" }, "Show the job queue"))));
    } catch (error) {
      state.replaceChildren(note("error", el("p", null, error.message)));
    }
  };
  return [el("h1", null, "Integrations"), el("p", { class: "lead" }, `${connected} of ${total} are connected.`),
    el("p", null, el("button", { type: "button", onclick: sync }, "Sync all now")), state, el("ul", { class: "cards grid" }, integrations.map((one) => card(one, nameOf(one.platform))))];
}

function card(one, name) {
  return el("li", null,
    el("h2", { class: "row" }, name, " ", badge(`status ${kinds[one.status] ?? "info"}`, one.status)),
    el("dl", { class: "facts" },
      [["Category", words(one.category)], ["Role", one.idp_role ? words(one.idp_role) : null], ["Last sync", one.last_sync_at ? time(one.last_sync_at) : "Never"], ["Next sync", one.next_sync_at ? time(one.next_sync_at) : "Not planned"]]
        .filter(([, value]) => value !== null).map(([title, value]) => el("div", null, el("dt", null, title), el("dd", null, value)))),
    one.last_error ? note("error-text", el("p", null, el("strong", null, "Error: "), one.last_error)) : null,
    one.left_out?.length > 0 ? el("div", { class: "note warning" }, el("p", null, "Lists that are left out; their last data is kept:"), el("ul", null, one.left_out.map((list) => el("li", null, el("code", null, list.list), ", since ", time(list.since), `: ${list.reason}`)))) : null,
    el("p", null, el("a", { href: `#/operations/sync_integration?integrationId=${encodeURIComponent(one.id)}`, "aria-label": `Sync ${name}` }, "Sync…")));
}

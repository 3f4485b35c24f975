// The frame of the console: the theme, the token, and the view that the address names.

import { el, note, announce, field } from "./dom.js";
import { takeToken, setToken, openSession, session, Refused } from "./api.js";
import { operationsView } from "./operations.js";
import { logView } from "./log.js";
import { functionsView } from "./functions.js";
import { scheduleView } from "./schedule.js";
import { postureView } from "./posture.js";
import { findingsView } from "./findings.js";
import { identityView } from "./identity.js";
import { integrationsView } from "./integrations.js";

const views = {
  operations: ["Operations", operationsView], log: ["Log", logView], functions: ["Functions", functionsView],
  schedule: ["Schedule and jobs", scheduleView], posture: ["Posture", postureView], findings: ["Findings", findingsView],
  identity: ["Identity", identityView], integrations: ["Integrations", integrationsView],
};
const main = document.getElementById("main");
/** Ends the work of the shown view, such as its timers. */
let current = new AbortController();

/** Reads the address: #/view/argument?parameters. */
function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/");
  let argument = rest.join("/");
  try {
    argument = decodeURIComponent(argument);
  } catch { /* A malformed escape stays as it is. */ }
  return { name: Object.hasOwn(views, name) ? name : "operations", argument, query: new URLSearchParams(query) };
}

async function show({ focuses }) {
  current.abort();
  current = new AbortController();
  const { signal } = current;
  const { name, argument, query } = place();
  const [title, view] = views[name];
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${argument ? `${argument} – ` : ""}${title} – Thalian console`;
  main.setAttribute("aria-busy", "true");
  main.replaceChildren(el("h1", null, title), el("p", { class: "muted" }, "Loading…"));
  try {
    if (!session) await openSession();
    document.getElementById("workspace").textContent = session.workspaceId ? `Demonstration workspace ${session.workspaceId}` : "";
    const content = await view({ argument, query, signal });
    if (signal.aborted) return;
    main.replaceChildren(...[content].flat(Infinity));
  } catch (error) {
    if (signal.aborted) return;
    main.replaceChildren(el("h1", null, title), ...problem(error));
  }
  main.removeAttribute("aria-busy");
  announce(`${title} is shown.`);
  // The page's start keeps the focus at its beginning, so that the skip link comes first.
  if (focuses) main.focus({ preventScroll: true });
  if (focuses) window.scrollTo(0, 0);
}

function problem(error) {
  if (error instanceof Refused && error.status === 401) return [tokenForm(error)];
  const text = error instanceof Refused ? error.message : `The page failed: ${error.message}`;
  return [note("error", el("p", null, text)), el("button", { type: "button", onclick: () => show({ focuses: true }) }, "Try again")];
}

function tokenForm(error) {
  const input = el("input", { type: "password", autocomplete: "off", spellcheck: "false" });
  return el("form", {
    class: "panel", onsubmit: (event) => {
      event.preventDefault();
      setToken(input.value.trim().replace(/^.*#token=/, ""));
      show({ focuses: true });
    },
  },
    note("warning", el("p", null, error.message),
      el("p", null, "Open the address that local-runner/dev prints as Console. It is also the consoleUrl in ",
        el("code", null, ".local-runner/dev.json"), ". Each start of the runner makes a new token.")),
    field("Address or token", input), el("button", { type: "submit", class: "primary" }, "Open the console"));
}

function startTheme() {
  const control = document.getElementById("theme");
  const apply = () => {
    if (control.value) document.documentElement.dataset.theme = control.value;
    else delete document.documentElement.dataset.theme;
  };
  control.value = localStorage.getItem("thalian-console-theme") ?? "";
  control.addEventListener("change", () => {
    localStorage.setItem("thalian-console-theme", control.value);
    apply();
  });
  apply();
}

startTheme();
takeToken();
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", () => {
  takeToken();
  show({ focuses: true });
});
show({ focuses: false });

// The runner keeps lines of its log only while a page reads its data. A changed configuration makes new tokens.
setInterval(() => {
  if (session && !document.hidden) openSession().catch(() => {});
}, 30_000);

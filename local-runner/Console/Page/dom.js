// Builds elements. Texts are always added as text, never as HTML, because names of platforms, people and
// applications come from outside.

const svgNamespace = "http://www.w3.org/2000/svg";

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Returns an element with attributes, listeners (names that begin with `on`) and children (elements or texts). */
export const el = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);

/** Returns an element of SVG. */
export const svg = (tag, attributes, ...children) =>
  build(document.createElementNS(svgNamespace, tag), attributes, children);

let lastID = 0;
/** Returns an id that no other element has. */
export const uniqueID = (prefix) => `${prefix}-${(lastID += 1)}`;

/** Tells users of screen readers that something has changed. */
export function announce(text) {
  document.getElementById("status").textContent = text;
}

/** Returns a table with a caption in a region that scrolls sideways. The first cell of each row is its header. */
export function table(caption, columns, rows, attributes) {
  const id = uniqueID("caption");
  return el("div", { class: "scroll", role: "region", tabindex: 0, "aria-labelledby": id },
    el("table", attributes,
      el("caption", { id }, el("span", null, caption)),
      el("thead", null, el("tr", null, columns.map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", null, rows.map((row) => el("tr", null,
        row.map((cell, index) => index === 0 ? el("th", { scope: "row" }, cell) : el("td", null, cell)))))));
}

/** Returns a note for a state such as an error, or that there is nothing to show. `kind` is `error`, `warning` or empty. */
export const note = (kind, ...children) => el("div", { class: `note ${kind}`, role: kind === "error" ? "alert" : null }, children);

export const badge = (kind, text = kind) => el("span", { class: `badge ${kind}` }, text);

const shortForms = { it: "IT", idp: "IdP", hr: "HR", edr: "EDR", mdm: "MDM", itsm: "ITSM", bamboohr: "BambooHR" };

/** Returns text with spaces instead of underscores and a capital letter. */
export function words(text) {
  const plain = String(text ?? "").split("_").map((word) => shortForms[word] ?? word).join(" ");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** Returns a time in the reader's own form, or a dash if there is none. */
export function time(text) {
  if (!text) return "–";
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return String(text);
  return el("time", { datetime: text, title: text }, date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }));
}

/** Returns a labelled control. `hint` explains it. */
export function field(label, control, hint, isRequired = false) {
  const id = control.id || uniqueID("field");
  control.id = id;
  const hintID = hint ? `${id}-hint` : null;
  if (hintID) control.setAttribute("aria-describedby", hintID);
  if (isRequired) control.setAttribute("aria-required", "true");
  return el("div", { class: "field" },
    el("label", { for: id }, label, isRequired ? el("span", { class: "required" }, " required") : null),
    control,
    hint ? el("p", { class: "hint", id: hintID }, hint) : null);
}

/** Returns a select with the options, each a text or a pair of value and text. */
export const select = (options, value, attributes) => {
  const element = el("select", attributes, options.map((option) => {
    const [optionValue, text] = Array.isArray(option) ? option : [option, option];
    return el("option", { value: optionValue }, text);
  }));
  element.value = value ?? "";
  return element;
};

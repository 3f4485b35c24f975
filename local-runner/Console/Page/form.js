// The form of one operation: credentials, inputs, the call as a curl command, and the response.

import { el, note, badge, field, select, table, announce, uniqueID } from "./dom.js";
import { credentials, send, session } from "./api.js";

/** The largest part of a body that is shown, in characters. */
const longestShown = 200_000;

/** Returns the schema that `$ref` names, or the schema itself. */
function resolve(schema, root) {
  if (!schema?.$ref) return schema ?? {};
  return schema.$ref.replace(/^#\//, "").split("/").reduce((value, name) => value?.[name], root) ?? {};
}

const types = (schema) => [schema.type ?? []].flat().filter((type) => type !== "null");

/** Describes a schema's type, unless it is plain text, and its limits in a sentence. */
function limits(schema) {
  const parts = [schema.format === "uuid" ? "UUID" : schema.format ?? types(schema).filter((type) => type !== "string").join(" or ")];
  if (schema.minimum !== undefined && schema.maximum !== undefined) parts.push(`${schema.minimum} to ${schema.maximum}`);
  else if (schema.minimum !== undefined) parts.push(`at least ${schema.minimum}`);
  else if (schema.maximum !== undefined) parts.push(`at most ${schema.maximum}`);
  if (schema.maxLength !== undefined) parts.push(`at most ${schema.maxLength} characters`);
  if (schema.maxItems !== undefined) parts.push(`at most ${schema.maxItems} elements`);
  if (schema.default !== undefined) parts.push(`default ${schema.default}`);
  const text = parts.filter(Boolean).join(", ");
  return text && `${text[0].toUpperCase()}${text.slice(1)}.`;
}

const asText = (value) => typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);

/** Returns an input with its place in the request. `read` returns its value, or undefined to leave it out. */
function makeInput({ name, schema, place, isRequired, description }, root, query) {
  schema = resolve(schema, root);
  const kinds = types(schema);
  const values = schema.enum?.filter((value) => value !== null);
  const example = schema.examples?.[0];
  let initial = query.get(name);
  if (initial === null && name === "workspaceId" && isRequired) initial = session.workspaceId ?? null;
  if (initial === null && isRequired && example !== undefined) initial = asText(example);
  const isStructured = kinds.includes("object") || kinds.includes("array") || kinds.length === 0;
  const isLong = kinds.includes("string") && (schema.maxLength > 1000 || schema.contentEncoding !== undefined);
  let control;
  if (values || kinds.includes("boolean")) {
    control = select([["", isRequired ? "Choose…" : "Leave out"], ...(values ?? ["true", "false"]).map(String)], initial ?? "");
  } else if (isStructured || isLong) {
    control = el("textarea", { rows: isStructured ? 4 : 3, spellcheck: "false" });
    control.value = initial ?? "";
  } else {
    control = el("input", {
      type: "text", autocomplete: "off", spellcheck: "false", inputmode: kinds.includes("integer") ? "numeric" : null,
      placeholder: !isRequired && example !== undefined ? asText(example) : null,
    });
    control.value = initial ?? "";
  }
  control.name = name;
  const read = () => {
    const text = control.value;
    if (text === "") return undefined;
    if (place !== "body") return text;
    // Text that is not of the field's type is sent as it is, so that the API explains what it expects.
    if (kinds.includes("integer") || kinds.includes("number")) return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
    if (kinds.includes("boolean")) return text === "true";
    if (isStructured) {
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
    }
    return text;
  };
  const about = [description ?? schema.description, limits(schema)].filter(Boolean).join(" ");
  return { name, place, control, read, element: field(el("code", null, name), control, about, isRequired) };
}

/** Returns the inputs that an operation declares. */
function inputs(operation, root, query) {
  const list = (operation.parameters ?? []).map((parameter) => resolve(parameter, root)).map((parameter) => makeInput({
    name: parameter.name, schema: parameter.schema, place: parameter.in, isRequired: parameter.required, description: parameter.description,
  }, root, query));
  const schema = resolve(operation.requestBody?.content?.["application/json"]?.schema, root);
  if (!operation.requestBody) return list;
  const names = Object.keys(schema.properties ?? {});
  const required = schema.required ?? [];
  names.sort((a, b) => required.includes(b) - required.includes(a));
  for (const name of names) {
    list.push(makeInput({ name, schema: schema.properties[name], place: "body", isRequired: required.includes(name) }, root, query));
  }
  if (names.length === 0) {
    const whole = makeInput({ name: "body", schema: { type: "object", description: "The whole body, as JSON.", examples: [{}] }, place: "body", isRequired: true }, root, query);
    list.push({ ...whole, place: "whole" });
  }
  return list;
}

/** Returns the request that the inputs describe. */
function request(operation, fields, credential) {
  const query = new URLSearchParams();
  const headers = {};
  const members = {};
  let whole;
  for (const input of fields) {
    const value = input.read();
    if (value === undefined) continue;
    if (input.place === "query") query.append(input.name, value);
    else if (input.place === "header") headers[input.name] = value;
    else if (input.place === "whole") whole = value;
    else members[input.name] = value;
  }
  if (credential.secret) headers.Authorization = `Bearer ${credential.secret}`;
  const result = { method: operation.method, path: operation.path + (query.size > 0 ? `?${query}` : ""), headers };
  if (operation.requestBody) {
    headers["Content-Type"] = "application/json";
    result.body = typeof whole === "string" ? whole : JSON.stringify(whole ?? members);
  }
  return result;
}

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Returns a request as a curl command. Unless `reveals`, the variable TOKEN stands for the token. */
export function curl({ method, path, headers, body }, reveals) {
  const parts = ["curl", "-sS", "-i"];
  if (method !== "GET") parts.push("-X", method);
  for (const [name, value] of Object.entries(headers)) {
    if (name === "Authorization" && !reveals) parts.push("-H", '"Authorization: Bearer $TOKEN"');
    else parts.push("-H", quoted(`${name}: ${value}`));
  }
  if (body !== undefined) parts.push("--data-raw", quoted(body));
  return [...parts, quoted(location.origin + path)].join(" ");
}

export function operationForm(operation, root, query, signal) {
  const accepted = new Set((operation.security ?? []).flatMap((one) => Object.keys(one)));
  const kinds = credentials().filter((one) => one.kind !== "none" ? accepted.has(one.kind) : accepted.size === 0);
  const others = credentials().filter((one) => !kinds.includes(one));
  const wanted = /scope write\b/.test(operation.description ?? "") ? "key:write" : "key:read";
  const standard = kinds.find((one) => one.id === wanted) ?? kinds.find((one) => one.id === "session:admin") ?? kinds[0];
  const asOptions = (list) => list.map((one) => el("option", { value: one.id }, one.name));
  const caller = el("select", { name: "caller" },
    el("optgroup", { label: "Accepted" }, asOptions(kinds)), el("optgroup", { label: "Refused by this operation" }, asOptions(others)));
  caller.value = standard?.id ?? "none";
  const fields = inputs(operation, root, query);
  const credential = () => credentials().find((one) => one.id === caller.value);

  const command = el("code", { id: "curl" });
  const reveal = el("input", { type: "checkbox", id: "reveal" });
  const update = () => { command.textContent = curl(request(operation, fields, credential()), reveal.checked); };
  const copied = el("span", { role: "status", class: "muted" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(command.textContent);
      copied.textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren(command);
      copied.textContent = "Selected; copy it with Ctrl+C.";
    }
  };
  const responseArea = el("section", { id: "response", "aria-labelledby": "response-title", tabindex: -1, hidden: true });
  const button = el("button", { type: "submit", class: "primary" }, "Send");
  const form = el("form", {
    novalidate: true, class: "panel", "aria-labelledby": "request-title", oninput: update, onchange: update,
    onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      button.textContent = "Sending…";
      responseArea.hidden = false;
      try {
        showResponse(responseArea, await send({ ...request(operation, fields, credential()), signal }), operation, root);
      } catch (error) {
        responseArea.replaceChildren(el("h2", { id: "response-title" }, "Response"),
          note("error", el("p", null, error.message)));
      }
      button.disabled = false;
      button.textContent = "Send";
      responseArea.scrollIntoView({ block: "nearest" });
    },
  },
    el("h2", { id: "request-title" }, "Request"),
    field("Call as", caller, "Members and keys of the demonstration workspace."),
    fields.length > 0 ? el("fieldset", null, el("legend", null, "Inputs"), fields.map((input) => input.element)) : el("p", { class: "muted" }, "This operation has no inputs."),
    button);
  update();
  return [
    el("p", { class: "crumbs" }, el("a", { href: "#/operations" }, "Operations")),
    el("h1", null, badge(`method ${operation.method.toLowerCase()}`, operation.method), " ", el("code", null, operation.path)),
    el("p", { class: "lead" }, operation.summary), operation.description ? el("p", { class: "muted" }, operation.description) : null,
    form,
    el("section", { class: "panel", "aria-labelledby": "curl-title" }, el("h2", { id: "curl-title" }, "The same call with curl"),
      el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "curl command" }, el("pre", { class: "command" }, command)),
      el("div", { class: "row" }, el("button", { type: "button", onclick: copy }, "Copy"),
        el("label", { class: "check", for: "reveal", onchange: update }, reveal, " Show the token"), copied),
      el("p", { class: "hint" }, "Without the token, the shell variable TOKEN stands for it. All tokens and keys are in ", el("code", null, ".local-runner/dev.json"), ".")),
    responseArea,
    errorTable(operation),
  ].filter(Boolean).map((element) => {
    element.addEventListener("change", update);
    return element;
  });
}

function errorTable(operation) {
  const rows = Object.entries(operation.responses ?? {}).map(([status, response]) => [el("code", null, status), response.description ?? ""]);
  return rows.length === 0 ? null : el("section", null, el("h2", null, "Declared responses"), table("Statuses and their meaning", ["Status", "Meaning"], rows));
}

function showResponse(area, answer, operation) {
  const type = answer.headers.find(([name]) => name === "content-type")?.[1] ?? "";
  const text = /json|text|csv/.test(type) ? new TextDecoder().decode(answer.bytes) : null;
  let shown = text;
  if (text !== null && /^application\/json/.test(type)) {
    try {
      shown = JSON.stringify(JSON.parse(text), null, 2);
    } catch { /* Malformed JSON is shown as it came. */ }
  }
  const kind = answer.status >= 500 ? "error" : answer.status >= 400 ? "warning" : "good";
  const labelID = uniqueID("body");
  area.replaceChildren(
    el("h2", { id: "response-title" }, "Response"),
    el("p", { class: "row" }, badge(`status ${kind}`, `${answer.status} ${answer.reason}`.trim()),
      el("span", null, `${answer.milliseconds.toFixed(1)} ms`), el("span", null, `${answer.bytes.length.toLocaleString()} bytes`)),
    el("details", null, el("summary", null, `${answer.headers.length} header fields`),
      table("Header fields of the response", ["Name", "Value"], answer.headers.map(([name, value]) => [el("code", null, name), el("code", null, value)]))),
    el("h3", { id: labelID }, "Body"),
    answer.bytes.length === 0 ? el("p", { class: "muted" }, "The response has no body.")
      : shown === null ? el("p", null, `The body is of the type ${type || "unknown"}. The curl command can save it with `, el("code", null, `-o ${operation.operationId}`), ".")
        : el("div", { class: "scroll body", tabindex: 0, role: "region", "aria-labelledby": labelID }, el("pre", null, shown.slice(0, longestShown))),
    shown !== null && shown.length > longestShown ? el("p", { class: "muted" }, `Only the first ${longestShown.toLocaleString()} characters are shown.`) : "");
  announce(`Response ${answer.status} after ${Math.round(answer.milliseconds)} milliseconds.`);
}

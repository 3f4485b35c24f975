// Calls the API as a member or a key of the demonstration workspace, and the runner for the console's own data.

import { words } from "./dom.js";

const tokenKey = "thalian-console-token";
const noAnswer = "The runner does not answer. Start it with local-runner/dev, then reload this page.";
export let session = null;

/** An answer that is not what a view needs, with a sentence for people. */
export class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

/** Takes the token out of the page's address, so that neither history nor bookmarks contain it. */
export function takeToken() {
  const found = /^#token=([0-9A-Za-z-]+)$/.exec(location.hash);
  if (!found) return;
  sessionStorage.setItem(tokenKey, found[1]);
  history.replaceState(null, "", `${location.pathname}#/operations`);
}

export function setToken(token) {
  sessionStorage.setItem(tokenKey, token);
}

/** Reads the console's own data, such as `session`. */
export async function consoleData(name) {
  const token = sessionStorage.getItem(tokenKey);
  if (!token) throw new Refused(401, "The console has no token.");
  let response;
  try {
    response = await fetch(`/cdn-cgi/console/${name}`, { headers: { Authorization: `Bearer ${token}` } });
  } catch {
    throw new Refused(0, noAnswer);
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Refused(response.status, body?.error ?? `The runner answered ${response.status}.`);
  return body;
}

/** Reads tokens and keys of the demonstration workspace. The runner issues new ones when it starts. */
export async function openSession() {
  session = await consoleData("session");
  return session;
}

/** The credentials that the page can use: roles first, then keys. */
export function credentials() {
  const roles = ["super_admin", "admin", "security_analyst", "agent", "auditor", "viewer"];
  const tokens = Object.keys(session?.tokens ?? {}).sort((a, b) => roles.indexOf(a) - roles.indexOf(b));
  return [
    ...tokens.map((role) => ({ id: `session:${role}`, kind: "session", name: `Member with the role ${role}`, secret: session.tokens[role] })),
    ...Object.keys(session?.apiKeys ?? {}).sort().map((scope) => (
      { id: `key:${scope}`, kind: "apiKey", name: `API key with the scope ${scope}`, secret: session.apiKeys[scope] })),
    { id: "none", kind: "none", name: "No credentials", secret: null },
  ];
}

/** Sends a request. Returns the status, the header fields, the body's bytes and the duration in milliseconds. */
export async function send({ method, path, headers, body, signal }) {
  const start = performance.now();
  let response;
  let bytes;
  try {
    response = await fetch(path, { method, headers, body, signal, cache: "no-store", credentials: "omit" });
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch {
    throw new Refused(0, noAnswer);
  }
  return {
    status: response.status, reason: response.statusText, headers: [...response.headers], bytes,
    milliseconds: performance.now() - start,
  };
}

let names = null;
/** Returns a function that returns a platform's own name. */
export async function platformNames() {
  names ??= new Map((await call("/api/platforms")).platforms.map((one) => [one.platform, one.name]));
  return (platform) => names.get(platform) ?? words(platform);
}

/** Calls an operation of the API and returns its JSON. `key` is a key's scope. */
export async function call(path, { key = "read", method = "GET", body } = {}) {
  const secret = session.apiKeys?.[key];
  if (!secret) {
    throw new Refused(0, "There is no demonstration workspace. Start the runner without --no-seed to see one.");
  }
  const headers = { Authorization: `Bearer ${secret}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await send({ method, path, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  let json = null;
  try {
    json = JSON.parse(new TextDecoder().decode(answer.bytes));
  } catch { /* Handled below. */ }
  if (answer.status >= 400 || json === null) {
    throw new Refused(answer.status, json?.error ?? `The API answered ${answer.status}.`);
  }
  return json;
}

#!/usr/bin/env python3
"""Uses the developer console in headless Chromium, by python3-selenium and the DevTools protocol.

    check.py DEV.JSON DATABASE [SCREENSHOTS]

DEV.JSON is the file of a running `local-runner dev`, DATABASE its SQLite file. The checks change findings. Prints each
check, and exits with 1 if one fails. SCREENSHOTS is a folder for pictures of every view.
"""

import json
import sqlite3
import subprocess
import sys
import time
import traceback
import urllib.parse
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

STATE = json.loads(Path(sys.argv[1]).read_text())
URL = STATE["url"]
PERSON = "pavel.laurent@fernwood.example"
HOSTILE = "<img src=x onerror=\"document.title='hacked'\"><b>Bobby</b>"

LEFT_OUT = """
UPDATE integrations SET lists = '{"events":{"reason":"The token lacks a scope.","left_out_at":"2026-04-15T12:30:00Z"}}'
WHERE platform = 'github'
"""

# Each view, with a selector of an element that it has when it is complete.
VIEWS = {
    "operations": ("operations", ".operations li"),
    "operation-get": ("operations/list_findings", "#curl"),
    "operation-post": ("operations/create_api_key", "#curl"),
    "log": ("log", ".scroll.log"),
    "functions": ("functions", "main table"),
    "schedule": ("schedule", "main table"),
    "posture": ("posture", ".plot svg"),
    "findings": ("findings", ".findings li"),
    "identity": (f"identity/{PERSON}", "#person"),
    "integrations": ("integrations", ".cards li"),
}

CONTRAST = """
const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length === 3 ? [...n, 1] : n; };
const over = (top, under) => top.slice(0, 3).map((v, i) => v * top[3] + under[i] * (1 - top[3])).concat(1);
const light = ([r, g, b]) => { const f = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
const behind = (element) => { const chain = []; for (let e = element; e; e = e.parentElement) chain.push(parse(getComputedStyle(e).backgroundColor));
  return chain.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]); };
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const bad = []; let count = 0;
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
  if (["TITLE", "DESC", "SCRIPT", "STYLE", "NOSCRIPT"].includes(element.tagName.toUpperCase())) continue;
  const style = getComputedStyle(element);
  const back = behind(element);
  const front = over(parse(element.closest("svg") ? style.fill : style.color), back);
  const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  count += 1;
  if (ratio < 4.5) bad.push(`${element.tagName}.${element.className} ${ratio.toFixed(2)} ${walker.currentNode.data.trim().slice(0, 40)}`);
}
for (const control of document.querySelectorAll("input, textarea")) {
  if (!control.placeholder || !control.checkVisibility()) continue;
  const back = behind(control);
  const front = over(parse(getComputedStyle(control, "::placeholder").color), back);
  const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
  if ((a + 0.05) / (b + 0.05) < 4.5) bad.push(`placeholder ${control.placeholder}`);
}
return { bad, count };
"""

FOCUSABLE = """
return [...document.querySelectorAll('a[href], button:not([disabled]), input, select, textarea, summary, [tabindex="0"]')]
  .filter((element) => element.checkVisibility({ visibilityProperty: true })).length;
"""

FOCUSED = """
const element = document.activeElement;
if (element === document.body || element === document.documentElement) return null;
window.numbers ??= new Map();
if (!numbers.has(element)) numbers.set(element, numbers.size);
const style = getComputedStyle(element);
return { number: numbers.get(element), text: element.outerHTML.slice(0, 120),
  isVisible: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && element.matches(":focus-visible") };
"""

INTERACTIVE = {
    "button", "link", "textbox", "combobox", "searchbox", "checkbox", "spinbutton", "radio", "listbox", "DisclosureTriangle",
    "region", "navigation", "table", "image", "figure", "group", "slider", "switch", "tab",
}

failures = []


def check(name, condition, detail=""):
    print(("ok      " if condition else "FAILED  ") + name + ("" if condition else f": {detail}"))
    if not condition:
        failures.append(name)


class Console:
    """The console in a browser."""

    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--no-proxy-server"):
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.resize(1280, 900)
        self.expected = []

    def devtools(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def resize(self, width, height):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def wait(self, what, condition, seconds=15):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if value := condition():
                    return value
            except Exception:  # The page may be changing.
                pass
            time.sleep(0.05)
        raise AssertionError(f"{what} does not come; the page shows: {self.text()[:600]}")

    def text(self):
        return self.script("return document.querySelector('main').innerText")

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def show(self, place, selector):
        self.script("location.hash = ''; location.hash = arguments[0]", f"#/{place}")
        view = place.split("/")[0].split("?")[0]
        self.wait(f"#/{place}", lambda: self.script(
            "return location.hash.startsWith(arguments[0]) && !document.querySelector('main').hasAttribute('aria-busy')"
            " && document.querySelector(arguments[1]) !== null", f"#/{view}", selector))

    def set(self, selector, value):
        self.script(
            "const e = document.querySelector(arguments[0]); e.value = arguments[1];"
            "e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true}))",
            selector, value)

    def send(self):
        self.script("document.querySelector('#response').replaceChildren()")
        self.script("arguments[0].click()", self.one("form button.primary"))
        self.wait("the response", lambda: self.all("#response .badge"))
        return int(self.one("#response .badge").text.split()[0])

    def problems(self):
        """Returns messages of the browser's console, without the notes about answers that a check provokes."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if "Failed to load resource" not in entry["message"]
                or not any(part in entry["message"] for part in ("/api/", "status=bad"))]


def opens(console):
    console.driver.get(f"{URL}/")
    console.wait("the form for the token", lambda: console.all("form input[type=password]"))
    check("without a token the page asks for it", "consoleUrl" in console.text(), console.text())
    console.driver.get_log("browser")
    console.driver.get("about:blank")
    console.driver.get(STATE["consoleUrl"])
    console.wait("the list of operations", lambda: console.all(".operations li"))
    check("the address loses the token", "token" not in console.driver.current_url, console.driver.current_url)
    console.driver.refresh()
    console.wait("the list after a reload", lambda: console.all(".operations li"))
    check("opens without errors and violations of the policy", not (found := console.problems()), found)
    title = console.script("return document.title")
    check("the page has a title and landmarks", "Thalian" in title and len(console.all("main, nav, header")) == 3, title)


def makes_forms(console):
    with_key = subprocess.run(["curl", "-sS", f"{URL}/api/openapi.json"], capture_output=True, check=True)
    document = json.loads(with_key.stdout)
    operations = {operation["operationId"]: operation for methods in document["paths"].values() for operation in methods.values()}
    console.show("operations", ".operations li")
    links = {a.get_attribute("href").rsplit("/", 1)[1] for a in console.all(".operations a")}
    check("every operation is listed", links == set(operations), links ^ set(operations))
    missing = []
    for name, operation in operations.items():
        console.show(f"operations/{name}", "#curl")
        console.wait(name, lambda: console.script("return document.title").startswith(name))
        shown = {control.get_attribute("name") for control in console.all("form fieldset [name]")}
        declared = {parameter["name"] for parameter in operation.get("parameters", [])}
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        declared |= set(schema.get("properties", {})) if schema.get("properties") or not operation.get("requestBody") else {"body"}
        if shown != declared:
            missing.append((name, shown ^ declared))
    check("every operation has a form with its inputs", not missing, missing)


def calls(console):
    console.show("operations/get_risk_score", "#curl")
    check("GET risk-score is answered", console.send() == 200, console.text())
    body = console.one(".scroll.body").text
    check("the response is shown with fields and time", '"score":' in body and " ms" in console.text() and "header fields" in console.text(), console.text())
    console.show("operations/list_api_keys", "#curl")
    Select(console.one("select[name=caller]")).select_by_value("session:viewer")
    check("a viewer is refused", console.send() == 403, console.text())
    Select(console.one("select[name=caller]")).select_by_value("session:admin")
    check("an admin is answered", console.send() == 200, console.text())
    console.show("operations/snooze_finding", "#curl")
    status = console.send()
    check("a missing field is explained by the API", status == 400 and '"error":' in console.one(".scroll.body").text, console.text())
    for name, status in [("get_risk_score", 200), ("list_api_keys", 200), ("list_findings", 200), ("create_api_key", 200), ("snooze_finding", 400), ("set_app_policy", 400)]:
        console.show(f"operations/{name}", "#curl")
        if name == "create_api_key":
            console.set("[name=name]", "It's a \"test\"")
        hidden = console.one("#curl").text
        secrets = [*STATE["tokens"].values(), *STATE["apiKeys"].values()]
        check(f"curl for {name} hides the token", "$TOKEN" in hidden and not any(secret in hidden for secret in secrets), hidden)
        console.script("document.querySelector('#reveal').click()")
        command = console.one("#curl").text
        result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        first = result.stdout.splitlines()[0] if result.stdout else result.stderr
        same = console.send()
        check(f"curl for {name} is the same call", f" {same} " in first and same in (status, 201 if status == 200 else status), f"{same} {first} {command[:80]}")


def logs(console):
    console.show("log", ".scroll.log")
    console.wait("the first lines", lambda: "lines." in console.text())
    subprocess.run(["curl", "-sS", "-o", "/dev/null", f"{URL}/api/health"], check=True)
    subprocess.run(["curl", "-sS", "-o", "/dev/null", f"{URL}/api/nowhere"], check=True)
    console.wait("the requests", lambda: "/api/nowhere" in console.text() and "GET /api/health" in console.text())
    check("the live log shows requests", True)
    check("the log does not show the console's own requests", "cdn-cgi/console" not in console.text(), console.text())
    console.set("input[placeholder='404 or 5xx']", "4xx")
    console.wait("the filtered lines", lambda: "/api/nowhere" in console.text() and "GET /api/health" not in console.text())
    check("a filter by status selects lines", "status=4xx" in console.driver.current_url, console.driver.current_url)
    console.set("input[placeholder='404 or 5xx']", "bad")
    console.wait("the sentence about the filter", lambda: "status a status such as 404 or 5xx" in console.text())
    check("a malformed filter is explained", True)
    console.set("input[placeholder='404 or 5xx']", "")
    console.show("log?function=api-health", ".scroll.log")
    console.wait("the lines of a function", lambda: "GET /api/health" in console.text())
    check("a filter in the address is used", "/api/nowhere" not in console.text(), console.text())
    console.show("functions", "main table")
    check("functions are counted", "api-health" in console.one("main table").text, console.text())


def shows_schedule(console):
    console.show("schedule", "main table")
    rows = console.all("main table tbody tr")
    check("cron triggers are listed", len(rows) >= 1 and "* * * * *" in console.text(), console.text())
    console.script("document.querySelector('main table button').click()")
    console.wait("the end of the run", lambda: "ended with" in console.text() or "has not ended" in console.text(), 60)
    check("a trigger runs at once", True)


def shows_posture(console):
    console.show("posture", ".plot svg")
    console.wait("three plots", lambda: len(console.all(".plot svg")) == 3)
    plots = console.script("return [...document.querySelectorAll('svg')].map(s => [!!s.querySelector('title')?.textContent, !!s.querySelector('desc')?.textContent])")
    check("plots have a title and a description", all(all(plot) for plot in plots), plots)
    check("plots have tables", len(console.all("figure table")) == 3)


def handles_findings(console):
    console.show("findings", ".findings li")
    first = len(console.all(".findings > li"))
    console.script("[...document.querySelectorAll('main > button')].at(-1).click()")
    console.wait("the next page", lambda: len(console.all(".findings > li")) > first)
    ids = [item.get_attribute("data-finding") for item in console.all(".findings > li")]
    check("paging shows each finding once", len(ids) == len(set(ids)) and first == 25, (first, len(ids)))
    for index, (name, done) in enumerate([("Snooze", "Snoozed for 7 days."), ("Dismiss", "Dismissed.")]):
        item = console.all(".findings > li")[index + 2]
        finding = item.get_attribute("data-finding")
        details = item.find_elements(By.CSS_SELECTOR, ".actions details")[index]
        console.script("arguments[0].open = true; arguments[0].querySelector('button').click()", details)
        console.wait(done, lambda: done in item.text)
        connection = sqlite3.connect(sys.argv[2])
        status = connection.execute("SELECT status FROM findings WHERE id = ?", (finding,)).fetchone()[0]
        connection.close()
        check(f"{name} changes the finding", status == {"Snooze": "snoozed", "Dismiss": "dismissed"}[name], status)
    console.set("main form select", "low")
    console.wait("low findings", lambda: {badge.text for badge in console.all(".findings .badge")} == {"low"})
    check("a filter by severity is used", "severity=low" in console.driver.current_url)


def shows_identity(console):
    console.show(f"identity/{PERSON}", "#person")
    check("a hostile name is text", console.one("#person").text == HOSTILE and not console.all("main img, main b"), console.one("#person").text)
    check("no code of a name ran", "hacked" not in console.script("return document.title"))
    check("the identity's findings are shown", len(console.all(".cards li")) >= 1)
    console.show("identity/nobody@fernwood.example", "[role=alert]")
    check("an unknown identity is explained", len(console.one("[role=alert]").text) > 10)
    console.show("findings?severity=critical", ".findings li")
    check("a hostile title is text", HOSTILE in console.text() and not console.all("main img, main b"))


def shows_integrations(console):
    console.show("integrations", ".cards li")
    text = console.text()
    check("integrations show errors and left-out lists", "Error:" in text and "left out" in text and "events" in text, text)


def is_accessible(console, screenshots):
    for scheme in ("light", "dark"):
        console.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}])
        for width in (1280, 360):
            console.resize(width, 900)
            for name, (place, selector) in VIEWS.items():
                console.show(place, selector)
                if name.startswith("operation-"):
                    console.send()
                if name == "log":
                    time.sleep(1.2)
                found = console.script(CONTRAST)
                check(f"{name}, {scheme}, {width}: contrast of {found['count']} texts", not found["bad"] and found["count"] > 10, found["bad"][:8])
                across = console.script("return document.documentElement.scrollWidth")
                check(f"{name}, {scheme}, {width}: no horizontal scrolling", across <= width, across)
                if screenshots:
                    height = min(2400, console.script("return document.documentElement.scrollHeight"))
                    console.resize(width, max(900, height))
                    console.driver.get_screenshot_as_file(f"{screenshots}/{name}-{scheme}-{width}.png")
                    console.resize(width, 900)
    console.devtools("Emulation.setEmulatedMedia", features=[])
    console.resize(1280, 900)
    for name, (place, selector) in VIEWS.items():
        console.show(place, selector)
        nodes = console.devtools("Accessibility.getFullAXTree")["nodes"]
        unnamed = [node for node in nodes if not node.get("ignored") and node["role"]["value"] in INTERACTIVE - {"group", "figure"}
                   and not node.get("name", {}).get("value", "").strip()]
        check(f"{name}: every control and region has a name", not unnamed, [(node["role"]["value"], node.get("properties")) for node in unnamed][:3])
        headings = console.script("return [...document.querySelectorAll('h1')].length")
        check(f"{name}: one first heading", headings == 1, headings)
    Select(console.one("#theme")).select_by_value("dark")
    dark = console.script("return getComputedStyle(document.body).backgroundColor")
    Select(console.one("#theme")).select_by_value("light")
    light = console.script("return getComputedStyle(document.body).backgroundColor")
    Select(console.one("#theme")).select_by_value("")
    check("the theme can be chosen", dark == "rgb(18, 21, 26)" and light == "rgb(255, 255, 255)", (dark, light))


def works_by_keyboard(console):
    for name in ("operation-post", "findings", "integrations", "schedule", "identity"):
        place, selector = VIEWS[name]
        console.show(place, selector)
        console.script("window.numbers = new Map(); document.activeElement.blur(); window.getSelection().removeAllRanges();"
                       "document.querySelector('.skip').focus()")
        count = console.script(FOCUSABLE)
        reached, hidden = set(), []
        focused = console.script(FOCUSED)
        for _ in range(count + 5):
            if focused is None or focused["number"] == 0 and reached:
                break
            reached.add(focused["number"])
            if not focused["isVisible"] and focused["number"] != 0:
                hidden.append(focused["text"])
            console.driver.switch_to.active_element.send_keys(Keys.TAB)
            focused = console.script(FOCUSED)
        check(f"{name}: Tab reaches all {count} controls", len(reached) >= count, len(reached))
        check(f"{name}: the focus is visible", not hidden, hidden[:3])
    console.show("operations/get_health", "#curl")
    console.script("document.querySelector('form button.primary').focus()")
    console.driver.switch_to.active_element.send_keys(Keys.ENTER)
    console.wait("the response", lambda: console.all("#response .badge"))
    check("a request is sent by the keyboard", console.one("#response .badge").text.startswith("200"))
    console.driver.get(f"{URL}/#/operations")
    console.driver.refresh()
    console.wait("the list", lambda: console.all(".operations li"))
    console.one("body").send_keys(Keys.TAB)
    console.driver.switch_to.active_element.send_keys(Keys.ENTER)
    check("the skip link leads to the content", console.script("return document.activeElement.id") == "main")


def prepare():
    """Gives a person and a finding hostile names, and an integration a list that is left out."""
    connection = sqlite3.connect(sys.argv[2], timeout=10)
    connection.execute("UPDATE identities SET display_name = ? WHERE email = ?", (HOSTILE, PERSON))
    connection.execute(
        "UPDATE findings SET title = ? WHERE id = (SELECT id FROM findings WHERE severity = 'critical' AND status = 'open' LIMIT 1)",
        (HOSTILE,))
    connection.execute(LEFT_OUT)
    connection.commit()
    connection.close()


def main():
    prepare()
    console = Console()
    try:
        for step in (opens, makes_forms, calls, logs, shows_schedule, shows_posture, handles_findings, shows_identity, shows_integrations):
            run(step, console)
        run(is_accessible, console, sys.argv[3] if len(sys.argv) > 3 else None)
        run(works_by_keyboard, console)
        check("no errors in the browser's console", not (found := console.problems()), found[:5])
    finally:
        console.driver.quit()
    print(f"{len(failures)} failed")
    sys.exit(1 if failures else 0)


def run(step, *arguments):
    try:
        step(*arguments)
    except Exception as error:  # A failed step must not hide the others.
        traceback.print_exc(limit=3, file=sys.stdout)
        check(step.__name__, False, error)


main()

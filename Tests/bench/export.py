"""Measures the export of 1,000,000 identities in each format, in time and memory: CSV compared with the same export by
the sqlite3 command line, JSON of an audit log of the same length, and the check of that log. BENCH_SCALE changes the
number."""

import csv
import hashlib
import itertools
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
import uuid

from local import call, median, peak

top, work = sys.argv[1:3]
size = int(1_000_000 * float(os.environ.get("BENCH_SCALE", "1")))
rounds = 3
path = os.path.join(work, "export.db")
answer = os.path.join(work, "answer")
runner = os.path.join(top, ".build/release/local-runner")


def company():
    """Generates a workspace with this number of identities. Every second one has an account."""
    subprocess.run(
        [runner, "migrate", "--config", os.path.join(top, "wrangler-like.json"), "--database", "sqlite:" + path,
         "--persist-to", os.path.join(work, "state")], check=True, stdout=subprocess.DEVNULL)
    chance = random.Random(11)
    new = lambda: str(uuid.UUID(int=chance.getrandbits(128), version=4))
    moment = lambda: f"2026-{chance.randint(1, 9):02}-{chance.randint(1, 28):02}T{chance.randint(0, 23):02}:30:15Z"
    database = sqlite3.connect(path)
    database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;")
    add = lambda table, columns, rows: database.executemany(
        f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * (columns.count(',') + 1))})", rows)
    workspace, user, okta = new(), new(), new()
    add("workspaces", "id, name, plan, created_at", [(workspace, "Large", "enterprise", moment())])
    add("members", "workspace_id, user_id, email, role, created_at",
        [(workspace, user, "admin@large.example", "admin", moment())])
    add("integrations", "id, workspace_id, platform, category, status, created_at",
        [(okta, workspace, "okta", "idp", "connected", moment())])
    people = [new() for _ in range(size)]
    add("identities",
        "id, workspace_id, email, display_name, status, identity_type, mfa_enabled, last_login_at, department, title,"
        " manager_email, hr_status, hired_at, created_at, updated_at",
        ((key, workspace, f"person{n}@large.example", f"Person {n}, Jr." if n % 10 == 0 else f"Person {n}", "active",
          "user", n % 2, moment(), "Engineering", "Engineer", f"person{n % 50}@large.example", "active", moment(),
          moment(), moment()) for n, key in enumerate(people)))
    add("accounts",
        "id, workspace_id, integration_id, identity_id, external_id, username, account_type, status, metadata, updated_at",
        ((key := new(), workspace, okta, person, key, f"person{n}", "user", "active", '{"groups":["all","staff"]}',
          moment()) for n, person in enumerate(people[::2])))
    previous = "0" * 64
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    def entries():
        nonlocal previous
        for number in range(size):
            content = {"action": "finding.snoozed", "created_at": now, "details": {"days": 7, "title": f"Finding {number}"},
                       "target_id": new(), "target_type": "finding", "user_id": user, "workspace_id": workspace}
            content_hash = digest(content)
            row_hash = digest({"content_hash": content_hash, "prev_hash": previous, "sequence_number": number})
            yield (new(), workspace, number, user, "admin@large.example", content["action"], content["target_type"],
                   content["target_id"], canonical(content["details"]), content_hash, previous, row_hash, now)
            previous = row_hash

    add("audit_log",
        "id, workspace_id, sequence_number, user_id, actor_email, action, target_type, target_id, details, content_hash,"
        " prev_hash, row_hash, created_at", entries())
    add("audit_heads", "workspace_id, sequence_number, row_hash", [(workspace, size - 1, previous)])
    database.commit()
    database.close()
    return workspace, user


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def digest(value):
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def export(fields, database="sqlite:" + path, build=".build", function="api-export-workspace"):
    return call(os.path.join(top, build, "release", function), {"workspaceId": workspace} | fields, user, database, answer)


def without_head(source):
    """Returns a function's response without its header."""
    while source.readline().strip():
        pass
    return source


def command_line(names):
    """Writes the same CSV with the sqlite3 command line."""
    known = {row[1] for row in sqlite3.connect(path).execute("PRAGMA table_info(identities)")}
    boolean = lambda name: f"iif({name}, 'true', 'false') AS {name}" if name == "mfa_enabled" else name
    columns = ", ".join(boolean(name) if name in known else f"NULL AS {name}" for name in names[1:])
    query = (f"SELECT 'identity' AS entity_type, {columns} FROM identities WHERE workspace_id = '{workspace}' "
             "ORDER BY id")
    output = os.path.join(work, "command-line.csv")
    with open(output, "wb") as file:
        start = time.perf_counter()
        subprocess.run(["sqlite3", "-readonly", "-csv", "-header", path, query], stdout=file, check=True)
        seconds = time.perf_counter() - start
    return seconds, output


workspace, user = company()
ours, theirs, memory = [], [], 0
for _ in range(rounds):
    seconds, used = export({"format": "csv"})
    memory = max(memory, used)
    with open(answer, newline="") as file:
        names = next(csv.reader(without_head(file)))
    ours.append(seconds)
    seconds, output = command_line(names)
    theirs.append(seconds)
with open(answer, newline="") as mine, open(output, newline="") as other:
    end = [["end_of_export", str(size)] + [""] * (len(names) - 2)]
    pairs = itertools.zip_longest(csv.reader(without_head(mine)), itertools.chain(csv.reader(other), end))
    assert all(left == right for left, right in pairs), "the two CSV files differ"
print(f"CSV, {size} identities: {median(ours):.1f} s, {size / median(ours):,.0f} rows a second, {memory:.0f} MiB; "
      f"sqlite3 {median(theirs):.1f} s: {median(theirs) / median(ours):.2f} times its rows a second", flush=True)


def measure(name, fields, **more):
    seconds, used = export(fields, **more)
    print(f"{name}: {seconds:.1f} s, {size / seconds:,.0f} rows a second, {used:.0f} MiB, "
          f"{os.path.getsize(answer) / 1e6:,.0f} MB", flush=True)


for kind in ["json", "xlsx"]:
    measure(f"{kind.upper()}", {"format": kind})
measure("CSV with all raw metadata", {"format": "csv", "includeFull": True})
measure("Audit log as long", {}, function="api-export-audit-log")
exported = os.path.join(work, "audit-log.json")
with open(answer, "rb") as source, open(exported, "wb") as target:
    shutil.copyfileobj(without_head(source), target)
start = time.perf_counter()
process = subprocess.Popen([runner, "audit-verify", exported], stdout=subprocess.DEVNULL)
memory = 0
while process.poll() is None:
    memory = max(memory, peak(process.pid))
    time.sleep(0.01)
assert process.returncode == 0
print(f"Checking it: {time.perf_counter() - start:.1f} s, {memory:.0f} MiB", flush=True)

server = os.path.join(work, "export-server")
os.chmod(work, 0o755)
control = os.path.join(top, "Tests/postgresql")
url = subprocess.run([control, "start", server], capture_output=True, text=True, check=True).stdout.strip()
try:
    subprocess.run(
        [os.path.join(top, ".build-postgresql/release/local-runner"), "copy-store", "--from", "sqlite:" + path, "--to",
         url], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for kind in ["csv", "json", "xlsx"]:
        measure(f"{kind.upper()} from PostgreSQL", {"format": kind}, database=url, build=".build-postgresql")
    measure("CSV with all raw metadata from PostgreSQL", {"format": "csv", "includeFull": True}, database=url,
            build=".build-postgresql")
finally:
    subprocess.run([control, "stop", server], check=False)

"""Measures the analysis of a large generated company: its time on SQLite as a multiple of one full scan of the four
large tables, its growth from a tenth of the company to all of it, and its time on PostgreSQL as a multiple of SQLite's.

BENCH_SCALE makes the companies smaller. BENCH_KEEP names a folder that keeps them for later runs."""

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
import uuid
from datetime import datetime, timedelta, timezone

from local import call

top, work = sys.argv[1:3]
scale = float(os.environ.get("BENCH_SCALE", "1"))
NOW = datetime.now(timezone.utc).replace(microsecond=0)


def moment(days=0.0):
    return (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def company(path, size):
    """Generates a company with `size` identities, half as many devices, and ten entitlements and ten events for each
    identity. One in a hundred people has a problem."""
    configuration = os.path.join(top, "wrangler-like.json")
    subprocess.run(
        [os.path.join(top, ".build/release/local-runner"), "migrate", "--config", configuration, "--database",
         "sqlite:" + path, "--persist-to", os.path.join(work, "state")], check=True, stdout=subprocess.DEVNULL)
    chance = random.Random(7)
    new = lambda: str(uuid.UUID(int=chance.getrandbits(128), version=4))
    database = sqlite3.connect(path)
    database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;")
    workspace, user = new(), new()
    add = lambda table, columns, rows: database.executemany(
        f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * (columns.count(',') + 1))})", rows)
    add("workspaces", "id, name, plan, created_at", [(workspace, "Large", "enterprise", moment(300))])
    add("audit_heads", "workspace_id, sequence_number, row_hash", [(workspace, -1, "0" * 64)])
    add("members", "workspace_id, user_id, email, role, created_at",
        [(workspace, user, "admin@large.example", "admin", moment(200))])
    platforms = {name: new() for name in [
        "okta", "google_workspace", "bamboohr", "github", "aws", "slack", "jira", "crowdstrike", "jamf_pro"]}
    categories = ["idp", "idp", "hr", "developer", "cloud", "communication", "itsm", "edr", "mdm"]
    roles = ["primary_idp", "directory"] + [None] * 7
    add("integrations", "id, workspace_id, platform, category, idp_role, status, last_sync_at, created_at",
        [(key, workspace, name, category, role, "connected", moment(0.02), moment(200))
         for (name, key), category, role in zip(platforms.items(), categories, roles)])
    apps = [new() for _ in range(300)]
    add("applications",
        "id, workspace_id, integration_id, external_id, name, name_folded, publisher, sso_enabled, is_managed,"
        " first_seen_at, updated_at",
        [(key, workspace, platforms["okta"], key, f"App {n}", f"app {n}", "Publisher", 1, 1, moment(200), moment(1))
         for n, key in enumerate(apps)])
    people = [new() for _ in range(size)]
    accounts = {}

    def identities():
        for n, key in enumerate(people):
            odd = n % 100 == 0
            yield (key, workspace, f"person{n}@large.example", f"Person {n}", "active",
                   "admin" if n % 200 == 1 else "user", 0 if odd else 1, moment(40 if odd else chance.random() * 20),
                   "Engineering", "Engineer", f"person{n % 50}@large.example", "active", moment(600), moment(590), moment(1))

    add("identities",
        "id, workspace_id, email, display_name, status, identity_type, mfa_enabled, last_login_at, department, title,"
        " manager_email, hr_status, hired_at, created_at, updated_at", identities())

    def rows_of_accounts():
        for n, key in enumerate(people):
            for platform in ["okta", "bamboohr", "slack", "github" if n % 4 == 0 else "jira"]:
                account = new()
                if platform == "okta":
                    accounts[key] = account
                yield (account, workspace, platforms[platform], key, account, f"person{n}", f"person{n}@large.example",
                       f"Person {n}", "user", "active", int(platform == "okta" and n % 200 == 1),
                       None if platform == "bamboohr" else int(n % 100 != 0), moment(chance.random() * 20), "Engineering",
                       f"person{n % 50}@large.example", "{}", moment(590), moment(1))

    add("accounts",
        "id, workspace_id, integration_id, identity_id, external_id, username, email, display_name, account_type, status,"
        " is_admin, mfa_enabled, last_login_at, department, manager_email, metadata, created_at, updated_at",
        rows_of_accounts())
    def rows_of_devices():
        # Device management and endpoint detection each know every computer; one in a hundred has no agent.
        for n in range(size // 4):
            for platform in ["jamf_pro", "crowdstrike"]:
                is_managed = platform == "jamf_pro"
                is_other = n % 100 == 0 and not is_managed
                yield (key := new(), workspace, platforms[platform], people[n * 4], key,
                       f"other-{n}" if is_other else f"laptop-{n}", f"other-{n}" if is_other else f"serial-{n}", "macOS",
                       "15.4", 1, int(n % 100 != 0) if is_managed else None, 1 if is_managed else None,
                       0 if is_managed else None, None if is_managed else 1, moment(chance.random() * 3), moment(300),
                       moment(1))

    add("devices",
        "id, workspace_id, integration_id, identity_id, external_id, hostname, serial_number, operating_system,"
        " os_version, is_os_supported, is_encrypted, is_compliant, is_jailbroken, has_edr, last_seen_at, created_at,"
        " updated_at", rows_of_devices())
    add("entitlements",
        "id, workspace_id, integration_id, account_id, identity_id, application_id, external_id, role, is_admin,"
        " is_license, granted_at, last_used_at, updated_at",
        ((key := new(), workspace, platforms["okta"], accounts[person], person, apps[(n * 7 + i * 31) % 300], key,
          "Member", int((n * 10 + i) % 2000 == 0), int(i < 2), moment(200),
          moment(70 if (n + i) % 100 == 0 else chance.random() * 20), moment(1))
         for n, person in enumerate(people) for i in range(10)))
    add("audit_events",
        "id, workspace_id, integration_id, identity_id, external_id, event_type, outcome, actor, ip_address, details,"
        " country, occurred_at",
        ((key := new(), workspace, platforms["okta"], person, key,
          "user.session.start" if i < 6 else "user.login" if i < 8
          # Each administrator changes policies.
          else "policy.rule.deactivate" if n % 200 == 1 else "download",
          "failure" if (n + i) % 50 == 0 else "success", f"person{n}@large.example", f"198.51.{n % 200}.{n % 250}",
          '{"country":"NL","method":"sso"}', "NL", moment(chance.random() * 30))
         for n, person in enumerate(people) for i in range(10)))
    database.commit()
    database.close()
    return workspace, user


def scan(path):
    """Returns the seconds of one full scan of the four tables in warm memory, without an index: once reading all values
    of every row, and once only stepping through the rows up to their last column."""
    database = sqlite3.connect(path)
    tables = ["identities", "devices", "entitlements", "audit_events"]
    columns = {table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")] for table in tables}

    def seconds(expression):
        queries = [f"SELECT {expression(columns[table])} FROM {table} NOT INDEXED" for table in tables]
        best = None
        for _ in range(3):
            start = time.perf_counter()
            for query in queries:
                database.execute(query).fetchone()
            best = min(best or 1e9, time.perf_counter() - start)
        return best

    values = seconds(lambda names: ", ".join(f"sum(length({name}))" for name in names))
    rows = seconds(lambda names: f"sum(length({names[-1]}))")
    database.close()
    return values, rows


def analyse(path, workspace, user, build=".build"):
    database = path if path.startswith("postgres") else "sqlite:" + path
    answer = os.path.join(work, "answer")
    return call(
        os.path.join(top, build, "release/api-analyze"), {"workspaceId": workspace}, user, database, answer)


def kept_company(size):
    """Returns the path of a company's database before any analysis, and the ids of its workspace and admin."""
    folder = os.environ.get("BENCH_KEEP", work)
    path = os.path.join(folder, f"company-{size}.db")
    if os.path.exists(path + ".ids"):
        database = sqlite3.connect(path)
        for table in ["findings", "analysis_runs", "drift_snapshots"]:
            database.execute(f"DELETE FROM {table}")
        database.commit()
        database.close()
        return path, *open(path + ".ids").read().split()
    ids = company(path, size)
    with open(path + ".ids", "w") as file:
        file.write(" ".join(ids))
    return path, *ids


def costs(results, findings, seconds, memory):
    results = json.loads(results) if isinstance(results, str) else results
    print(f"  {seconds:.1f} s, {memory:.0f} MiB, {findings} findings, of it rules {results['total_ms'] / 1000:.1f} s:")
    for rule, milliseconds in sorted(results["slowest_rules_ms"].items(), key=lambda cost: -cost[1]):
        print(f"    {milliseconds:6d} ms  {rule}", flush=True)


def on_sqlite(size):
    path, workspace, user = kept_company(size)
    # Loading the file into memory counts neither for the scan nor for the analysis.
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 22):
            pass
    values, rows = scan(path)
    seconds, memory = analyse(path, workspace, user)
    print(f"{size} identities on SQLite: {seconds / values:.1f} times a full scan ({values:.2f} s), "
          f"{seconds / rows:.1f} times one that reads no values ({rows:.2f} s)")
    database = sqlite3.connect(path)
    costs(database.execute("SELECT results FROM analysis_runs").fetchone()[0],
          database.execute("SELECT count(*) FROM findings").fetchone()[0], seconds, memory)
    database.close()
    return seconds


def on_postgresql(size):
    path, workspace, user = kept_company(size)
    server = os.path.join(work, "server")
    os.chmod(work, 0o755)
    control = os.path.join(top, "Tests/postgresql")
    url = subprocess.run([control, "start", server], capture_output=True, text=True, check=True).stdout.strip()
    try:
        subprocess.run(
            [os.path.join(top, ".build-postgresql/release/local-runner"), "migrate", "--config",
             os.path.join(top, "wrangler-like.json"), "--database", url, "--persist-to", os.path.join(work, "state")],
            check=True, stdout=subprocess.DEVNULL)
        psql = ["psql", "-q", "-v", "ON_ERROR_STOP=1", url]
        ask = lambda sql: subprocess.run(psql + ["-Atc", sql], check=True, capture_output=True, text=True).stdout.strip()
        database = sqlite3.connect(path)
        for table in ["workspaces", "audit_heads", "members", "integrations", "applications", "identities", "accounts",
                      "devices", "entitlements", "audit_events", "identity_tallies", "application_tallies"]:
            columns = ", ".join(row[1] for row in database.execute(f"PRAGMA table_info({table})"))
            rows = subprocess.Popen(
                ["sqlite3", "-csv", path, f"SELECT {columns} FROM {table}"], stdout=subprocess.PIPE)
            subprocess.run(
                psql + ["-c", "SET session_replication_role = replica", "-c",
                        f"COPY thalian.{table} ({columns}) FROM STDIN (FORMAT csv)"], stdin=rows.stdout, check=True)
            rows.wait()
        database.close()
        # autovacuum does this by itself within minutes.
        ask("VACUUM (ANALYZE)")
        # Loading the data into memory does not count for the analysis.
        for table in ["identities", "accounts", "devices", "entitlements", "audit_events"]:
            ask(f"SELECT count(*) FROM thalian.{table} WHERE updated_at IS NULL" if table != "audit_events"
                else "SELECT count(*) FROM thalian.audit_events WHERE details IS NULL")
        seconds, memory = analyse(url, workspace, user, ".build-postgresql")
        print(f"{size} identities on PostgreSQL:")
        costs(ask("SELECT results FROM thalian.analysis_runs"), ask("SELECT count(*) FROM thalian.findings"), seconds,
              memory)
        return seconds
    finally:
        subprocess.run([control, "stop", server], check=False)


def main():
    small, large = int(20_000 * scale), int(200_000 * scale)
    tenth, whole = on_sqlite(small), on_sqlite(large)
    print(f"Ten times the company takes {whole / tenth:.1f} times as long.")
    print(f"PostgreSQL takes {on_postgresql(large) / whole:.1f} times as long as SQLite.")


if __name__ == "__main__":
    main()

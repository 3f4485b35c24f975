"""How long the analysis of a large generated company takes on SQLite, as a multiple of one full scan of its four large
tables; and how that grows from a tenth of the company to all of it."""

import base64
import hashlib
import hmac
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import time
import uuid
from datetime import datetime, timedelta, timezone

top, work = sys.argv[1:3]
scale = float(os.environ.get("BENCH_SCALE", "1"))
NOW = datetime.now(timezone.utc).replace(microsecond=0)
SECRET = "measured with this secret and no other one, of 50"


def moment(days=0.0):
    return (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def company(path, size):
    """A company of `size` identities, half as many devices, ten entitlements and ten events each. One in a hundred
    people has some problem."""
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
    add("devices",
        "id, workspace_id, integration_id, identity_id, external_id, hostname, serial_number, operating_system,"
        " os_version, is_os_supported, is_encrypted, is_compliant, is_jailbroken, has_edr, last_seen_at, created_at,"
        " updated_at",
        ((key := new(), workspace, platforms["jamf_pro"], people[n * 2], key, f"laptop-{n}", key, "macOS", "15.4", 1,
          int(n % 100 != 0), 1, 0, 1, moment(chance.random() * 3), moment(300), moment(1)) for n in range(size // 2)))
    add("entitlements",
        "id, workspace_id, integration_id, account_id, identity_id, application_id, external_id, role, is_admin,"
        " is_license, granted_at, last_used_at, updated_at",
        ((key := new(), workspace, platforms["okta"], accounts[person], person, apps[(n * 7 + i * 31) % 300], key,
          "Member", int((n * 10 + i) % 2000 == 0), int(i < 2), moment(200),
          moment(70 if (n + i) % 100 == 0 else chance.random() * 20), moment(1))
         for n, person in enumerate(people) for i in range(10)))
    add("audit_events",
        "id, workspace_id, integration_id, identity_id, external_id, event_type, outcome, actor, ip_address, details,"
        " occurred_at",
        ((key := new(), workspace, platforms["okta"], person, key,
          "user.session.start" if i < 6 else "user.login" if i < 8 else "download",
          "failure" if (n + i) % 50 == 0 else "success", f"person{n}@large.example", f"198.51.{n % 200}.{n % 250}",
          '{"country":"NL","method":"sso"}', moment(chance.random() * 30))
         for n, person in enumerate(people) for i in range(10)))
    database.commit()
    database.close()
    return workspace, user


def token(user):
    encode = lambda data: base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=")
    now = int(time.time())
    claims = {"iss": "https://measured.example/auth/v1", "sub": user, "aud": "authenticated", "exp": now + 3600,
              "iat": now, "aal": "aal1", "role": "authenticated"}
    content = encode({"alg": "HS256", "typ": "JWT"}) + b"." + encode(claims)
    signature = hmac.new(SECRET.encode(), content, hashlib.sha256).digest()
    return (content + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def scan(path):
    """Seconds for reading every row of the four tables once, warm."""
    database = sqlite3.connect(path)
    best = None
    for _ in range(2):
        start = time.perf_counter()
        for table in ["identities", "devices", "entitlements", "audit_events"]:
            database.execute(f"SELECT sum(length(external_id)) FROM {table}" if table != "identities"
                             else "SELECT sum(length(display_name)) FROM identities").fetchone()
        best = time.perf_counter() - start
    database.close()
    return best


def analyse(path, workspace, user):
    body = json.dumps({"workspaceId": workspace})
    environment = {
        "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST", "SCRIPT_NAME": "/api/analyze", "QUERY_STRING": "",
        "REMOTE_ADDR": "127.0.0.1", "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": "Bearer " + token(user), "DATABASE_URL": "sqlite:" + path,
        "SUPABASE_URL": "https://measured.example", "SUPABASE_JWT_SECRET": SECRET}
    start = time.perf_counter()
    process = subprocess.Popen(
        [os.path.join(top, ".build/release/api-analyze")], env=environment, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE)
    process.stdin.write(body.encode())
    process.stdin.close()
    answer = process.stdout.read()
    _, _, usage = os.wait4(process.pid, 0)
    if not answer.startswith(b"Status: 200"):
        raise SystemExit("the analysis failed: " + answer[:500].decode())
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main():
    results = []
    for size in [int(20_000 * scale), int(200_000 * scale)]:
        path = os.path.join(work, f"company-{size}.db")
        workspace, user = company(path, size)
        baseline = scan(path)
        seconds, memory = analyse(path, workspace, user)
        database = sqlite3.connect(path)
        costs = json.loads(database.execute("SELECT results FROM analysis_runs").fetchone()[0])
        findings = database.execute("SELECT count(*) FROM findings").fetchone()[0]
        database.close()
        os.unlink(path)
        results.append(seconds)
        print(f"{size} identities: {seconds:.1f} s, {seconds / baseline:.1f} times a full scan ({baseline:.2f} s), "
              f"{memory:.0f} MiB, {findings} findings, rules {costs['total_ms'] / 1000:.1f} s", flush=True)
        for rule, milliseconds in sorted(costs["slowest_rules_ms"].items(), key=lambda cost: -cost[1]):
            print(f"    {milliseconds:6d} ms  {rule}")
    print(f"Ten times the company takes {results[1] / results[0]:.1f} times as long.")


if __name__ == "__main__":
    main()

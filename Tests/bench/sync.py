"""Measures a sync of 50,000 users from an Entra ID on this machine, on both engines: its memory, the provider's share
of its time, and the waiting times of other writers. Then measures a second sync after one user in a hundred has
changed, with the writes counted by the database itself."""

import base64
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from local import call, peak

top, work = sys.argv[1:3]
USERS = int(os.environ.get("BENCH_USERS", "50000"))
# The seconds that a page takes in addition to this machine's time. Microsoft Graph takes from a tenth of a second to
# one second.
LATENCY = float(os.environ.get("BENCH_LATENCY", "0.1"))
ENGINES = os.environ.get("BENCH_ENGINES", "SQLite,PostgreSQL").split(",")
APPS = 50
changed = set()


def user(n):
    return {
        "id": f"u{n}", "displayName": f"Person {n}", "mail": f"person{n}@large.example",
        "userPrincipalName": f"person{n}@large.example", "accountEnabled": True, "userType": "Member",
        "department": "Moved" if n in changed else "Sales", "jobTitle": "Engineer",
        "createdDateTime": "2024-01-02T03:04:05Z", "manager": {"id": "u0", "mail": "person0@large.example"}}


def app(n):
    return {
        "id": f"a{n:03}", "appId": f"x{n}", "displayName": f"App {n}", "accountEnabled": True,
        "servicePrincipalType": "Application", "appRoles": [], "appRoleAssignmentRequired": True,
        "preferredSingleSignOnMode": "saml", "appOwnerOrganizationId": "11111111-1111-4111-8111-111111111111"}


def signin(n):
    return {
        "id": f"s{n}", "createdDateTime": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "userId": f"u{n % USERS}", "userDisplayName": f"Person {n % USERS}",
        "userPrincipalName": f"person{n % USERS}@large.example", "appDisplayName": "App", "ipAddress": "198.51.100.7",
        "status": {"errorCode": 0}, "location": {"countryOrRegion": "NL"}}


def answer(path, query):
    def page(make, count, size):
        start = int(query.get("skip", ["0"])[0])
        body = {"value": [make(n) for n in range(start, min(start + size, count))]}
        if start + size < count:
            body["@odata.nextLink"] = f"https://graph.microsoft.com{path}?skip={start + size}"
        return body

    name = path.removeprefix("/v1.0/")
    if path.endswith("/token"):
        return {"token_type": "Bearer", "expires_in": 3599, "access_token": "measured"}
    if name == "organization":
        return {"value": [{"id": "o"}]}
    if name == "users":
        return page(user, USERS, 120)
    if name == "servicePrincipals":
        return page(app, APPS, 100)
    if name.startswith("servicePrincipals/"):
        first = int(name.split("/")[1][1:])
        return page(
            lambda n: {"id": f"r{first}-{n}", "principalId": f"u{n * APPS + first}", "principalType": "User",
                       "appRoleId": "00000000-0000-0000-0000-000000000000",
                       "createdDateTime": "2024-01-02T03:04:05Z"}, USERS // APPS, 100)
    if name == "auditLogs/signIns":
        return page(signin, USERS // 2, 1000)
    if name.startswith("reports/"):
        return page(lambda n: {"id": f"u{n}", "isMfaRegistered": True}, USERS, 500)
    return {"value": []}


class Clock:
    """Measures the time in which at least one request is at the provider. Simultaneous requests count once."""

    def __init__(self):
        self.lock = threading.Lock()
        self.begin()

    def begin(self):
        self.seconds, self.requests, self.present, self.since = 0.0, 0, 0, 0.0

    def __enter__(self):
        with self.lock:
            self.requests += 1
            self.present += 1
            if self.present == 1:
                self.since = time.perf_counter()

    def __exit__(self, *_):
        with self.lock:
            self.present -= 1
            if self.present == 0:
                self.seconds += time.perf_counter() - self.since


provider = Clock()


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Otherwise each answer waits 40 ms for the acknowledgement of its head.
    disable_nagle_algorithm = True

    def respond(self):
        with provider:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            url = urlsplit(self.path)
            body = json.dumps(answer(url.path, parse_qs(url.query))).encode()
            time.sleep(LATENCY)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    do_GET = do_POST = respond

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True


TABLES = ["accounts", "identities", "applications", "entitlements", "audit_events", "sync_events", "sync_records",
          "sync_protected", "sync_gone", "sync_identities"]


class SQLite:
    name, build = "SQLite", ".build/release"

    def __init__(self):
        self.path = os.path.join(work, "sync.db")
        self.url = "sqlite:" + self.path

    def open(self):
        self.database = sqlite3.connect(self.path, isolation_level=None)

    def script(self, text):
        self.database.executescript(text)

    def rows(self, query):
        return self.database.execute(query).fetchall()

    def count_writes(self):
        """Creates triggers, which see every row that any process writes."""
        self.script("CREATE TABLE bench_writes (name text);" + "".join(
            f"CREATE TRIGGER bench_{table}_{verb} AFTER {verb} ON {table} BEGIN INSERT INTO bench_writes VALUES ('{table}'); END;"
            for table in TABLES for verb in ["INSERT", "UPDATE", "DELETE"]))

    def writes(self):
        return dict(self.rows("SELECT name, count(*) FROM bench_writes GROUP BY name"))

    def wait_to_write(self):
        """Returns the seconds that another writer has to wait. Must be called from one thread."""
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=0)
        start = time.perf_counter()
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError:
                time.sleep(0.0005)
        seconds = time.perf_counter() - start
        connection.execute("ROLLBACK")
        connection.close()
        return seconds

    def stop(self):
        self.database.close()


class PostgreSQL:
    name, build = "PostgreSQL", ".build-postgresql/release"

    def __init__(self):
        self.server = os.path.join(work, "server")
        self.control = os.path.join(top, "Tests/postgresql")
        os.chmod(work, 0o755)
        self.url = subprocess.run(
            [self.control, "start", self.server], capture_output=True, text=True, check=True).stdout.strip()

    def open(self):
        pass

    def script(self, text):
        subprocess.run(
            ["psql", "-qX", "-v", "ON_ERROR_STOP=1", self.url], input="SET search_path = thalian; SET timezone = 'UTC';" + text,
            text=True, check=True)

    def rows(self, query):
        output = subprocess.run(
            ["psql", "-qXAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", self.url], input="SET search_path = thalian;" + query,
            text=True, check=True, capture_output=True).stdout
        return [[int(value) if value.isdigit() else value for value in line.split("\t")] for line in output.splitlines()]

    def statistics(self):
        # A process reports its writes when it ends.
        time.sleep(1.5)
        return dict(self.rows(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE schemaname = 'thalian'"))

    def count_writes(self):
        self.before = self.statistics()

    def writes(self):
        after = self.statistics()
        return {table: after[table] - self.before[table] for table in TABLES if after[table] != self.before[table]}

    wait_to_write = None

    def stop(self):
        subprocess.run([self.control, "stop", self.server], check=True, stdout=subprocess.DEVNULL)


# The seconds between two requests of other users.
INTERVAL = 0.05


def worst(waits):
    """Returns the median of the ten longest waits of requests that come every 50 ms, even while earlier ones still
    wait."""
    all_waits = [wait - later * INTERVAL for wait in waits for later in range(int(wait / INTERVAL) + 1)]
    longest = sorted(all_waits)[-10:]
    return longest[len(longest) // 2]


def measure(store):
    built = os.path.join(top, store.build)
    subprocess.run(
        [os.path.join(built, "local-runner"), "migrate", "--config", os.path.join(top, "wrangler-like.json"),
         "--database", store.url, "--persist-to", os.path.join(work, "state")], check=True, stdout=subprocess.DEVNULL)
    workspace, member = str(uuid.uuid4()), str(uuid.uuid4())
    store.open()
    store.script(f"""
        INSERT INTO workspaces (id, name, plan, created_at)
            VALUES ('{workspace}', 'Large', 'enterprise', '2026-01-01T00:00:00Z');
        INSERT INTO audit_heads (workspace_id, sequence_number, row_hash) VALUES ('{workspace}', -1, '{"0" * 64}');
        INSERT INTO members (workspace_id, user_id, email, role, created_at)
            VALUES ('{workspace}', '{member}', 'admin@large.example', 'admin', '2026-01-01T00:00:00Z');""")
    variables = {
        "ENVIRONMENT": "development", "UPSTREAM_MICROSOFT_ENTRA": f"http://127.0.0.1:{server.server_port}",
        "CREDENTIALS_KEY": "k1:" + base64.b64encode(bytes(32)).decode()}

    def job():
        """Runs due jobs like the cron trigger does. Returns seconds and MiB."""
        event = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
        start = time.perf_counter()
        process = subprocess.Popen(
            [os.path.join(built, "scheduled-jobs")], stdout=subprocess.DEVNULL, stderr=sys.stderr,
            stdin=subprocess.DEVNULL, env={**variables, "DATABASE_URL": store.url, "FUNCTION_EVENT": json.dumps(event)})
        memory = 0
        while process.poll() is None:
            memory = max(memory, peak(process.pid))
            time.sleep(0.01)
        return time.perf_counter() - start, memory

    def sync(function, fields):
        """Makes a call, and runs the jobs that continue its work."""
        provider.begin()
        waits, is_over = [0.0], threading.Event()

        def probe():
            while not is_over.wait(INTERVAL):
                waits.append(store.wait_to_write())

        prober = threading.Thread(target=probe)
        if store.wait_to_write:
            prober.start()
        try:
            seconds, memory = call(
                os.path.join(built, function), {"workspaceId": workspace, **fields}, member, store.url,
                os.path.join(work, "answer"), variables)
            while True:
                # Like the cron trigger, but without waiting for the next minute.
                left = store.rows("SELECT count(*) FROM jobs WHERE kind = 'sync'")[0][0]
                if not left:
                    break
                time.sleep(0.5)
                more, most = job()
                if most:
                    seconds, memory = seconds + more, max(memory, most)
        finally:
            is_over.set()
            if store.wait_to_write:
                prober.join()
        status, error = store.rows(
            "SELECT status, COALESCE(error, '-') FROM sync_runs ORDER BY started_at DESC LIMIT 1")[0]
        if status != "completed":
            raise SystemExit(f"the sync is {status}: {error}")
        print(f"    {seconds:.3f} s of processes, of them {provider.seconds:.1f} s "
              f"({100 * provider.seconds / seconds:.0f} %) with the provider for {provider.requests:,} requests; "
              f"at most {memory:.0f} MiB" + (
                  f"; others waited {1000 * max(waits):.0f} ms at most to write, {1000 * worst(waits):.0f} ms in the median "
                  f"of the ten longest" if store.wait_to_write else ""), flush=True)

    changed.clear()
    print(f"{store.name}: a sync of {USERS:,} users, {USERS:,} assignments and {USERS // 2:,} sign-ins, "
          f"{LATENCY:g} s a page, and its analysis:", flush=True)
    sync("api-connect-integration", {
        "platform": "microsoft_entra", "config": {
            "tenant_id": "11111111-1111-4111-8111-111111111111", "client_id": "22222222-2222-4222-8222-222222222222",
            "client_secret": "measured"}})
    counts = store.rows(
        "SELECT (SELECT count(*) FROM identities), (SELECT count(*) FROM entitlements), (SELECT count(*) FROM audit_events)")[0]
    print("    {:,} identities, {:,} entitlements, {:,} events".format(*counts))
    changed.update(range(3, USERS, 100))
    print(f"Another, of which {len(changed):,} users have changed:", flush=True)
    time.sleep(1.1)
    store.count_writes()
    sync("api-sync-integration", {"integrationId": store.rows("SELECT id FROM integrations")[0][0]})
    print("    rows written: " + ", ".join(f"{count:,} {table}" for table, count in sorted(store.writes().items())))
    events = store.rows(
        "SELECT change || ' ' || entity_type, count(*) FROM sync_events WHERE sync_run_id = (SELECT id FROM sync_runs"
        " ORDER BY started_at DESC LIMIT 1) GROUP BY 1")
    print("    changes: " + ", ".join(f"{count:,} {change}" for change, count in events), flush=True)


server = Server(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
for engine in [SQLite, PostgreSQL]:
    if engine.name not in ENGINES:
        continue
    store = engine()
    try:
        measure(store)
    finally:
        store.stop()

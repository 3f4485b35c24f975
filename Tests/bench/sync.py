"""What a sync of 50,000 users from an Entra ID on this machine takes: memory, and how much of its time is the
provider's; and what a second one writes when one user in a hundred has changed."""

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
built = os.path.join(top, os.environ.get("BENCH_BUILD", ".build/release"))
USERS = int(os.environ.get("BENCH_USERS", "50000"))
# Seconds that a page takes beyond the time that this machine needs for it: Graph's own take from a tenth to a whole one.
LATENCY = float(os.environ.get("BENCH_LATENCY", "0.1"))
APPS = 50
changed = set()
busy = 0.0
requests = 0
lock = threading.Lock()


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
                       "createdDateTime": "2024-01-02T03:04:05Z"}, USERS // APPS, 100)
    if name == "auditLogs/signIns":
        return page(signin, USERS // 2, 1000)
    if name.startswith("reports/"):
        return page(lambda n: {"id": f"u{n}", "isMfaRegistered": True}, USERS, 500)
    return {"value": []}


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Or else each answer waits 40 ms for the head's acknowledgement.
    disable_nagle_algorithm = True

    def respond(self):
        global busy, requests
        start = time.perf_counter()
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urlsplit(self.path)
        body = json.dumps(answer(url.path, parse_qs(url.query))).encode()
        time.sleep(LATENCY)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        with lock:
            busy += time.perf_counter() - start
            requests += 1

    do_GET = do_POST = respond

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()

path = os.path.join(work, "sync.db")
subprocess.run(
    [os.path.join(built, "local-runner"), "migrate", "--config", os.path.join(top, "wrangler-like.json"), "--database",
     "sqlite:" + path, "--persist-to", os.path.join(work, "state")], check=True, stdout=subprocess.DEVNULL)
workspace, member = str(uuid.uuid4()), str(uuid.uuid4())
database = sqlite3.connect(path)
database.executescript(f"""
    INSERT INTO workspaces (id, name, plan, created_at) VALUES ('{workspace}', 'Large', 'enterprise', '2026-01-01T00:00:00Z');
    INSERT INTO audit_heads (workspace_id, sequence_number, row_hash) VALUES ('{workspace}', -1, '{"0" * 64}');
    INSERT INTO members (workspace_id, user_id, email, role, created_at)
        VALUES ('{workspace}', '{member}', 'admin@large.example', 'admin', '2026-01-01T00:00:00Z');""")
variables = {
    "ENVIRONMENT": "development", "UPSTREAM_MICROSOFT_ENTRA": f"http://127.0.0.1:{server.server_port}",
    "CREDENTIALS_KEY": "k1:" + base64.b64encode(bytes(32)).decode()}


def one(query):
    return database.execute(query).fetchone()


def job():
    """Jobs that are due, as the cron trigger runs them; seconds and MiB."""
    event = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
    start = time.perf_counter()
    process = subprocess.Popen(
        [os.path.join(built, "scheduled-jobs")], stdout=subprocess.DEVNULL, stderr=sys.stderr, stdin=subprocess.DEVNULL,
        env={**variables, "DATABASE_URL": "sqlite:" + path, "FUNCTION_EVENT": json.dumps(event)})
    memory = 0
    while process.poll() is None:
        memory = max(memory, peak(process.pid))
        time.sleep(0.01)
    return time.perf_counter() - start, memory


def measured(function, fields):
    """A call, and the jobs that go on with what it began; seconds, MiB, and seconds of the provider's."""
    global busy, requests
    busy, requests = 0.0, 0
    seconds, memory = call(
        os.path.join(built, function), {"workspaceId": workspace, **fields}, member, "sqlite:" + path,
        os.path.join(work, "answer"), variables)
    while one("SELECT count(*) FROM jobs WHERE status IN ('queued', 'running')")[0]:
        more, most = job()
        seconds, memory = seconds + more, max(memory, most)
    status, error = one("SELECT status, error FROM sync_runs ORDER BY started_at DESC, rowid DESC")
    if status != "completed":
        raise SystemExit(f"the sync is {status}: {error}")
    print(f"    {seconds:.1f} s, of them {busy:.1f} s ({100 * busy / seconds:.0f} %) the provider's for {requests} "
          f"requests; at most {memory:.0f} MiB")


print(f"A sync of {USERS:,} users, {USERS:,} assignments and {USERS // 2:,} sign-ins, {LATENCY:g} s a page:")
measured("api-connect-integration", {
    "platform": "microsoft_entra", "config": {
        "tenant_id": "11111111-1111-4111-8111-111111111111", "client_id": "22222222-2222-4222-8222-222222222222",
        "client_secret": "measured"}})
counts = one("SELECT (SELECT count(*) FROM identities), (SELECT count(*) FROM entitlements), (SELECT count(*) FROM audit_events)")
print(f"    {counts[0]:,} identities, {counts[1]:,} entitlements, {counts[2]:,} events")
changed.update(range(3, USERS, 100))
print(f"Another, of which {len(changed)} users have changed:")
time.sleep(1.1)
measured("api-sync-integration", {"integrationId": one("SELECT id FROM integrations")[0]})
events = database.execute(
    "SELECT change || ' ' || entity_type, count(*) FROM sync_events WHERE sync_run_id = (SELECT id FROM sync_runs ORDER BY"
    " started_at DESC LIMIT 1) GROUP BY 1").fetchall()
written = one("SELECT (SELECT count(*) FROM accounts WHERE updated_at = (SELECT last_sync_at FROM integrations)),"
              " (SELECT count(*) FROM identities WHERE updated_at = (SELECT last_sync_at FROM integrations)),"
              " (SELECT count(*) FROM entitlements WHERE updated_at = (SELECT last_sync_at FROM integrations))")
print(f"    changes: {dict(events)}; rows written: {written[0]} accounts, {written[1]} identities, "
      f"{written[2]} entitlements")

"""How background syncs scale: fake providers in processes of their own, which take their time, workspaces of
mixed platforms and sizes, and workers. Prints provider requests a second, syncs a minute, how long jobs wait for a worker,
how fair that is, what a sync costs the database, and memory; on both engines, and for another build beside this one.

BENCH_WORKSPACES (40), BENCH_PROCESSES ("8,16,32": jobs at once, a run for each), BENCH_LATENCY (0.3 seconds a request),
BENCH_SECONDS (60 a run), BENCH_BEFORE (the folder of another built checkout; its scheduled-jobs is started again and again),
BENCH_ENGINES ("PostgreSQL,SQLite")."""

import asyncio
import base64
import json
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

from local import call

top, work = sys.argv[1:3]
WORKSPACES = int(os.environ.get("BENCH_WORKSPACES", "40"))
PROCESSES = [int(count) for count in os.environ.get("BENCH_PROCESSES", "8,16,32").split(",")]
LATENCY = float(os.environ.get("BENCH_LATENCY", "0.3"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
BEFORE = os.environ.get("BENCH_BEFORE")
ENGINES = os.environ.get("BENCH_ENGINES", "PostgreSQL,SQLite").split(",")
PROVIDERS = int(os.environ.get("BENCH_PROVIDERS", "2"))


# MARK: Providers

def okta(path, query, size):
    """A small org: so many users, four a page, each with a factor."""
    if path == "/oauth2/v1/token":
        return {"access_token": "t"}, None
    if path == "/api/v1/org":
        return {"id": "00o"}, None
    if path == "/api/v1/users" and "filter" not in query:
        start = int(query.get("after", ["0"])[0])
        users = [{"id": f"u{n}", "status": "ACTIVE", "profile": {"email": f"u{n}@example.com", "login": f"u{n}"}}
                 for n in range(start, min(start + 4, size))]
        link = f'<https://example.okta.com/api/v1/users?after={start + 4}>; rel="next"' if start + 4 < size else None
        return users, link
    if path.endswith("/factors"):
        return [{"status": "ACTIVE"}], None
    if path == "/api/v1/iam/assignees/users":
        return {"value": []}, None
    return [], None


def entra(path, query, size):
    name = path.removeprefix("/v1.0/")
    if path.endswith("/token"):
        return {"token_type": "Bearer", "expires_in": 3599, "access_token": "t"}, None
    if name == "organization":
        return {"value": [{"id": "o"}]}, None
    if name == "users":
        start = int(query.get("skip", ["0"])[0])
        body = {"value": [
            {"id": f"u{n}", "displayName": f"Person {n}", "mail": f"u{n}@example.com", "accountEnabled": True,
             "userPrincipalName": f"u{n}@example.com", "userType": "Member", "createdDateTime": "2024-01-02T03:04:05Z"}
            for n in range(start, min(start + 4, size))]}
        if start + 4 < size:
            body["@odata.nextLink"] = f"https://graph.microsoft.com{path}?skip={start + 4}"
        return body, None
    return {"value": []}, None


class Provider:
    """One process that plays both platforms for all workspaces. POST /control sets the latency and begins to count anew."""

    def __init__(self, latency):
        self.latency, self.count, self.since = latency, 0, time.time()
        self.recent = []

    async def serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = head.split("\r\n")
                method, target, _ = lines[0].split(" ")
                fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                url = urlsplit(target)
                link, status = None, 200
                if url.path == "/control":
                    answer = {"count": self.count, "seconds": time.time() - self.since}
                    if method == "POST":
                        self.__init__(json.loads(body)["latency"])
                else:
                    self.count += 1
                    if self.latency:
                        await asyncio.sleep(self.latency)
                    play = entra if url.path.startswith("/v1.0/") or "oauth2/v2.0" in url.path else okta
                    answer, link = play(url.path, parse_qs(url.query), self.size(fields))
                data = json.dumps(answer).encode()
                response = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n"
                if link:
                    response += f"Link: {link}\r\n"
                writer.write(response.encode() + b"\r\n" + data)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    @staticmethod
    def size(fields):
        """Small orgs, and one in eight ten times as large."""
        token = fields.get("authorization", "")
        digits = "".join(character for character in token if character.isdigit())
        return 300 if digits and int(digits) % 8 == 0 else 38

    @staticmethod
    def run(pipe):
        async def main():
            provider = Provider(0)
            server = await asyncio.start_server(provider.serve, "127.0.0.1", 0, backlog=1024)
            pipe.send(server.sockets[0].getsockname()[1])
            await server.serve_forever()
        asyncio.run(main())


class Providers:
    def __init__(self):
        self.ports, self.processes = [], []
        for _ in range(PROVIDERS):
            ours, theirs = multiprocessing.Pipe()
            process = multiprocessing.Process(target=Provider.run, args=(theirs,), daemon=True)
            process.start()
            self.processes.append(process)
            self.ports.append(ours.recv())

    def begin(self, latency):
        for port in self.ports:
            data = json.dumps({"latency": latency}).encode()
            urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/control", data)).read()

    def count(self):
        return sum(json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/control"))["count"] for port in self.ports)


# MARK: Stores

class SQLite:
    name, build = "SQLite", ".build/release"

    def __init__(self):
        self.path = os.path.join(tempfile.mkdtemp(dir=work), "fleet.db")
        self.url = "sqlite:" + self.path

    def rows(self, query):
        database = sqlite3.connect(self.path, isolation_level=None, timeout=60)
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()

    def script(self, text):
        database = sqlite3.connect(self.path, isolation_level=None, timeout=60)
        database.executescript(text)
        database.close()

    def busy_seconds(self):
        return 0.0

    def stop(self):
        pass


class PostgreSQL:
    name, build = "PostgreSQL", ".build-postgresql/release"

    def __init__(self):
        self.server = tempfile.mkdtemp(dir=work)
        os.chmod(work, 0o755)
        os.chmod(self.server, 0o755)
        self.control = os.path.join(top, "Tests/postgresql")
        self.url = subprocess.run(
            [self.control, "start", os.path.join(self.server, "server")], capture_output=True, text=True,
            check=True).stdout.strip()

    def script(self, text):
        subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", self.url],
                       input="SET search_path = thalian; SET timezone = 'UTC';" + text, text=True, check=True)

    def rows(self, query):
        output = subprocess.run(
            ["psql", "-qXAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", self.url], input="SET search_path = thalian;" + query,
            text=True, check=True, capture_output=True).stdout
        return [line.split("\t") for line in output.splitlines()]

    def busy_seconds(self):
        """Seconds that sessions have spent on statements."""
        return float(self.rows("SELECT active_time / 1000 FROM pg_stat_database WHERE datname = current_database()")[0][0])

    def stop(self):
        subprocess.run([self.control, "stop", os.path.join(self.server, "server")], check=False, stdout=subprocess.DEVNULL)


# MARK: Measuring

def memory(roots):
    """The memory of processes and all that they have forked, shared pages counted once, in MiB; and their number."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                parents.setdefault(int(file.read().rsplit(")", 1)[1].split()[1]), []).append(int(name))
        except OSError:
            pass
    total, found, rest = 0, 0, list(roots)
    while rest:
        process = rest.pop()
        rest += parents.get(process, [])
        try:
            with open(f"/proc/{process}/smaps_rollup") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
            found += 1
        except (OSError, StopIteration):
            pass
    return total / 1024, found


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


class Fleet:
    """Workspaces in a store of a build, each with one or two platforms, connected and synced once without latency."""

    def __init__(self, tree, store, providers):
        self.tree, self.store, self.providers = tree, store, providers
        self.built = os.path.join(tree, store.build)
        subprocess.run(
            [os.path.join(self.built, "local-runner"), "migrate", "--config", os.path.join(tree, "wrangler-like.json"),
             "--database", store.url, "--persist-to", os.path.join(work, "state")], check=True, stdout=subprocess.DEVNULL)
        self.workspaces = []
        script = ""
        for number in range(WORKSPACES):
            workspace, member = str(uuid.uuid4()), str(uuid.uuid4())
            self.workspaces.append((number, workspace, member))
            script += f"""
                INSERT INTO workspaces (id, name, plan, created_at)
                    VALUES ('{workspace}', 'W{number}', 'enterprise', '2026-01-01T00:00:00Z');
                INSERT INTO audit_heads (workspace_id, sequence_number, row_hash) VALUES ('{workspace}', -1, '{"0" * 64}');
                INSERT INTO members (workspace_id, user_id, email, role, created_at)
                    VALUES ('{workspace}', '{member}', 'admin@example.com', 'admin', '2026-01-01T00:00:00Z');"""
        store.script(script)
        self.variables = {
            "ENVIRONMENT": "development", "CREDENTIALS_KEY": "k1:" + base64.b64encode(bytes(32)).decode(),
            "UPSTREAM_OKTA": f"http://127.0.0.1:{providers.ports[0]}",
            "UPSTREAM_MICROSOFT_ENTRA": f"http://127.0.0.1:{providers.ports[-1]}"}
        providers.begin(0)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self.connect, self.workspaces))

    def connect(self, entry):
        number, workspace, member = entry
        platforms = [("okta", {"domain": "example.okta.com", "api_token": f"00token{number}"})]
        if number % 4 == 1:
            platforms.append(("microsoft_entra", {
                "tenant_id": "11111111-1111-4111-8111-111111111111", "client_id": "22222222-2222-4222-8222-222222222222",
                "client_secret": f"s{number}"}))
        for platform, config in platforms:
            call(os.path.join(self.built, "api-connect-integration"),
                 {"workspaceId": workspace, "platform": platform, "config": config}, member, self.store.url,
                 os.path.join(work, f"answer-{number}"), self.variables)

    def queue(self):
        """All are due at once, now."""
        past = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))
        self.store.script(f"""
            DELETE FROM jobs; UPDATE analysis_runs SET started_at = '2026-01-01T00:00:00Z';
            UPDATE integrations SET next_auto_sync_at = '{past}';""")
        self.start("scheduled-sync").wait()

    def start(self, function, more={}):
        event = {"source": "aws.events", "detail-type": "Scheduled Event",
                 "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "detail": {}}
        return subprocess.Popen(
            [os.path.join(self.built, function)], stdout=subprocess.DEVNULL, stderr=open(os.path.join(work, "worker.log"), "a"),
            stdin=subprocess.DEVNULL,
            env={**self.variables, "DATABASE_URL": self.store.url, "FUNCTION_EVENT": json.dumps(event), **more})

    def run(self, processes, is_before):
        """Syncs for so many seconds, each integration again as soon as all have had their turn."""
        self.queue()
        runs = int(self.store.rows("SELECT count(*) FROM sync_runs WHERE status = 'completed'")[0][0])
        self.providers.begin(LATENCY)
        busy, begin = self.store.busy_seconds(), time.time()
        first = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin))
        more = {} if is_before else {"JOB_PROCESSES": str(processes), "JOB_WORKER_SECONDS": "3600"}
        workers = [self.start("scheduled-jobs", more) for _ in range(processes if is_before else 1)]
        most, forks = 0.0, 0
        while time.time() - begin < SECONDS:
            time.sleep(0.5)
            for index, worker in enumerate(workers):
                if worker.poll() is not None:
                    workers[index] = self.start("scheduled-jobs", more)
            used, count = memory([worker.pid for worker in workers])
            most, forks = max(most, used), max(forks, count)
            left = int(self.store.rows("SELECT count(*) FROM jobs WHERE kind = 'sync'" if not is_before else
                       "SELECT count(*) FROM jobs WHERE kind = 'sync' AND status IN ('queued', 'running')")[0][0])
            if left < processes:
                self.queue_again()
        seconds = time.time() - begin
        requests = self.providers.count()
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            worker.wait()
        busy = self.store.busy_seconds() - busy
        done = int(self.store.rows("SELECT count(*) FROM sync_runs WHERE status = 'completed'")[0][0]) - runs
        starts = self.store.rows(
            f"SELECT workspace_id, started_at FROM sync_runs WHERE started_at >= '{first}' ORDER BY started_at")
        shares = {}
        for workspace, _ in starts:
            shares[workspace] = shares.get(workspace, 0) + 1
        counts = [shares.get(workspace, 0) for _, workspace, _ in self.workspaces]
        jain = sum(counts) ** 2 / (len(counts) * sum(count * count for count in counts)) if any(counts) else 0
        print(f"    {processes:3} at once: {requests / seconds:7.1f} requests/s, {done * 60 / seconds:6.1f} syncs/min, "
              f"fairness {jain:.2f} (1 is even), database {1000 * busy / max(1, done):.0f} ms a sync, "
              f"{most:.0f} MiB in {forks} processes", flush=True)
        return requests / seconds

    def queue_again(self):
        past = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))
        self.store.script(f"UPDATE integrations SET next_auto_sync_at = '{past}';")
        self.start("scheduled-sync").wait()

    def delays(self, processes):
        """How long a job waits for a worker that has hands free: one is queued at a time, and the provider tells when it begins."""
        # A sync that goes on with what was pulled before would ask for nothing.
        self.store.script("DELETE FROM jobs; UPDATE sync_runs SET status = 'failed' WHERE status = 'in_progress';")
        self.providers.begin(0)
        worker = self.start("scheduled-jobs", {"JOB_PROCESSES": str(processes), "JOB_WORKER_SECONDS": "3600"})
        waits = []
        for round in range(60):
            _, workspace, _ = self.workspaces[round % WORKSPACES]
            while int(self.store.rows("SELECT count(*) FROM jobs WHERE kind = 'sync'")[0][0]):
                time.sleep(0.05)
            # Long enough for the worker to look less often.
            time.sleep(1.5 if round % 2 else 0.1)
            before = self.providers.count()
            identifier = self.store.rows(f"SELECT id FROM integrations WHERE workspace_id = '{workspace}' LIMIT 1")[0][0]
            start = time.time()
            self.store.script(f"UPDATE integrations SET next_auto_sync_at = '2026-01-01T00:00:00Z' WHERE id = '{identifier}';")
            self.start("scheduled-sync").wait()
            while self.providers.count() == before and time.time() - start < 30:
                time.sleep(0.005)
            waits.append(time.time() - start)
        worker.send_signal(signal.SIGTERM)
        worker.wait()
        print(f"    a job begins after {percentile(waits, 0.5):.2f} s (p50), {percentile(waits, 0.99):.2f} s (p99)", flush=True)


providers = Providers()
for engine in ENGINES:
    trees = [("this build", top)] + ([("the build before", BEFORE)] if BEFORE else [])
    results = {}
    for label, tree in trees:
        store = PostgreSQL() if engine == "PostgreSQL" else SQLite()
        try:
            print(f"{engine}, {label}: {WORKSPACES} workspaces, {LATENCY:g} s a request", flush=True)
            fleet = Fleet(tree, store, providers)
            is_before = tree != top
            for processes in PROCESSES:
                results[label, processes] = fleet.run(processes, is_before)
            if not is_before:
                fleet.delays(8)
        finally:
            store.stop()
    first, last = PROCESSES[0], PROCESSES[-1]
    grown = results["this build", last] / results["this build", first] / (last / first)
    print(f"    from {first} to {last} at once: {grown:.2f} of linear growth", flush=True)
    if BEFORE:
        best = max(value for (label, _), value in results.items() if label != "this build")
        print(f"    {max(results['this build', count] for count in PROCESSES) / best:.1f} times the build before", flush=True)

"""Measures how background syncs scale, with slow fake providers in their own processes, workspaces of different
platforms and sizes, and workers. Prints provider requests per second, syncs per minute, the waiting times of jobs,
their fairness, the database time of a sync, and memory, on both engines and for another build as well.

BENCH_WORKSPACES (40), BENCH_PROCESSES ("8,16,32": jobs at once, a run for each), BENCH_LATENCY (0.3 seconds a request),
BENCH_RATE (requests a second that each org allows; unlimited by default), BENCH_SECONDS (60 a run), BENCH_BEFORE (the
folder of another built checkout; its scheduled-jobs is restarted again and again), BENCH_ENGINES
("PostgreSQL,SQLite")."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from local import call, memory, percentile, processor_seconds
from providers import Provider, Providers
from stores import PostgreSQL, SQLite

top, work = sys.argv[1:3]
WORKSPACES = int(os.environ.get("BENCH_WORKSPACES", "40"))
PROCESSES = [int(count) for count in os.environ.get("BENCH_PROCESSES", "8,16,32").split(",")]
LATENCY = float(os.environ.get("BENCH_LATENCY", "0.3"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
RATE = float(os.environ.get("BENCH_RATE", "0"))
BEFORE = os.environ.get("BENCH_BEFORE")
ENGINES = os.environ.get("BENCH_ENGINES", "PostgreSQL,SQLite").split(",")
PROVIDERS = int(os.environ.get("BENCH_PROVIDERS", "2"))


class Fleet:
    """The workspaces in a store of one build, each with one or two platforms, connected and synced once without
    latency."""

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
        """Makes all syncs due now."""
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
        """Runs syncs for the given time. All integrations are queued again once each had its turn."""
        self.queue()
        runs = int(self.store.rows("SELECT count(*) FROM sync_runs WHERE status = 'completed'")[0][0])
        self.providers.begin(LATENCY)
        busy, begin = self.store.busy_seconds(), time.time()
        first = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin))
        more = {} if is_before else {"JOB_PROCESSES": str(processes), "JOB_WORKER_SECONDS": "3600"}
        spent = self.spent([])
        workers = [self.start("scheduled-jobs", more) for _ in range(processes if is_before else 1)]
        most, forks, round = 0.0, 0, 0
        while time.time() - begin < SECONDS:
            time.sleep(0.5)
            for index, worker in enumerate(workers):
                if worker.poll() is not None:
                    workers[index] = self.start("scheduled-jobs", more)
            round += 1
            # Measuring the memory uses processor time too.
            if round % 5 == 0:
                size, count = memory([worker.pid for worker in workers])
                most, forks = max(most, size), max(forks, count)
            left = int(self.store.rows("SELECT count(*) FROM jobs WHERE kind = 'sync'" if not is_before else
                       "SELECT count(*) FROM jobs WHERE kind = 'sync' AND status IN ('queued', 'running')")[0][0])
            if left < processes:
                self.queue_again()
        seconds = time.time() - begin
        requests = self.providers.count()
        spent = [after - before for after, before in zip(self.spent(workers), spent)]
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
              f"fairness {jain:.2f} (1 is even), "
              + (f"database {1000 * busy / max(1, done):.0f} ms a sync, " if busy else "")
              + f"{most:.0f} MiB in {forks} processes"
              + (f", {self.providers.refused() / seconds:.1f}/s over the rate limit" if RATE else ""), flush=True)
        if not is_before:
            print("        processor: " + ", ".join(
                f"{name} {share:.1f} s" for name, share in zip(("providers", "jobs", "database", "this program"), spent))
                + f" of {os.cpu_count() * seconds:.0f} s; {1000 * sum(spent[1:3]) / max(1, requests):.1f} ms of jobs and "
                f"database a request, {1000 * spent[0] / max(1, requests):.2f} ms of the provider", flush=True)
        return requests / seconds

    def spent(self, workers):
        """Returns the processor seconds that providers, jobs, the database server and this program have used."""
        own = os.times()
        jobs = processor_seconds([worker.pid for worker in workers])
        return [processor_seconds([process.pid for process in self.providers.processes]), jobs,
                processor_seconds(self.store.processes()), own.user + own.system + own.children_user + own.children_system]

    def queue_again(self):
        past = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))
        self.store.script(f"UPDATE integrations SET next_auto_sync_at = '{past}';")
        self.start("scheduled-sync").wait()

    def delays(self, processes):
        """Measures how long a job waits for an idle worker: queues one job at a time, and the provider reports when it
        begins."""
        # A sync that continues an earlier one would send no requests.
        self.store.script("DELETE FROM jobs; UPDATE sync_runs SET status = 'failed' WHERE status = 'in_progress';")
        self.providers.begin(0)
        worker = self.start("scheduled-jobs", {"JOB_PROCESSES": str(processes), "JOB_WORKER_SECONDS": "3600"})
        waits = []
        for round in range(60):
            _, workspace, _ = self.workspaces[round % WORKSPACES]
            while int(self.store.rows("SELECT count(*) FROM jobs WHERE kind = 'sync'")[0][0]):
                time.sleep(0.05)
            # Waits until the worker looks less often.
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


Provider.rate = RATE
providers = Providers(PROVIDERS)
for engine in ENGINES:
    trees = [("this build", top)] + ([("the build before", BEFORE)] if BEFORE else [])
    results = {}
    for label, tree in trees:
        store = PostgreSQL(top, work) if engine == "PostgreSQL" else SQLite(work)
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

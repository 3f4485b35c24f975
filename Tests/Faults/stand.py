"""A runner, a worker, a database and fake providers, with workspaces and clients for a mixed load."""

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid

import processes
from clients import ISSUER, OKTA, Client, Ledger, Pool, Workspace, secrets
from org import Org
from proxy import Proxy

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../bench"))
from local import Runner, session_token  # noqa: E402
from providers import Providers  # noqa: E402
from stores import PostgreSQL, SQLite  # noqa: E402

top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def binaries(engine):
    """Returns the folder of the release executables: THALIAN_BINARIES, or that of this checkout, which is built if
    necessary."""
    if folder := os.environ.get("THALIAN_BINARIES"):
        return os.path.realpath(folder)
    is_sqlite = engine == "sqlite"
    subprocess.run([os.path.join(top, "local-runner/dev"), "--build-only", *([] if is_sqlite else ["--postgresql"])],
                   check=True)
    return os.path.realpath(os.path.join(top, (SQLite if is_sqlite else PostgreSQL).build))


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def free_port():
    """Returns a port below the range that the kernel uses for outgoing connections, so that it stays free while a
    server is down."""
    ports = list(range(20_000, 32_768))
    random.shuffle(ports)
    return next(filter(is_free, ports))


class Stand:
    """The complete environment, in a folder of its own. With `has_proxies` there is a proxy in front of the providers
    and, on PostgreSQL, in front of the database."""

    def __init__(self, work, engine, dispatch, has_proxies=True):
        self.work, self.engine, self.dispatch = work, engine, dispatch
        self.folder = binaries(engine)
        self.disk, self.temporary = os.path.join(work, "disk"), os.path.join(work, "tmp")
        os.makedirs(self.disk, exist_ok=True)
        os.mkdir(self.temporary)
        # Functions are started with it too.
        os.environ["TMPDIR"] = tempfile.tempdir = self.temporary
        self.store = SQLite(self.disk) if engine == "sqlite" else PostgreSQL(top, self.disk)
        self.providers = Providers(1, Org)
        provider, url = self.providers.ports[0], self.store.url
        self.upstream = self.database = None
        if has_proxies:
            self.upstream = Proxy(provider)
            provider = self.upstream.port
            if engine == "postgresql":
                port = url.rpartition(":")[2].partition("/")[0]
                self.database = Proxy(int(port))
                url = url.replace(":" + port, f":{self.database.port}")
        self.upstream_url, self.url = f"http://127.0.0.1:{provider}", url
        self.port, self.runner, self.worker, self.started = free_port(), None, None, {}
        self.ledger, self.stop, self.clients = Ledger(), threading.Event(), []
        self.pools = {"findings": Pool(), "accounts": Pool()}
        self.workspaces = [Workspace(use, number) for use in ("decisions", "syncs", "actions") for number in (1, 2)]
        with open(os.path.join(work, ".dev.vars"), "w") as file:
            file.write(secrets())

    # MARK: Servers

    def configure(self, configuration):
        configuration["vars"].update(UPSTREAM_OKTA=self.upstream_url, UPSTREAM_ANTHROPIC=self.upstream_url)
        for function in configuration["functions"]:
            function["dispatch"] = self.dispatch

    @property
    def program(self):
        return os.path.join(self.folder, "local-runner")

    def start_runner(self):
        """Starts `local-runner dev` and waits until it serves. Tries again if it can't start, as a service manager
        would: the database may be down, or the disk full."""
        deadline = time.monotonic() + 30
        while True:
            self.runner = Runner(
                top, self.work, self.configure, program=self.program, port=self.port,
                arguments=["--database", self.url, "--processes", "2", "--format", "json"])
            self.started["runner"] = time.monotonic()
            try:
                self.runner.__enter__()
                return
            except SystemExit as end:
                if time.monotonic() > deadline:
                    raise SystemExit("the runner does not start: " + str(end)[-1000:]) from None
                self.runner.process.wait()
                self.keep_database()
                time.sleep(0.1)

    def start_worker(self):
        """Starts `local-runner work` in addition."""
        self.started["worker"] = time.monotonic()
        with open(os.path.join(self.work, "worker.log"), "a") as log:
            self.worker = subprocess.Popen(
                [self.program, "work", "--processes", "2", "--config", os.path.join(self.work, "wrangler-like.json"),
                 "--persist-to", os.path.join(self.work, "worker"), "--database", self.url],
                stdout=log, stderr=log)

    def keep_database(self):
        """Restarts PostgreSQL, which ends if it can't write its log or its recovery was killed."""
        if self.engine == "postgresql" and not any(
                process.name == "postgres" and process.state != "Z" for process in self.processes().values()):
            self.store.control("start")

    def keep_servers(self):
        """Restarts servers that have ended by themselves, and reports those that had been running."""
        self.keep_database()
        for name, server, start in [
                ("runner", self.runner.process, self.start_runner), ("worker", self.worker, self.start_worker)]:
            if server.poll() is not None:
                seconds = time.monotonic() - self.started[name]
                if seconds > 5:
                    self.ledger.surprises.append(
                        f"The {name} ended by itself after {seconds:.0f} s, with status {server.returncode}.")
                start()

    def prepare(self):
        """Starts the servers, creates the workspaces and connects those that need it."""
        self.start_runner()
        blob = (lambda digits: f"X'{digits}'") if self.engine == "sqlite" else (lambda digits: f"'\\x{digits}'")
        self.store.script("".join(workspace.sql(blob) for workspace in self.workspaces))
        for workspace in self.workspaces:
            if workspace.use != "decisions":
                status, answer = self.post("/api/connect-integration", workspace.admin, {
                    "workspaceId": workspace.id, "platform": "okta", "config": OKTA})
                if status != 200:
                    raise SystemExit(f"an integration can't be connected: {status} {answer}")
                workspace.integration = answer["integrationId"]
                self.ledger.write("connect", workspace.id, "first", 200, answer)
        # Uses ids that no sync deletes.
        self.wait_until("the first syncs have ended", lambda: self.number(
            "SELECT count(*) FROM sync_runs WHERE status = 'completed'") >= 4)
        self.store.script("UPDATE integrations SET next_auto_sync_at = NULL WHERE workspace_id IN ({});".format(
            ", ".join(f"'{workspace.id}'" for workspace in self.workspaces if workspace.use == "actions")))
        self.start_worker()
        self.fill_pools()

    def fill_pools(self, least=200, more=600):
        """Adds findings to decide about and accounts to act on, if few are left."""
        script = ""
        made = {"findings": [], "accounts": []}
        for workspace in self.workspaces:
            for _ in range(more // 2):
                identifier = str(uuid.uuid4())
                if workspace.use == "decisions" and len(self.pools["findings"]) < least:
                    script += workspace.finding_sql(identifier)
                    made["findings"].append((workspace, identifier))
                elif workspace.use == "actions" and len(self.pools["accounts"]) < least:
                    script += workspace.account_sql("x" + identifier)
                    made["accounts"].append((workspace, "x" + identifier))
        if script:
            self.store.script("BEGIN;" + script + "COMMIT;")
        for name, things in made.items():
            self.pools[name].add(things)

    def start_clients(self, numbers, seed, faults):
        self.clients = [
            Client(number, self.port, self.workspaces, self.pools, self.ledger, seed, self.stop, faults)
            for number in numbers]
        for client in self.clients:
            client.start()

    def stop_clients(self):
        self.stop.set()
        for client in self.clients:
            client.join(340)
            if client.is_alive():
                self.ledger.surprises.append("A client still waits for an answer.")

    # MARK: Asking

    def post(self, path, member, body):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": "Bearer " + session_token(member, ISSUER)})
        try:
            with urllib.request.urlopen(request, timeout=320) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
        except OSError as error:
            return None, repr(error)

    def export_audit_log(self, workspace, path):
        """Writes the signed export of a workspace's audit log to a file. Returns the status and the answer."""
        status, answer = self.post("/api/export-audit-log", workspace.admin, {"workspaceId": workspace.id})
        if status == 200:
            with open(path, "w") as file:
                json.dump(answer, file)
        return status, answer

    def verify(self, path):
        """Returns the reason why an export of an audit log is not valid; an empty text if it is."""
        done = subprocess.run([self.program, "audit-verify", path], capture_output=True, text=True, check=False)
        return (done.stderr.strip() or f"audit-verify ended with {done.returncode}") if done.returncode else ""

    def texts(self, query):
        """Returns rows of texts, with an empty text for null, on both engines."""
        return [["" if value is None else str(value) for value in row] for row in self.store.rows(query)]

    def number(self, query):
        return int(self.texts(query)[0][0])

    def is_port_free(self):
        return is_free(self.port)

    def is_healthy(self):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/health", timeout=35).read()
            return True
        except OSError:
            return False

    def wait_until(self, what, condition, seconds=60):
        """Waits until a condition holds. Returns False and records a surprise if it never does."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return True
            time.sleep(0.05)
        self.ledger.surprises.append(f"{seconds} s have passed, and not until then: {what}.")
        return False

    def drain(self, left, seconds=60):
        """Waits until nothing is left, as long as the rest gets smaller."""
        least, since = None, time.monotonic()
        while count := left():
            if least is None or count < least:
                least, since = count, time.monotonic()
            if time.monotonic() - since > seconds:
                self.ledger.surprises.append(f"For {seconds} s {least} jobs are left in the queue, and none is done.")
                return
            time.sleep(0.1)

    def processes(self):
        return processes.table(self.folder)

    def roots(self):
        """Returns the processes of the product that this program has started."""
        return [server.pid for server in (self.runner and self.runner.process, self.worker) if server]

    # MARK: The end

    def keep_logs(self, folder):
        """Copies the logs to a folder, if one is given."""
        if folder:
            os.makedirs(folder, exist_ok=True)
            for name in ("runner.log", "worker.log"):
                shutil.copy(os.path.join(self.work, name), folder)

    def end(self, server):
        """Ends a server by SIGTERM, and waits for it."""
        server.terminate()
        try:
            return server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
            return None

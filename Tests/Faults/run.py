"""The main program of Tests/faults. It has its own PID namespace and mounts, so all processes that it sees are its own,
and none survives it."""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time

import checks
import processes
import selftest
from injector import Injector
from stand import Stand

#: The results that any request may get while processes are killed and databases fail: no complete response, an error of
#: the runner, or the error of a function whose database does not answer.
FAULTS = (None, 502, 503, 504)


def say(text):
    print(text, flush=True)


class Run:
    def __init__(self, work, options):
        self.options = options
        self.stand = Stand(work, options.engine, options.dispatch)
        self.injector = Injector(self.stand, options.seed)
        self.found = []

    def work(self):
        stand, options = self.stand, self.options
        stand.prepare()
        stand.start_clients(range(options.clients), options.seed, FAULTS)
        begin, pause = time.monotonic(), random.Random(options.seed)
        while sum(self.injector.kills.values()) < options.kills:
            self.injector.kill()
            if pause.random() < 0.12:
                self.injector.disturb()
            stand.keep_servers()
            self.injector.on_database(stand.fill_pools)
            if sum(self.injector.kills.values()) % 500 == 0:
                say(f"    {sum(self.injector.kills.values())} kills after {time.monotonic() - begin:.0f} s …")
            # Lets some requests finish between the faults.
            time.sleep(pause.uniform(0, 2 * options.pause))
        if not options.kills:
            time.sleep(2)
        stand.wait_until("the API is in service again", stand.is_healthy, 30)
        self.seconds = time.monotonic() - begin
        stand.stop_clients()
        self.settle()
        self.check()
        self.tell()

    def settle(self):
        """Stops the servers properly, starts them again, and lets them finish all remaining work."""
        stand = self.stand
        self.injector.revive_database()
        self.idle()
        self.stop_servers()
        self.injector.release_claims()
        stand.store.script("UPDATE workspaces SET next_housekeeping_at = '2026-01-01T00:00:00Z';")
        stand.start_runner()
        stand.start_worker()
        stand.drain(lambda: stand.number(f"""
            SELECT (SELECT count(*) FROM jobs WHERE state <> 'waiting' OR run_after < '{self.injector.time(0)}'
                    OR kind = 'remediation')
                + (SELECT count(*) FROM workspaces WHERE next_housekeeping_at < '2026-06-01T00:00:00Z')"""))

    def idle(self):
        """Checks that the runner frees the resources of clients, and that nothing of killed processes is left."""
        stand = self.stand
        seen = {}

        def is_clean():
            table = stand.processes()
            now = time.monotonic()
            lost = list(checks.left_processes(table, stand.roots()))
            seen.update({line: seen.get(line, now) for line in lost})
            return not lost

        if not stand.wait_until("processes of killed servers have ended", is_clean, 15):
            self.found += list(checks.left_processes(stand.processes(), stand.roots()))
        runner = stand.runner.process.pid
        children = len(processes.descendants(stand.processes(), runner))
        self.found += checks.left_descriptors(runner, children)

    def stop_servers(self):
        stand = self.stand
        for name, server in [("worker", stand.worker), ("runner", stand.runner.process)]:
            if (status := stand.end(server)) != 0:
                self.found.append(f"The {name} ended with status {status} when it was asked to end.")
        stand.wait_until("all processes of stopped servers have ended", self.injector.is_empty, 10)

    def check(self):
        stand = self.stand
        facts = checks.Facts(
            stand.texts, stand.ledger, stand.workspaces, stand.providers.reports()[0]["asked"])
        self.found += checks.all_of(facts, self.injector.time(-60))
        self.found += self.engine()
        self.found += self.chains()
        for workspace in (workspace for workspace in stand.workspaces if workspace.use == "syncs"):
            stand.store.script(
                "UPDATE analysis_runs SET started_at = '2026-01-01T00:00:00Z' WHERE status <> 'running';")
            status, answer = stand.post("/api/analyze", workspace.admin, {"workspaceId": workspace.id})
            if status not in (200, 409):
                self.found.append(f"An analysis after all of it got {status}: {answer}")
        self.found += checks.requests(stand.ledger)
        self.stop_servers()
        self.found += checks.left_processes(stand.processes())
        self.found += checks.left_files([stand.temporary, "/dev/shm"])

    def engine(self):
        """Runs the engine's own check of its data."""
        if self.options.engine == "sqlite":
            for (line,) in self.stand.texts("PRAGMA integrity_check"):
                if line != "ok":
                    yield f"SQLite finds: {line}"
            for row in self.stand.texts("PRAGMA foreign_key_check"):
                yield f"A row of {row[0]} refers to one of {row[2]} that is not there."
        else:
            for process, query in self.stand.texts("""
                    SELECT pid, query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'
                    AND state_change < now() - interval '5 seconds'"""):
                yield f"Session {process} is in a transaction, and does nothing: {query}"

    def chains(self):
        """Exports each workspace's audit log and verifies the export."""
        for workspace in self.stand.workspaces:
            path = os.path.join(self.stand.work, workspace.name)
            status, answer = self.stand.export_audit_log(workspace, path)
            if status != 200:
                yield f"The audit log of {workspace.name} can't be exported: {status} {answer}"
                continue
            if fault := self.stand.verify(path):
                yield f"The audit log of {workspace.name} does not hold: {fault}"

    def tell(self):
        ledger = self.stand.ledger
        kills = ", ".join(f"{count} {kind}" for kind, count in self.injector.kills.most_common())
        others = ", ".join(f"{count} {kind}" for kind, count in self.injector.others.most_common())
        statuses = ", ".join(f"{count} × {status or 'none'}" for status, count in ledger.statuses.most_common())
        say(f"    {sum(self.injector.kills.values())} kills in {self.seconds:.0f} s: {kills}")
        say(f"    other faults: {others or 'none'}")
        seconds, name = ledger.slowest()
        say(f"    answers: {statuses}; the slowest took {seconds:.1f} s ({name})")
        say(f"    {ledger.acknowledged()} writes were acknowledged, {len(ledger.writes)} asked for")


def main():
    parser = argparse.ArgumentParser(prog="Tests/faults")
    parser.add_argument("--dispatch", choices=["isolated", "reuse", "spawn"], default="isolated")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--kills", type=int, default=int(os.environ.get("THALIAN_FAULTS", "60")))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--clients", type=int, default=6, help="clients at the same time")
    parser.add_argument("--pause", type=float, default=0.05, help="seconds between two kills, on average")
    parser.add_argument("--keep", metavar="FOLDER", help="the folder for the logs if something was found")
    parser.add_argument("--self-test", action="store_true", help="show that each check detects its kind of damage")
    options = parser.parse_args(sys.argv[2:])
    work = sys.argv[1]
    for folder, size in [("/dev/shm", "50%"), (work, "50%"), (os.path.join(work, "disk"), "384m")]:
        os.makedirs(folder, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=1777", "none", folder], check=True)
    os.chmod(work, 0o755)
    tempfile.tempdir = work
    if options.self_test:
        return selftest.run(work, options)
    say(f"Faults on {options.engine}, {options.dispatch}, seed {options.seed}:")
    run = Run(work, options)
    try:
        run.work()
    finally:
        run.stand.keep_logs(options.keep)
    for line in run.found[:200]:
        say(f"    ✘ {line}")
    if run.found:
        say(f"    {len(run.found)} violations. Again: Tests/faults --engine {options.engine} "
            f"--dispatch {options.dispatch} --kills {options.kills} --seed {options.seed}")
        return 1
    say("    nothing was lost, doubled, left behind or late")
    return 0


if __name__ == "__main__":
    sys.exit(main())

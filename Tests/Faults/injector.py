"""Causes faults, one at a time, and repairs what does not repair itself."""

import os
import random
import signal
import subprocess
import time
from collections import Counter

import processes
from proxy import Proxy


class Injector:
    #: The share of each kind of process among all kills.
    KILLS = {"function": 45, "template": 14, "worker": 8, "job": 10, "postgres": 12, "worker server": 4, "runner": 4,
             "database server": 2, "all servers": 1}

    def __init__(self, stand, seed):
        self.stand, self.random = stand, random.Random(seed)
        self.kills, self.others = Counter(), Counter()
        self.filler = os.path.join(stand.disk, "filler")

    def kill(self):
        """Kills a process of a random kind."""
        while True:
            kind = self.random.choices(list(self.KILLS), self.KILLS.values())[0]
            if getattr(self, "kill_" + kind.replace(" ", "_"), lambda: self.kill_process(kind))():
                self.kills[kind] += 1
                return

    def kill_process(self, kind):
        table = self.stand.processes()
        found = [process.id for process in table.values()
                 if processes.kind(process, table, self.stand.dispatch) == kind]
        if not found:
            return False
        try:
            os.kill(self.random.choice(found), signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def kill_runner(self):
        self.killed(self.stand.runner.process)
        # A process that was being started may keep the socket for a moment.
        self.stand.wait_until("a runner that was killed has left its port", self.stand.is_port_free, 5)
        self.stand.start_runner()
        return True

    def kill_worker_server(self):
        self.killed(self.stand.worker)
        self.stand.start_worker()
        return True

    def kill_all_servers(self):
        """Kills both servers at once. Their claims expire soon afterwards; here they expire at once."""
        self.killed(self.stand.worker)
        self.killed(self.stand.runner.process)
        self.stand.wait_until("no process is left of servers that were killed", self.is_empty)
        # Requests that they have sent may or may not arrive at the provider.
        time.sleep(0.3)
        self.stand.start_runner()
        self.release_claims()
        self.stand.start_worker()
        return True

    def is_empty(self):
        return not any(process.name != "postgres" for process in self.stand.processes().values())

    def kill_database_server(self):
        if self.stand.engine != "postgresql":
            return False
        try:
            self.stand.store.control("kill")
        except subprocess.CalledProcessError:
            return False
        time.sleep(self.random.uniform(0, 0.5))
        self.stand.store.control("start")
        return True

    @staticmethod
    def killed(server):
        server.kill()
        server.wait()

    # MARK: Other faults

    def disturb(self):
        """Causes a fault other than a kill, for about a second."""
        disturbance = self.random.choice(
            [self.fill_disk, self.exhaust_descriptors, self.cut, self.slow_down, self.move_times, self.move_times])
        disturbance()
        self.others[disturbance.__name__.replace("_", " ")] += 1

    def fill_disk(self):
        with open(self.filler, "wb", buffering=0) as file:
            size = 1 << 20
            while size > 256:
                try:
                    if file.write(bytes(size)) < size:
                        raise OSError
                except OSError:
                    size //= 2
        time.sleep(self.random.uniform(0.2, 1))
        os.remove(self.filler)
        self.revive_database()

    def revive_database(self):
        """Waits until PostgreSQL accepts queries again."""
        if self.stand.engine != "postgresql":
            return
        for _ in range(300):
            try:
                self.stand.store.rows("SELECT 1")
                return
            except subprocess.CalledProcessError:
                time.sleep(0.1)
                self.stand.keep_database()
        raise SystemExit("PostgreSQL does not come back")

    def exhaust_descriptors(self):
        """Limits the descriptors of all processes of one server to the current number or a few more."""
        server = self.random.choice([self.stand.runner.process.pid, self.stand.worker.pid])
        most = processes.descriptors(server) + self.random.randrange(6)
        before = processes.limit_descriptors(server, (most, self.hard_limit(server)))
        time.sleep(self.random.uniform(0.2, 1))
        if before is None:
            return
        processes.limit_descriptors(server, before)
        # Processes started in the meantime have inherited the limit.
        for process in processes.descendants(self.stand.processes(), server):
            processes.limit_descriptors(process, before)

    @staticmethod
    def hard_limit(process):
        limits = processes.limit_descriptors(process, None)
        return limits[1] if limits else 1024

    def proxies(self):
        return [proxy for proxy in (self.stand.upstream, self.stand.database) if proxy]

    def cut(self):
        proxy = self.random.choice(self.proxies())
        proxy.set(Proxy.CUT)
        time.sleep(self.random.uniform(0.1, 0.8))
        proxy.set(Proxy.PASS)

    def slow_down(self):
        proxy = self.random.choice(self.proxies())
        proxy.set(Proxy.SLOW)
        time.sleep(self.random.uniform(0.2, 1))
        proxy.set(Proxy.PASS)

    def move_times(self):
        """Moves a stored time to the past, so that a claim expires or a delayed task is due. Claims of actions are left
        alone: if another worker took over while the first one is still running, which its time limit prevents, both
        would ask the provider."""
        past = self.time(-120)
        moves = [
            f"UPDATE findings SET snoozed_until = '{past}' WHERE status = 'snoozed'",
            f"UPDATE workspaces SET next_housekeeping_at = '{past}'",
            f"""UPDATE integrations SET next_auto_sync_at = '{past}'
                WHERE status = 'connected' AND next_auto_sync_at IS NOT NULL""",
            f"UPDATE analysis_runs SET started_at = '{past}', lease_expires_at = '{past}' WHERE status = 'running'",
            f"""UPDATE jobs SET lease_expires_at = '{past}'
                WHERE state = 'running' AND kind IN ('sync', 'analysis', 'housekeeping')""",
            f"UPDATE jobs SET run_after = '{past}' WHERE state = 'waiting' AND kind <> 'remediation'",
            f"""UPDATE remediation_actions SET created_at = '{self.time(-8 * 86_400)}'
                WHERE status = 'pending_approval'""",
        ]
        ours = ", ".join(f"'{workspace.id}'" for workspace in self.stand.workspaces)
        move = self.random.choice(moves)
        column = "id" if "UPDATE workspaces" in move else "workspace_id"
        sql = f"{move} {'AND' if 'WHERE' in move else 'WHERE'} {column} IN ({ours});"
        self.on_database(lambda: self.stand.store.script(sql))

    def on_database(self, work):
        """Changes the database, and repeats that once the database is back if it was not available."""
        try:
            work()
        except subprocess.CalledProcessError:
            self.revive_database()
            work()

    def release_claims(self):
        """Releases all claims, once all processes that could hold them have ended, and makes all waiting jobs due."""
        past = self.time(-60)
        self.on_database(lambda: self.stand.store.script(f"""
            UPDATE jobs SET lease_expires_at = '{past}' WHERE state = 'running';
            UPDATE jobs SET run_after = '{past}' WHERE state = 'waiting';
            UPDATE analysis_runs SET started_at = '{past}', lease_expires_at = '{past}';"""))

    @staticmethod
    def time(seconds):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))

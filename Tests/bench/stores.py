"""Databases for measurements, on both engines."""

import os
import sqlite3
import subprocess
import tempfile


class SQLite:
    name, build = "SQLite", ".build/release"

    def __init__(self, work):
        self.path = os.path.join(tempfile.mkdtemp(dir=work), "thalian.db")
        self.url = "sqlite:" + self.path

    def rows(self, query):
        database = sqlite3.connect(self.path, isolation_level=None, timeout=60)
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()

    def script(self, text):
        database = sqlite3.connect(self.path, isolation_level=None, timeout=60)
        try:
            database.executescript(text)
        finally:
            database.close()

    def busy_seconds(self):
        return 0.0

    def processes(self):
        return []

    def stop(self):
        pass


class PostgreSQL:
    name, build = "PostgreSQL", ".build-postgresql/release"

    def __init__(self, top, work):
        self.folder = os.path.join(tempfile.mkdtemp(dir=work), "server")
        os.chmod(work, 0o755)
        os.chmod(os.path.dirname(self.folder), 0o755)
        self.program = os.path.join(top, "Tests/postgresql")
        self.url = self.control("start").strip()

    def control(self, verb):
        """Runs a verb of Tests/postgresql and returns its output."""
        return subprocess.run(
            [self.program, verb, self.folder], capture_output=True, text=True, check=True).stdout

    def script(self, text):
        subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", self.url], capture_output=True,
                       input="SET search_path = thalian; SET timezone = 'UTC';" + text, text=True, check=True)

    def rows(self, query):
        output = subprocess.run(
            ["psql", "-qXAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", self.url], input="SET search_path = thalian;" + query,
            text=True, check=True, capture_output=True).stdout
        return [line.split("\t") for line in output.splitlines()]

    def busy_seconds(self):
        """Returns the seconds that sessions have spent on statements."""
        return float(self.rows("SELECT active_time / 1000 FROM pg_stat_database WHERE datname = current_database()")[0][0])

    def processes(self):
        """Returns the id of the server's main process, which has forked all others."""
        with open(os.path.join(self.folder, "data/postmaster.pid")) as file:
            return [int(file.readline())]

    def stop(self):
        subprocess.run([self.program, "stop", self.folder], check=False, stdout=subprocess.DEVNULL)

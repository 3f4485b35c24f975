"""Compares PostgreSQL with SQLite in one run: MCP reads through the runner in "reuse" mode, and a cold start."""

import os
import subprocess
import sys
import time

from local import Runner, median, requests_per_second

top, work = sys.argv[1:3]
rounds = 3
server = os.path.join(work, "server")
os.chmod(work, 0o755)
control = os.path.join(top, "Tests/postgresql")
url = subprocess.run([control, "start", server], capture_output=True, text=True, check=True).stdout.strip()


def reuse(configuration):
    for function in configuration["functions"]:
        function["dispatch"] = "reuse"


def runner(engine):
    if engine == "SQLite":
        return Runner(top, work, reuse)
    return Runner(top, work, reuse, build=".build-postgresql", arguments=["--database", url])


def cold_start(program, environment):
    start = time.perf_counter()
    subprocess.run([program], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


throughput, starts = {}, {}
try:
    for _ in range(rounds):
        for engine in ["SQLite", "PostgreSQL"]:
            with runner(engine) as running:
                key = running.dev["apiKeys"]["read"]
                for path in ["risk-score", "findings?limit=25", "integrations"]:
                    name = path.split("?")[0]
                    throughput.setdefault(name, {}).setdefault(engine, []).append(
                        requests_per_second(running.dev["url"] + "/api/mcp/" + path, "X-Api-Key: " + key))
                build = ".build/release" if engine == "SQLite" else ".build-postgresql/release"
                database = "sqlite:" + os.path.join(running.state, "thalian.db") if engine == "SQLite" else url
                environment = {
                    "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "SCRIPT_NAME": "/", "QUERY_STRING": "",
                    "REMOTE_ADDR": "127.0.0.1", "HTTP_X_API_KEY": key, "API_KEY_HOURLY_LIMIT": "1000000000"}
                programs = {
                    "health, no connection": ("api-health", "sqlite:/nonexistent"),
                    "risk-score": ("api-mcp-risk-score", database)}
                for name, (program, place) in programs.items():
                    times = starts.setdefault(f"{engine}, {name}", [])
                    for _ in range(100):
                        times.append(cold_start(
                            os.path.join(top, build, program), environment | {"DATABASE_URL": place}))
finally:
    subprocess.run([control, "stop", server], check=False)

print(f'Requests a second in "reuse" mode, median of {rounds} rounds:')
for name, values in throughput.items():
    sqlite, postgresql = median(values["SQLite"]), median(values["PostgreSQL"])
    print(f"  {name:14} SQLite {sqlite:7.0f}   PostgreSQL {postgresql:7.0f}   {postgresql / sqlite:5.2f} times")
print("Cold start, exec to exit, median:")
for name, values in starts.items():
    print(f"  {name:36} {median(values) * 1e3:6.2f} ms")

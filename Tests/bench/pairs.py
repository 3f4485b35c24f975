"""Compares two built checkouts in seven interleaved pairs, and prints the median of the seven ratios of the second to the
first: the processor time of cold starts, the requests a second, and the time of syncs.

    python3 Tests/bench/pairs.py OLD NEW [cold-start|throughput|sync]…

OLD and NEW are folders in which `local-runner/dev --build-only` has run; for `sync` also with --postgresql. Machines are
noisy, so a ratio only counts with the spread that is printed beside it."""

import os
import re
import resource
import subprocess
import sys
import tempfile

from local import Runner, median, requests_per_second

PAIRS = int(os.environ.get("BENCH_PAIRS", "7"))
STARTS = 40
PATHS = ["/api/health", "/api/mcp/risk-score", "/api/mcp/findings"]
trees, wanted = sys.argv[1:3], sys.argv[3:] or ["cold-start", "throughput", "sync"]


def show(title, pairs):
    ratios = sorted(new / old for old, new in pairs)
    print(f"  {title:44} {median(ratios):5.3f}   from {ratios[0]:5.3f} to {ratios[-1]:5.3f}", flush=True)


def interleaved(measure):
    """Returns pairs of measurements of the two trees. Each pair begins with another tree than the one before."""
    pairs = []
    for number in range(PAIRS):
        order = [0, 1] if number % 2 == 0 else [1, 0]
        found = {index: measure(trees[index]) for index in order}
        pairs.append((found[0], found[1]))
    return pairs


def by_name(pairs):
    return {name: [(old[name], new[name]) for old, new in pairs] for name in pairs[0][0]}


def seconds_of_start(program, environment):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = os.posix_spawn(program, [program], environment, file_actions=[(os.POSIX_SPAWN_DUP2, null, 1)])
    _, status = os.waitpid(process, 0)
    if status != 0:
        raise SystemExit(f"{program} ended with {status}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def cold_starts(work):
    """Measures the processor time of functions that are called by CGI, which varies less than the elapsed time."""
    environments = {}
    for tree in trees:
        folder = os.path.join(work, str(trees.index(tree)))
        os.makedirs(folder, exist_ok=True)
        with Runner(tree, folder) as runner:
            environments[tree] = {
                "DATABASE_URL": "sqlite:" + os.path.join(runner.state, "thalian.db"),
                "API_KEY_HOURLY_LIMIT": "1000000000", "ENVIRONMENT": "production", "GATEWAY_INTERFACE": "CGI/1.1",
                "SCRIPT_NAME": "/", "QUERY_STRING": "", "REMOTE_ADDR": "127.0.0.1", "REQUEST_METHOD": "GET",
                "HTTP_X_API_KEY": runner.dev["apiKeys"]["read"]}

    def measure(tree):
        found = {}
        for path in PATHS:
            program = os.path.join(tree, ".build/release", path.strip("/").replace("/", "-"))
            found[path] = sum(seconds_of_start(program, environments[tree]) for _ in range(STARTS))
        return found

    print(f"Processor time of a cold start, {PAIRS} pairs of {STARTS} starts:")
    for path, pairs in by_name(interleaved(measure)).items():
        show("GET " + path, pairs)


def throughput(work):
    def measure(tree):
        found = {}
        for mode in ["isolated", "reuse"]:
            def change(configuration):
                for function in configuration["functions"]:
                    function["dispatch"] = mode
            folder = os.path.join(work, str(trees.index(tree)))
            os.makedirs(folder, exist_ok=True)
            with Runner(tree, folder, change) as runner:
                key = "Authorization: Bearer " + runner.dev["apiKeys"]["read"]
                for path in PATHS:
                    header = None if path == "/api/health" else key
                    found[f"{mode}, GET {path}"] = requests_per_second(runner.dev["url"] + path, header, seconds=2)
        return found

    print(f"Requests a second, {PAIRS} pairs of 2 s:")
    for name, pairs in by_name(interleaved(measure)).items():
        show(name, pairs)


def sync(work):
    """Runs each tree's own sync.py with few users and no latency, so that its time is the product's and not the
    provider's."""
    users = os.environ.get("BENCH_USERS", "4000")
    engines = os.environ.get("BENCH_ENGINES", "SQLite,PostgreSQL").split(",")
    names = [f"{engine}, {kind}" for engine in engines for kind in ("first sync", "sync after few changes")]

    def measure(tree):
        with tempfile.TemporaryDirectory(dir=work) as folder:
            output = subprocess.run(
                [sys.executable, os.path.join(tree, "Tests/bench/sync.py"), tree, folder], check=True, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={**os.environ, "BENCH_USERS": users, "BENCH_LATENCY": "0"}).stdout
        return dict(zip(names, map(float, re.findall(r"([\d.]+) s of processes", output)), strict=True))

    print(f"Seconds of a sync of {users} users, {PAIRS} pairs:")
    for name, pairs in by_name(interleaved(measure)).items():
        show(name, pairs)


null = os.open("/dev/null", os.O_RDWR)
with tempfile.TemporaryDirectory() as folder:
    os.chmod(folder, 0o755)
    for name in wanted:
        {"cold-start": cold_starts, "throughput": throughput, "sync": sync}[name](folder)

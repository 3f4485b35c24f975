"""A local runner on a port of its own with a state folder of its own, and small helpers for measuring."""

import json
import os
import re
import subprocess
import time
import urllib.request


class Runner:
    """`local-runner dev` with a changed configuration; stopped at the end of the with-block."""

    def __init__(self, top, work, change=lambda configuration: None, build=".build", arguments=()):
        self.state = os.path.join(work, "state")
        path = os.path.join(work, "wrangler-like.json")
        with open(os.path.join(top, "wrangler-like.json")) as file:
            configuration = json.load(file)
        configuration["vars"]["API_KEY_HOURLY_LIMIT"] = "1000000000"
        change(configuration)
        with open(path, "w") as file:
            json.dump(configuration, file)
        program = os.path.join(top, build, "release/local-runner")
        self.log = open(os.path.join(work, "runner.log"), "w")
        self.process = subprocess.Popen(
            [program, "dev", "--config", path, "--persist-to", self.state, "--port", "0", *arguments],
            stdout=self.log, stderr=self.log)

    def __enter__(self):
        path = os.path.join(self.state, "dev.json")
        deadline = time.time() + 60
        while time.time() < deadline:
            if self.process.poll() is not None:
                raise SystemExit("the runner ended: " + open(self.log.name).read())
            try:
                with open(path) as file:
                    self.dev = json.load(file)
                urllib.request.urlopen(self.dev["url"] + "/api/health").read()
                return self
            except (OSError, ValueError):
                time.sleep(0.05)
        raise SystemExit("the runner did not start: " + open(self.log.name).read())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def requests_per_second(url, header=None, connections=32, seconds=4):
    """What wrk counts with one thread, on the same cores."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url]
    if header:
        command[1:1] = ["-H", header]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    if bad:
        print(f"    {bad.group(1)} answers of {url} were not 2xx")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1))


def median(values):
    return sorted(values)[len(values) // 2]


def compile_c(work, name, source):
    """A static C program."""
    path = os.path.join(work, name)
    subprocess.run(["gcc", "-O2", "-static", "-o", path, "-x", "c", "-"], input=source.encode(), check=True)
    return path

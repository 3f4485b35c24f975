"""A local runner on a port of its own with a state folder of its own, and small helpers for measuring."""

import json
import os
import subprocess
import time
import urllib.request


class Runner:
    """`local-runner dev` with a changed configuration; stopped at the end of the with-block."""

    def __init__(self, top, work, change=lambda configuration: None):
        self.state = os.path.join(work, "state")
        path = os.path.join(work, "wrangler-like.json")
        with open(os.path.join(top, "wrangler-like.json")) as file:
            configuration = json.load(file)
        configuration["vars"]["API_KEY_HOURLY_LIMIT"] = "1000000000"
        change(configuration)
        with open(path, "w") as file:
            json.dump(configuration, file)
        program = os.path.join(top, ".build/release/local-runner")
        self.log = open(os.path.join(work, "runner.log"), "w")
        self.process = subprocess.Popen(
            [program, "dev", "--config", path, "--persist-to", self.state, "--port", "0"],
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


def median(values):
    return sorted(values)[len(values) // 2]


def compile_c(work, name, source):
    """A static C program."""
    path = os.path.join(work, name)
    subprocess.run(["gcc", "-O2", "-static", "-o", path, "-x", "c", "-"], input=source.encode(), check=True)
    return path

"""A local runner with its own port and state folder, and small helpers for measuring."""

import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import time
import urllib.request


class Runner:
    """`local-runner dev` with a changed configuration. It is stopped at the end of the with-block."""

    def __init__(self, top, work, change=lambda configuration: None, program=None, build=".build", port=0, arguments=()):
        self.state = os.path.join(work, "state")
        path = os.path.join(work, "wrangler-like.json")
        with open(os.path.join(top, "wrangler-like.json")) as file:
            configuration = json.load(file)
        configuration["vars"]["API_KEY_HOURLY_LIMIT"] = "1000000000"
        change(configuration)
        with open(path, "w") as file:
            json.dump(configuration, file)
        program = program or os.path.join(top, build, "release/local-runner")
        self.log = open(os.path.join(work, "runner.log"), "a")
        self.process = subprocess.Popen(
            [program, "dev", "--config", path, "--persist-to", self.state, "--port", str(port), *arguments],
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
    """Returns the number that wrk measures with one thread on the same cores."""
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


def children():
    """Returns the child processes of each process, by process id."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                found.setdefault(int(file.read().rsplit(")", 1)[1].split()[1]), []).append(int(name))
        except OSError:
            pass
    return found


def processor_seconds(roots):
    """Returns the processor seconds of processes and all of their descendants, including those that have ended."""
    parents, total, rest = children(), 0, list(roots)
    while rest:
        process = rest.pop()
        rest += parents.get(process, [])
        try:
            with open(f"/proc/{process}/stat") as file:
                total += sum(int(ticks) for ticks in file.read().rsplit(")", 1)[1].split()[11:15])
        except OSError:
            pass
    return total / os.sysconf("SC_CLK_TCK")


def memory(roots):
    """Returns the memory of processes and all their descendants in MiB, counting shared pages once, and the number of
    processes."""
    parents, total, found, rest = children(), 0, 0, list(roots)
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


def compile_c(work, name, source):
    """Compiles a static C program."""
    path = os.path.join(work, name)
    subprocess.run(["gcc", "-O2", "-static", "-o", path, "-x", "c", "-"], input=source.encode(), check=True)
    return path


SECRET = "measured with this secret and no other one, of 50"


def session_token(user, issuer="https://measured.example"):
    encode = lambda data: base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=")
    now = int(time.time())
    claims = {"iss": issuer + "/auth/v1", "sub": user, "aud": "authenticated", "exp": now + 3600,
              "iat": now, "aal": "aal1", "role": "authenticated"}
    content = encode({"alg": "HS256", "typ": "JWT"}) + b"." + encode(claims)
    signature = hmac.new(SECRET.encode(), content, hashlib.sha256).digest()
    return (content + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def call(program, fields, user, database, answer, more={}):
    """Calls a function once by CGI and writes its response to a file. Returns the seconds and its peak memory in
    MiB."""
    body = json.dumps(fields)
    environment = {
        "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST", "SCRIPT_NAME": "/", "QUERY_STRING": "",
        "REMOTE_ADDR": "127.0.0.1", "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": "Bearer " + session_token(user), "DATABASE_URL": database,
        "SUPABASE_URL": "https://measured.example", "SUPABASE_JWT_SECRET": SECRET, "EXPORT_CURSOR_SECRET": SECRET, **more}
    with open(answer, "wb") as file:
        start = time.perf_counter()
        process = subprocess.Popen([program], env=environment, stdin=subprocess.PIPE, stdout=file)
        process.stdin.write(body.encode())
        process.stdin.close()
        memory = 0
        # wait4 would include the memory of this process, which forked the function's process.
        while process.poll() is None:
            memory = max(memory, peak(process.pid))
            time.sleep(0.01)
        seconds = time.perf_counter() - start
    with open(answer, "rb") as file:
        head = file.read(500)
    if not head.startswith(b"Status: 200"):
        raise SystemExit("the call failed: " + head.decode(errors="replace"))
    return seconds, memory


def peak(process):
    """Returns the peak memory of a process in MiB; 0 if it has ended."""
    try:
        with open(f"/proc/{process}/status") as status:
            return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0

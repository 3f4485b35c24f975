"""What a cold start costs: exec to exit of a function called by CGI, as a multiple of an empty static C program that
runs in the same loop."""

import os
import subprocess
import sys
import time

from local import Runner, compile_c, median

top, work = sys.argv[1:3]
rounds = 1000
output = os.open("/dev/null", os.O_RDWR)


def seconds(program, environment):
    start = time.perf_counter()
    process = os.posix_spawn(
        program, [program], environment,
        file_actions=[(os.POSIX_SPAWN_DUP2, output, 0), (os.POSIX_SPAWN_DUP2, output, 1)])
    _, status = os.waitpid(process, 0)
    if status != 0:
        raise SystemExit(f"{program} ended with {status}")
    return time.perf_counter() - start


def stripped(name):
    path = os.path.join(work, name)
    subprocess.run(["strip", "-o", path, os.path.join(top, ".build/release", name)], check=True)
    return path


empty = compile_c(work, "empty", "int main(void) { return 0; }")
with Runner(top, work) as runner:
    def cgi(path, **more):
        return {
            "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "SCRIPT_NAME": path, "QUERY_STRING": "",
            "REMOTE_ADDR": "127.0.0.1", "DATABASE_URL": "sqlite:" + os.path.join(runner.state, "thalian.db"),
            "API_KEY_HOURLY_LIMIT": "1000000000", **more}

    key = {"HTTP_AUTHORIZATION": "Bearer " + runner.dev["apiKeys"]["read"]}
    programs = {
        "an empty static C program": (empty, {}),
        "GET /api/health": (stripped("api-health"), cgi("/api/health")),
        "GET /api/mcp/risk-score": (stripped("api-mcp-risk-score"), cgi("/api/mcp/risk-score", **key)),
        "GET /api/mcp/posture-summary": (
            stripped("api-mcp-posture-summary"), cgi("/api/mcp/posture-summary", **key)),
    }
    answer = subprocess.run(
        programs["GET /api/mcp/risk-score"][0], env=programs["GET /api/mcp/risk-score"][1], capture_output=True)
    if not answer.stdout.startswith(b"Status: 200"):
        raise SystemExit("risk-score does not answer 200: " + answer.stdout.decode() + answer.stderr.decode())
    times = {name: [] for name in programs}
    for _ in range(rounds):
        for name, (program, environment) in programs.items():
            times[name].append(seconds(program, environment))

base = median(times["an empty static C program"])
print(f"Cold start, exec to exit, median of {rounds}:")
for name, values in times.items():
    size = os.path.getsize(programs[name][0]) / (1 << 20)
    print(f"  {name:32} {median(values) * 1e3:6.2f} ms  {median(values) / base:5.2f} times   {size:5.1f} MiB stripped")

"""Measures a cold start: the time from exec to exit of each function, as a multiple of an empty static C program that
runs in the same loop, and the same on PostgreSQL. Functions that call external APIs get a request with a session that
they refuse before any call. One of them is also measured with one call over TLS to a server on this machine.

The scheduled functions get their event in a variable and have nothing to do. All others are called by CGI."""

import base64
import json
import os
import subprocess
import sys
import threading
import time

from local import SECRET, Runner, compile_c, median, session_token

top, work = sys.argv[1:3]
rounds = 200
null = os.open("/dev/null", os.O_RDWR)
server = os.path.join(work, "server")
os.chmod(work, 0o755)
control = os.path.join(top, "Tests/postgresql")


def run(program, environment, body=b"", output=null):
    """Runs a program with a body on standard input. Returns the seconds and the exit status."""
    read, write = os.pipe()
    os.write(write, body)
    os.close(write)
    start = time.perf_counter()
    process = os.posix_spawn(
        program, [program], environment,
        file_actions=[(os.POSIX_SPAWN_DUP2, read, 0), (os.POSIX_SPAWN_DUP2, output, 1)])
    _, status = os.waitpid(process, 0)
    os.close(read)
    return time.perf_counter() - start, status


def answer(program, environment, body):
    """Returns the program's standard output."""
    path = os.path.join(work, "answer")
    with open(path, "wb") as file:
        _, status = run(program, environment, body, file.fileno())
    with open(path, encoding="utf-8", errors="replace") as file:
        return status, file.read()


def stripped(name, build):
    path = os.path.join(work, build.strip(".") + "-" + name)
    subprocess.run(["strip", "-o", path, os.path.join(top, build, "release", name)], check=True)
    return path


def calls(runner, database, build):
    """Returns for each function the program, its environment, its body and the expected beginning of the response."""
    dev = runner.dev
    claims = dev["tokens"]["super_admin"].split(".")[1]
    user = json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"]
    variables = {
        "DATABASE_URL": database, "API_KEY_HOURLY_LIMIT": "1000000000", "SUPABASE_URL": "https://measured.example",
        "SUPABASE_JWT_SECRET": SECRET, "EXPORT_CURSOR_SECRET": SECRET, "CONFIRMATION_SECRET": SECRET,
        "ENVIRONMENT": "production", "CREDENTIALS_KEY": base64.b64encode(bytes(32)).decode(),
        "ANTHROPIC_API_KEY": "none", "STRIPE_SECRET_KEY": "none", "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_PRICE_MONTHLY": "none", "BILLING_RETURN_URL": "https://measured.example/"}
    cgi = {
        **variables, "GATEWAY_INTERFACE": "CGI/1.1", "SCRIPT_NAME": "/", "QUERY_STRING": "", "REMOTE_ADDR": "127.0.0.1"}
    workspace = dev["workspaceId"]
    found = {}
    with open(os.path.join(top, "wrangler-like.json")) as file:
        functions = json.load(file)["functions"]
    for function in functions:
        name, methods = function["function"], function["methods"]
        program = stripped(name, build)
        if not methods:
            event = {"detail-type": "Scheduled Event", "source": "aws.events", "time": "2026-04-15T12:30:00Z"}
            # With a fixed set of keys no keys are fetched.
            found[name] = (
                program, {**variables, "FUNCTION_EVENT": json.dumps(event), "SUPABASE_JWKS": '{"keys":[]}'}, b"",
                '{"statusCode":200')
            continue
        environment = {**cgi, "REQUEST_METHOD": methods[0]}
        if function.get("credentials") == "apiKey":
            environment["HTTP_X_API_KEY"] = dev["apiKeys"]["write" if methods[0] == "POST" else "read"]
        else:
            environment["HTTP_AUTHORIZATION"] = "Bearer " + session_token(user)
        body, status = b"", "Status: 200"
        if methods[0] == "POST":
            # Each of these functions refuses a body without its fields, or an unknown finding.
            body, status = json.dumps({"workspaceId": workspace, "unknown": 1}).encode(), "Status: 4"
            environment |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body))}
            if name in ("api-analyze", "api-export-audit-log", "api-export-workspace", "api-mcp-sync"):
                # These functions need no fields, so they get a foreign workspace, which they refuse.
                body = json.dumps({"workspaceId": "00000000-0000-4000-8000-000000000000"}).encode()
                environment["CONTENT_LENGTH"] = str(len(body))
        elif function.get("credentials") != "apiKey":
            environment["QUERY_STRING"] = "workspaceId=" + workspace
        if name == "api-mcp-identity":
            environment["QUERY_STRING"], status = "email=nobody%40example.com", "Status: 404"
        if name == "api-mcp-app-policy":
            environment["QUERY_STRING"] = "app_name=figma"
        found[name] = (program, environment, body, status)
    return found


def measure(title, programs, more=()):
    empty = compile_c(work, "empty", "int main(void) { return 0; }")
    every = {"an empty static C program": (empty, {}, b"", ""), **programs, **dict(more)}
    for name, (program, environment, body, beginning) in every.items():
        status, text = answer(program, environment, body)
        if status != 0 or not text.startswith(beginning):
            raise SystemExit(f"{name} ended with {status}: {text}")
    times = {name: [] for name in every}
    for _ in range(rounds):
        for name, (program, environment, body, _) in every.items():
            seconds, status = run(program, environment, body)
            if status != 0:
                raise SystemExit(f"{name} ended with {status}")
            times[name].append(seconds)
    base = median(times["an empty static C program"])
    print(f"Cold start {title}, exec to exit, median of {rounds}:")
    for name, values in times.items():
        size = os.path.getsize(every[name][0]) / (1 << 20)
        print(f"  {name:36} {median(values) * 1e3:6.2f} ms  {median(values) / base:5.2f} times   {size:5.1f} MiB stripped")


certificates = os.path.join(work, "certificates")
os.makedirs(certificates)
subprocess.run([os.path.join(top, "Tests/Fixtures/certificates"), certificates, "localhost"], check=True)
pem = os.path.join(certificates, "valid.pem")
tls = subprocess.Popen(
    ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", pem, "-key", pem, "-www"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
port = next(line for line in tls.stdout if line.startswith("ACCEPT")).strip().rsplit(":", 1)[1]
# The server logs a few lines for each connection.
threading.Thread(target=tls.stdout.read, daemon=True).start()
try:
    with Runner(top, work) as runner:
        programs = calls(runner, "sqlite:" + os.path.join(runner.state, "thalian.db"), ".build")
        # The server's page is not a key set, so each run fetches it again.
        program, environment, body, beginning = programs["scheduled-session-keys"]
        with_call = {
            "scheduled-session-keys, one TLS call": (program, environment | {
                "SUPABASE_JWKS": "", "SUPABASE_URL": "https://localhost", "ENVIRONMENT": "development",
                "UPSTREAM_SUPABASE": f"https://localhost:{port}",
                "SSL_CERT_FILE": os.path.join(certificates, "authority.pem")}, body, beginning)}
        measure("on SQLite", programs, with_call)
    url = subprocess.run([control, "start", server], capture_output=True, text=True, check=True).stdout.strip()
    with Runner(top, work, build=".build-postgresql", arguments=["--database", url]) as runner:
        measure("on PostgreSQL, by loopback without TLS", calls(runner, url, ".build-postgresql"))
finally:
    tls.kill()
    if os.path.exists(server):
        subprocess.run([control, "stop", server], check=False)

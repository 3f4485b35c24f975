"""Lets a function answer 200 requests over FastCGI in one process under valgrind: valgrind.py LOCAL-RUNNER FUNCTION

Exits with 1 if valgrind finds an invalid access or a jump that depends on uninitialised memory, if a response is not
200, or if the second hundred requests increase the memory in use.
"""

import atexit
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time

REQUESTS = 200


def record(kind, content):
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def pairs(variables):
    encoded = b""
    for name, value in variables.items():
        for part in (name, value):
            length = len(part)
            encoded += bytes([length]) if length < 128 else struct.pack(">I", length | 1 << 31)
        encoded += name.encode() + value.encode()
    return encoded


def request(connection, variables):
    """Sends a request on a kept connection. Returns the status of the response."""
    begin = record(1, struct.pack(">HBxxxxx", 1, 1))
    connection.sendall(begin + record(4, pairs(variables)) + record(4, b"") + record(5, b""))
    output = b""
    while True:
        head = receive(connection, 8)
        _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", head)
        content = receive(connection, length + padding)[:length]
        if kind == 6:
            output += content
        if kind == 3:
            return int(re.match(rb"Status: (\d+)", output)[1])


def receive(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            sys.exit("The function closed the connection.")
        data += part
    return data


def bytes_in_use(process):
    """Returns the bytes that valgrind counts as allocated and not freed."""
    report = subprocess.run(
        ["vgdb", f"--pid={process.pid}", "leak_check", "summary", "reachable", "any"], capture_output=True, text=True,
        check=True).stdout
    kinds = re.findall(r"(?:lost|reachable|suppressed): ([\d,]+)", report)
    if len(kinds) < 4:
        sys.exit("valgrind says nothing of leaks: " + report)
    return sum(int(count.replace(",", "")) for count in kinds)


def main():
    runner, function = (os.path.abspath(path) for path in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        dev = subprocess.Popen(
            [runner, "dev", "--persist-to", folder, "--port", "0"], stdout=subprocess.DEVNULL)
        atexit.register(dev.kill)
        started = os.path.join(folder, "dev.json")
        deadline = time.time() + 60
        while not os.path.exists(started):
            if time.time() > deadline:
                sys.exit("The runner did not start.")
            time.sleep(0.05)
        with open(started) as file:
            key = json.load(file)["apiKeys"]["read"]
        dev.terminate()
        dev.wait()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.path.join(folder, "socket"))
        listener.listen()
        environment = {
            "PATH": os.environ["PATH"], "FUNCTION_DISPATCH": "reuse", "DATABASE_URL": f"sqlite:{folder}/thalian.db",
            "SUPABASE_URL": "https://tested.example", "SUPABASE_JWT_SECRET": "x" * 32,
            "API_KEY_HOURLY_LIMIT": "1000000",
        }
        log = os.path.join(folder, "valgrind.log")
        process = subprocess.Popen(
            ["valgrind", "--error-exitcode=99", "--leak-check=no", "--vgdb=yes", f"--log-file={log}", function],
            stdin=listener, env=environment)
        # No other process waits for valgrind if this program ends early.
        atexit.register(process.kill)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(120)
        connection.connect(os.path.join(folder, "socket"))
        variables = {
            "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "REQUEST_URI": "/api/mcp/risk-score",
            "REMOTE_ADDR": "127.0.0.1", "HTTP_X_API_KEY": key,
        }
        in_use = []
        for number in range(1, REQUESTS + 1):
            status = request(connection, variables)
            if status != 200:
                sys.exit(f"Request {number} was answered with {status}.")
            if number in (REQUESTS // 2, REQUESTS):
                in_use.append(bytes_in_use(process))
        connection.close()
        process.terminate()
        status = process.wait()
        with open(log) as file:
            report = file.read()
        print(f"{REQUESTS} requests; {in_use[0]:,} bytes in use after the first half, {in_use[1]:,} at the end")
        if status == 99 or not re.search(r"ERROR SUMMARY: 0 errors", report):
            sys.exit("valgrind found errors:\n" + report)
        if in_use[1] > in_use[0]:
            sys.exit("Memory grows from request to request.")


main()

"""Measures requests per second through the runner, as multiples of lighttpd's mod_cgi serving a static C program, in
one run. The load comes from wrk on the same cores."""

import os
import socket
import subprocess
import sys
import time

from local import Runner, compile_c, median, requests_per_second

top, work = sys.argv[1:3]
rounds, seconds, connections = 3, 4, 32

HELLO = r'''
#include <stdio.h>
int main(void) { puts("Content-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello"); return 0; }
'''


def lighttpd():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = os.path.join(work, "www")
    os.makedirs(root, exist_ok=True)
    compile_c(root, "hello.cgi", HELLO)
    path = os.path.join(work, "lighttpd.conf")
    with open(path, "w") as file:
        file.write(f'server.modules = ("mod_cgi")\nserver.document-root = "{root}"\nserver.port = {port}\n'
                   f'server.bind = "127.0.0.1"\ncgi.assign = (".cgi" => "")\nserver.max-fds = 4096\n')
    process = subprocess.Popen(["lighttpd", "-D", "-f", path], stderr=subprocess.DEVNULL)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return process, f"http://127.0.0.1:{port}/hello.cgi"
        except OSError:
            time.sleep(0.02)


def dispatch(mode):
    def change(configuration):
        for function in configuration["functions"]:
            function["dispatch"] = mode
    return change


server, hello = lighttpd()
results = {}
try:
    for _ in range(rounds):
        results.setdefault("lighttpd mod_cgi, static C", []).append(requests_per_second(hello))
        for mode in ["isolated", "reuse", "spawn"]:
            with Runner(top, os.path.join(work), dispatch(mode)) as runner:
                key = "Authorization: Bearer " + runner.dev["apiKeys"]["read"]
                url = runner.dev["url"]
                results.setdefault(f"{mode}, GET /api/health", []).append(requests_per_second(url + "/api/health"))
                results.setdefault(f"{mode}, GET /api/mcp/risk-score", []).append(
                    requests_per_second(url + "/api/mcp/risk-score", key))
finally:
    server.terminate()
    server.wait()

base = median(results["lighttpd mod_cgi, static C"])
print(f"Requests a second, wrk -t1 -c{connections}, median of {rounds} rounds of {seconds} s:")
for name, values in results.items():
    print(f"  {name:36} {median(values):8.0f}   {median(values) / base:5.2f} times")

"""Runs a function in an empty root and lets it call an HTTPS server by name, in a network namespace of its own.

    unshare --net python3 Tests/Fixtures/empty-root.py FOLDER CASE BUNDLE

FOLDER contains the executable `function`, a migrated `store.db` and the files that Tests/Fixtures/certificates makes for
keys.example. The function's root is FOLDER/root. It contains the executable and the database, the certificate authority
at the path BUNDLE and, depending on CASE:

    hosts     /etc/hosts, and no DNS
    udp       /etc/resolv.conf; the server answers over UDP
    tcp       the same, but the server's answers over UDP are cut off, so that the function must ask over TCP
    ipv6      the name has an IPv6 address only
    nsswitch  /etc/nsswitch.conf names a service; its shared object in the root ends a process that loads it
    unknown   the name does not exist

Prints a JSON object: the exit status, both outputs, the requested names with their transports, and the requested paths
of the HTTPS server.
"""

import fcntl
import http.server
import json
import os
import shutil
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import threading

folder, case, bundle = sys.argv[1:4]
root = os.path.join(folder, "root")
name = "keys.example"
asked, fetched = [], []

# A new network namespace has no active interface.
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING


def answer(query, transport):
    """Returns a DNS message (RFC 1035) that answers the single question of another."""
    end = 12
    labels = []
    while query[end]:
        labels.append(query[end + 1:end + 1 + query[end]].decode())
        end += 1 + query[end]
    question = query[12:end + 5]
    kind = struct.unpack("!H", question[-4:-2])[0]
    asked.append(".".join(labels) + "/" + transport)
    address = {
        1: None if case == "ipv6" else socket.inet_pton(socket.AF_INET, "127.0.0.1"),
        28: socket.inet_pton(socket.AF_INET6, "::1") if case == "ipv6" else None,
    }.get(kind)
    if ".".join(labels) != name or case == "unknown":
        return query[:2] + struct.pack("!HHHHH", 0x8183, 1, 0, 0, 0) + question
    if case == "tcp" and transport == "udp":
        return query[:2] + struct.pack("!HHHHH", 0x8380, 1, 0, 0, 0) + question
    count = 0 if address is None else 1
    record = b"" if address is None else b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(address)) + address
    return query[:2] + struct.pack("!HHHHH", 0x8180, 1, count, 0, 0) + question + record


class OverUDP(socketserver.BaseRequestHandler):
    def handle(self):
        self.request[1].sendto(answer(self.request[0], "udp"), self.client_address)


class OverTCP(socketserver.StreamRequestHandler):
    def handle(self):
        while head := self.rfile.read(2):
            message = answer(self.rfile.read(struct.unpack("!H", head)[0]), "tcp")
            self.wfile.write(struct.pack("!H", len(message)) + message)


class Keys(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        fetched.append(self.headers["Host"] + self.path)
        body = json.dumps({"keys": [{"kty": "oct"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class OverIPv6(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


def serve(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


nameserver = "127.0.0.53"
serve(socketserver.ThreadingUDPServer((nameserver, 53), OverUDP))
serve(socketserver.ThreadingTCPServer((nameserver, 53), OverTCP))
https = OverIPv6(("::1", 0), Keys) if case == "ipv6" else http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keys)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(os.path.join(folder, "valid.pem"))
https.socket = tls.wrap_socket(https.socket, server_side=True)
serve(https)


def put(path, text):
    path = root + path
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


shutil.rmtree(root, ignore_errors=True)
with open(os.path.join(folder, "authority.pem")) as file:
    put(bundle, file.read())
for file in os.listdir(folder):
    if file == "function" or file.startswith("store.db"):
        shutil.copy(os.path.join(folder, file), root)
if case == "hosts":
    put("/etc/hosts", f"127.0.0.1 {name}\n")
else:
    put("/etc/resolv.conf", f"nameserver {nameserver}\noptions timeout:1 attempts:1\n")
if case == "nsswitch":
    put("/etc/nsswitch.conf", "hosts: trap [!UNAVAIL=return] dns\n")
    trap = os.path.join(root, "lib/x86_64-linux-gnu/libnss_trap.so.2")
    os.makedirs(os.path.dirname(trap))
    source = """__attribute__((constructor)) static void start(void) {
        __asm__ volatile("syscall" : : "a"(231), "D"(77)); }"""  # exit_group(77)
    subprocess.run(["gcc", "-shared", "-nostdlib", "-fPIC", "-o", trap, "-x", "c", "-"], input=source.encode(), check=True)

port = https.server_address[1]
event = {
    "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "time": "2026-04-15T12:30:00Z",
    "detail": {},
}
done = subprocess.run(
    ["/function"], input=json.dumps(event).encode(), capture_output=True, timeout=60,
    preexec_fn=lambda: (os.chroot(root), os.chdir("/")),
    env={
        "DATABASE_URL": "sqlite:/store.db", "ENVIRONMENT": "development", "SUPABASE_URL": f"https://{name}",
        "UPSTREAM_SUPABASE": f"https://{name}:{port}",
    })
print(json.dumps({
    "status": done.returncode, "output": done.stdout.decode(), "errors": done.stderr.decode(), "asked": asked,
    "fetched": fetched,
}))

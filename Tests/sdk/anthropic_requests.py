"""Sends the bodies of our requests with Anthropic's SDK and prints the differences between its requests and ours.

Standard input: {"key": …, "requests": [{"method", "target", "headers", "body"}], "messages": [bodies of answers]}.
Prints one line for each difference.
"""
import http.server
import json
import sys
import threading

import anthropic
from anthropic.types import Message, MessageCreateParams
from pydantic import TypeAdapter

given = json.load(sys.stdin)
seen = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        seen.append({"method": "POST", "target": self.path, "headers": dict(self.headers), "body": json.loads(body)})
        answer = json.dumps(given["messages"][0]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = anthropic.Anthropic(
    api_key=given["key"], base_url=f"http://127.0.0.1:{server.server_port}", max_retries=0, timeout=30)

params = TypeAdapter(MessageCreateParams)
for number, ours in enumerate(given["requests"]):
    params.validate_python(ours["body"])
    client.messages.create(**ours["body"])
    theirs = seen[-1]
    for part in ("method", "target", "body"):
        if ours[part] != theirs[part]:
            print(f"request {number}: {part}: {ours[part]} is not {theirs[part]}")
    for name in ("anthropic-version", "authorization", "content-type"):
        values = [{k.lower(): v for k, v in each["headers"].items()}.get(name) for each in (ours, theirs)]
        if values[0] != values[1] or values[0] is None:
            print(f"request {number}: {name}: {values[0]} is not {values[1]}")

for message in given["messages"]:
    Message.model_validate(message, strict=True)
print(f"compared {len(given['requests'])}")

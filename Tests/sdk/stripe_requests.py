"""Makes the calls of our requests with Stripe's SDK and prints the differences between its requests and ours.

Standard input: {"key": …, "requests": [{"method", "target", "headers", "body"}]}. Prints one line for each difference.
"""
import http.server
import json
import sys
import threading
import urllib.parse

import stripe

given = json.load(sys.stdin)
seen = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        seen.append({"method": "POST", "target": self.path, "headers": dict(self.headers), "body": body})
        answer = b'{"id": "x", "object": "x"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = stripe.StripeClient(
    given["key"], base_addresses={"api": f"http://127.0.0.1:{server.server_port}"}, max_network_retries=0)


def nested(pairs):
    """Returns the nested parameters that a form with brackets stands for."""
    result = {}
    for name, value in pairs:
        keys = name.replace("]", "").split("[")
        place = result
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = int(value) if value.isdigit() and keys[-1] == "quantity" else value
    if "line_items" in result:
        result["line_items"] = [result["line_items"][key] for key in sorted(result["line_items"])]
    return result


for number, ours in enumerate(given["requests"]):
    pairs = urllib.parse.parse_qsl(ours["body"], keep_blank_values=True, strict_parsing=True)
    options = {"idempotency_key": {k.lower(): v for k, v in ours["headers"].items()}["idempotency-key"]}
    if ours["target"] == "/v1/checkout/sessions":
        client.v1.checkout.sessions.create(nested(pairs), options)
    else:
        client.v1.billing_portal.sessions.create(nested(pairs), options)
    theirs = seen[-1]
    if ours["target"] != theirs["target"] or ours["method"] != theirs["method"]:
        print(f"request {number}: {ours['target']} is not {theirs['target']}")
    expected = urllib.parse.parse_qsl(theirs["body"], keep_blank_values=True, strict_parsing=True)
    if sorted(pairs) != sorted(expected):
        print(f"request {number}: {sorted(pairs)} is not {sorted(expected)}")
    for name in ("stripe-version", "authorization", "content-type", "idempotency-key"):
        values = [{k.lower(): v for k, v in each["headers"].items()}.get(name) for each in (ours, theirs)]
        if values[0] != values[1] or values[0] is None:
            print(f"request {number}: {name}: {values[0]} is not {values[1]}")
print(f"compared {len(given['requests'])}")

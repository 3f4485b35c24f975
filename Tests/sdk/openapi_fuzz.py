"""Calls a running server with requests that schemathesis makes from its OpenAPI document, with all checks.

Standard input: {"url", "session", "key", "workspaceId", "examples", "lenient"}: the server, a session token, an API key, the
workspace, the number of requests for each operation and phase, and the operations that may refuse well-formed inputs with
400. Prints schemathesis' output if it finds anything wrong.
"""
import json
import os
import subprocess
import sys
import tempfile
import urllib.request

given = json.load(sys.stdin)


def read(path, token):
    request = urllib.request.Request(given["url"] + path, headers={"Authorization": "Bearer " + token})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


given["ids"] = {"findingId": read("/api/mcp/findings?limit=1", given["key"])["findings"][0]["id"]}

# A well-formed request may still get one of these: the limits of a plan, credentials that a provider refuses, and 400 for
# reasons that no schema can express, such as a cursor that no page returned, or a session's request without a workspace.
CONFIGURATION = """
[auth.openapi.session]
bearer = "%(session)s"
[auth.openapi.apiKey]
bearer = "%(key)s"
[auth.openapi.apiKeyHeader]
api_key = "%(key)s"
[checks]
positive_data_acceptance.expected-statuses = ["2xx", 401, 403, 404, 409, 422, 429]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 413, 422, 429]
"""
LENIENT = """
[[operations]]
include-operation-id = "%s"
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 403, 404, 409, 413, 422, 429]
"""

HOOKS = '''
import json
import os
import random
import re

import schemathesis

given = json.loads(os.environ["GIVEN"])
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
chance = random.Random(1)


def real(name, value):
    """Returns an id that exists instead of a random one: always a workspace's, other ids half of the times."""
    if not isinstance(value, str) or not UUID.fullmatch(value):
        return value
    if name == "workspaceId":
        return given["workspaceId"]
    return given["ids"][name] if name in given["ids"] and chance.random() < 0.5 else value


@schemathesis.hook
def before_call(context, case, kwargs):
    if isinstance(case.body, dict):
        case.body = {name: real(name, value) for name, value in case.body.items()}
    if case.query:
        case.query = {name: real(name, value) for name, value in case.query.items()}
    # Each request comes from an address of its own, so that the limit for invalid credentials is not reached.
    case.headers["X-Forwarded-For"] = ".".join(str(chance.randint(1, 99)) for _ in range(4))
'''

with tempfile.TemporaryDirectory() as folder:
    configuration = CONFIGURATION % given
    for operation in given["lenient"]:
        configuration += LENIENT % operation
    for name, text in [("schemathesis.toml", configuration), ("hooks.py", HOOKS)]:
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    run = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run",
            given["url"] + "/api/openapi.json", "--checks", "all", "--max-examples", str(given["examples"]), "--seed", "1",
            "--no-color", "--suppress-health-check", "all", "--continue-on-failure", "--generation-database", "none",
        ],
        cwd=folder, env=os.environ | {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": folder, "GIVEN": json.dumps(given)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
if run.returncode:
    print(run.stdout)

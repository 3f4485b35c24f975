"""Measures MCP reads on a large generated company, as multiples of their time on the demonstration company, which is in
the same SQLite database and is read in turn."""

import hashlib
import http.client
import os
import sqlite3
import time
import uuid

from analysis import analyse, company, moment, scale, top, work
from local import Runner, median

size, rounds = int(200_000 * scale), 300
KEY = "thal_" + "L" * 40
os.makedirs(os.path.join(work, "state"), exist_ok=True)
path = os.path.join(work, "state/thalian.db")
workspace, user = company(path, size)
analyse(path, workspace, user)
database = sqlite3.connect(path)
database.execute(
    "INSERT INTO api_keys (id, workspace_id, name, prefix, key_hash, scope, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
    (str(uuid.uuid4()), workspace, "Measured", KEY[:9], hashlib.sha256(KEY.encode()).digest(), "read", moment()))
database.commit()


def some_email(workspace):
    return database.execute(
        "SELECT email FROM identities WHERE workspace_id = ? AND status = 'active' AND identity_type = 'user'"
        " ORDER BY email LIMIT 1 OFFSET 100", (workspace,)).fetchone()[0]


def milliseconds(connection, path, key):
    start = time.perf_counter()
    connection.request("GET", "/api/mcp/" + path, headers={"X-Api-Key": key})
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        raise SystemExit(f"{path} answers {response.status}")
    return (time.perf_counter() - start) * 1e3


for mode in ["isolated", "reuse"]:
    def dispatch(configuration):
        for function in configuration["functions"]:
            function["dispatch"] = mode

    with Runner(top, work, dispatch) as runner:
        demonstration = runner.dev["workspaceId"]
        if mode == "isolated":
            for name, id in [("demonstration", demonstration), ("large", workspace)]:
                count = lambda table: database.execute(
                    f"SELECT count(*) FROM {table} WHERE workspace_id = ?", (id,)).fetchone()[0]
                print(f"The {name} company: {count('identities')} identities, {count('entitlements')} entitlements, "
                      f"{count('findings')} findings")
        print(f'MCP reads in "{mode}" mode, median of {rounds} each:')
        connection = http.client.HTTPConnection(runner.dev["url"].removeprefix("http://"))
        keys = {demonstration: runner.dev["apiKeys"]["read"], workspace: KEY}
        for read in ["risk-score", "posture-summary", "findings", "findings?severity=critical,low",
                     "findings?category=identity_security&limit=10", "identity", "integrations", "rules"]:
            times = {id: [] for id in keys}
            paths = {id: f"identity?email={some_email(id)}" if read == "identity" else read for id in keys}
            for _ in range(rounds):
                for id, key in keys.items():
                    times[id].append(milliseconds(connection, paths[id], key))
            small, large = median(times[demonstration]), median(times[workspace])
            print(f"  {read:46} {small:6.2f} ms   {large:6.2f} ms   {large / small:5.2f} times", flush=True)

"""Clients that call the API like users and record the responses."""

import csv
import hashlib
import hmac
import http.client
import io
import json
import os
import random
import sys
import threading
import time
import uuid
from collections import Counter, defaultdict, namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../bench"))
from local import SECRET, session_token  # noqa: E402

WEBHOOK_SECRET = "the webhook's secret of the mixed load, long enough"
ISSUER = "http://127.0.0.1:54321"
OKTA = {"domain": "example.okta.com", "api_token": "00tokenOfTheMixedLoad"}

#: One write. `mark` is unique; `status` is None without a complete response; `answer` is the response's contents.
Write = namedtuple("Write", "kind workspace mark status answer")

#: The maximum seconds for a response: the function's time limit, a second in its queue, and a margin for a busy
#: machine.
LIMITS = {"/api/analyze": 60, "/api/connect-integration": 60, "/api/sync-integration": 60, "/api/execute-action": 60,
          "/api/export-workspace": 300, "/api/export-audit-log": 300, "/api/ai-chat": 120}
PATIENCE = 3

#: The runner's answer to a request for which no place became free within a second.
OVERLOADED = "Too many requests at once."


class Workspace:
    """A workspace with an admin, an agent and two API keys.

    `use` names the operations that clients do in it: `decisions` (findings, applications, keys, chats, bills), `syncs`,
    or `actions`.
    """

    def __init__(self, use, number):
        self.use, self.name = use, f"{use} {number}"
        self.id, self.admin, self.agent = (str(uuid.uuid4()) for _ in range(3))
        digits = hashlib.sha256(self.id.encode()).hexdigest()[:39]
        self.keys = {"read": "thal_r" + digits, "write": "thal_w" + digits}
        self.integration, self.finding = None, str(uuid.uuid4())

    def sql(self, blob):
        """Returns the SQL that creates the workspace. `blob` writes bytes in the engine's syntax."""
        keys = "".join(
            f"""INSERT INTO api_keys (id, workspace_id, name, prefix, key_hash, scope, created_at) VALUES
                ('{uuid.uuid4()}', '{self.id}', '{scope}', '{key[:9]}',
                {blob(hashlib.sha256(key.encode()).hexdigest())}, '{scope}', '2026-01-01T00:00:00Z');"""
            for scope, key in self.keys.items())
        return f"""
            INSERT INTO workspaces (id, name, plan, created_at)
                VALUES ('{self.id}', '{self.name}', 'enterprise', '2026-01-01T00:00:00Z');
            INSERT INTO audit_heads (workspace_id, sequence_number, row_hash) VALUES ('{self.id}', -1, '{"0" * 64}');
            INSERT INTO members (workspace_id, user_id, email, role, created_at) VALUES
                ('{self.id}', '{self.admin}', 'admin@example.com', 'admin', '2026-01-01T00:00:00Z'),
                ('{self.id}', '{self.agent}', 'agent@example.com', 'agent', '2026-01-01T00:00:00Z');
            {keys}{self.finding_sql(self.finding, "high")}"""

    def finding_sql(self, identifier, severity="medium"):
        return f"""
            INSERT INTO findings (id, workspace_id, finding_key, rule_id, category, title, severity, severity_rank,
                status, affected_entities, affected_count, recommended_action, source_integrations, confidence,
                created_at, updated_at, last_seen_at)
            VALUES ('{identifier}', '{self.id}', '{identifier}', 'mixed_load', 'access_risk', 'Finding {identifier}',
                '{severity}', 2, 'open', '[]', 0, 'Look at it.', '[]', 1,
                '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z');"""

    def account_sql(self, user):
        return f"""
            INSERT INTO accounts (id, workspace_id, integration_id, external_id, username, account_type, status,
                updated_at)
            VALUES ('{uuid.uuid4()}', '{self.id}', '{self.integration}', '{user}', '{user}', 'user', 'active',
                '2026-01-01T00:00:00Z');"""


class Ledger:
    """The responses that all clients got: each write, and for all requests the number of each status and the times.
    `surprises` has a sentence for each unexpected response, and `refused` the number of refusals by an overloaded runner
    for each operation."""

    def __init__(self):
        self.lock = threading.Lock()
        self.writes, self.statuses, self.refused, self.surprises = [], Counter(), Counter(), []
        self.seconds = defaultdict(list)

    def note(self, name, status, seconds, limit, planned, detail):
        with self.lock:
            self.statuses[status] += 1
            self.seconds[name].append(seconds)
            if seconds > limit + 1 + PATIENCE:
                self.surprises.append(f"{name} took {seconds:.1f} s, and its limit is {limit} s.")
            if status == 503 and OVERLOADED in detail:
                self.refused[name] += 1
            elif status not in planned:
                self.surprises.append(f"{name} got {status or 'no whole answer'}: {detail[:200]}")

    def write(self, *fields):
        with self.lock:
            self.writes.append(Write(*fields))

    def slowest(self):
        return max(((max(values), name) for name, values in self.seconds.items()), default=(0.0, "none"))

    def acknowledged(self):
        return sum(write.status == 200 for write in self.writes)


class Pool:
    """Items that are used once each."""

    def __init__(self):
        self.lock, self.things = threading.Lock(), []

    def __len__(self):
        return len(self.things)

    def add(self, things):
        with self.lock:
            self.things += things

    def take(self):
        with self.lock:
            return self.things.pop() if self.things else None


class Client(threading.Thread):
    """Calls one operation after the other over a kept connection, until `stop` is set.

    `faults` are the statuses that any request may get while processes are killed; None stands for an incomplete
    response.
    """

    def __init__(self, number, port, workspaces, pools, ledger, seed, stop, faults):
        super().__init__(daemon=True)
        self.number, self.port, self.workspaces, self.pools, self.ledger = number, port, workspaces, pools, ledger
        self.random, self.stop, self.faults = random.Random(f"{seed} {number}"), stop, faults
        self.connection, self.count, self.mine, self.apps, self.chats = None, 0, [], [], []
        self.operations = [
            (30, self.read), (12, self.snooze), (6, self.dismiss), (14, self.decide_app), (6, self.create_key),
            (6, self.revoke_key), (3, self.connect), (4, self.sync), (1, self.disconnect), (1, self.request_syncs),
            (5, self.act), (3, self.act_with_approval), (2, self.export), (1, self.analyze), (5, self.chat),
            (6, self.bill)]

    def run(self):
        weights = [weight for weight, _ in self.operations]
        while not self.stop.is_set():
            self.random.choices(self.operations, weights)[0][1]()
        if self.connection:
            self.connection.close()

    # MARK: Requests

    def is_connected(self):
        """Connects, retrying as long as necessary. A request that could not be sent does not count as requested."""
        while not self.stop.is_set():
            if self.connection and self.connection.sock:
                return True
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=330)
            try:
                self.connection.connect()
            except OSError:
                self.stop.wait(0.05)
        return False

    def call(self, method, path, body=None, planned=(), token=None, key=None, fields=None, text=None):
        """Sends a request. Returns the status, or None if the response is incomplete, and its JSON or text."""
        headers = {"Content-Type": "application/json", **(fields or {})}
        if token:
            headers["Authorization"] = "Bearer " + session_token(token, ISSUER)
        if key:
            headers["X-Api-Key"] = key
        data = text if text is not None else None if body is None else json.dumps(body)
        if not self.is_connected():
            return 0, None
        start = time.monotonic()
        try:
            self.connection.request(method, path, data, headers)
            response = self.connection.getresponse()
            content, status = response.read(), response.status
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            content, status = repr(error).encode(), None
        name = path.partition("?")[0]
        self.ledger.note(f"{method} {name}", status, time.monotonic() - start, LIMITS.get(name, 30),
                         {200, *planned, *self.faults}, content.decode(errors="replace"))
        if status is None:
            return None, None
        try:
            return status, json.loads(content)
        except ValueError:
            return status, content

    def workspace(self, use):
        return self.random.choice([workspace for workspace in self.workspaces if workspace.use == use])

    def mark(self):
        self.count += 1
        return f"mark-{self.number}-{self.count}"

    def write(self, kind, workspace, mark, reply):
        self.ledger.write(kind, workspace.id, mark, *reply)

    # MARK: Operations

    def read(self):
        workspace = self.random.choice(self.workspaces)
        path = self.random.choice([
            "health", "mcp/risk-score", "mcp/findings?severity=high,medium&limit=10", "mcp/posture-summary",
            "mcp/integrations", "mcp/identity?email=u1@example.com", "mcp/rules", "mcp/app-policy?app_name=App%201",
            "api-keys"])
        if path == "api-keys":
            self.call("GET", f"/api/{path}?workspaceId={workspace.id}", token=workspace.admin)
        else:
            # Without a sync there are no people yet.
            self.call("GET", "/api/" + path, key=workspace.keys["read"], planned=(404,) if "identity" in path else ())

    def snooze(self):
        if taken := self.pools["findings"].take():
            workspace, finding = taken
            mark = self.mark()
            self.write("snooze", workspace, mark, self.call(
                "POST", "/api/mcp/findings/snooze", {"findingId": finding, "days": 3, "reason": mark},
                key=workspace.keys["write"]))

    def dismiss(self):
        if taken := self.pools["findings"].take():
            workspace, finding = taken
            mark = self.mark()
            self.write("dismiss", workspace, mark, self.call(
                "POST", "/api/mcp/findings/dismiss", {"findingId": finding, "reason": mark},
                key=workspace.keys["write"]))

    def decide_app(self):
        """Decides about a new application, or decides again about one of this client's."""
        if len(self.apps) < 20 or self.random.random() < 0.2:
            self.apps.append((self.workspace("decisions"), "App " + self.mark()))
        workspace, app = self.random.choice(self.apps)
        status = self.random.choice(["sanctioned", "unauthorized", "blocked", "none"])
        self.write("policy", workspace, (app, status), self.call(
            "POST", "/api/mcp/app-policy", {"app_name": app, "status": status}, key=workspace.keys["write"]))

    def create_key(self):
        workspace, mark = self.workspace("decisions"), self.mark()
        # A workspace can have at most ten keys.
        status, answer = self.call("POST", "/api/api-keys", {
            "workspaceId": workspace.id, "name": mark, "scope": "read"}, token=workspace.admin, planned=(409,))
        if status == 200:
            self.mine.append((workspace, answer["id"]))
        elif status is None or status == 409:
            self.find_keys(workspace)
        self.write("create key", workspace, mark, (status, answer))

    def find_keys(self, workspace):
        """Finds this client's keys whose creation was not acknowledged."""
        status, answer = self.call("GET", f"/api/api-keys?workspaceId={workspace.id}", token=workspace.admin)
        for key in answer["keys"] if status == 200 else []:
            if key["name"].startswith(f"mark-{self.number}-") and (workspace, key["id"]) not in self.mine:
                self.mine.append((workspace, key["id"]))

    def revoke_key(self):
        if not self.mine:
            return
        workspace, key = self.mine[0]
        # 404 means that an earlier attempt has revoked it.
        status, answer = self.call(
            "DELETE", "/api/api-keys", {"workspaceId": workspace.id, "keyId": key}, token=workspace.admin,
            planned=(404,))
        if status in (200, 404):
            self.mine.pop(0)
        self.write("revoke key", workspace, key, (status, answer))

    def connect(self):
        workspace = self.workspace("syncs")
        # 422 means that the provider can't be reached.
        status, answer = self.call("POST", "/api/connect-integration", {
            "workspaceId": workspace.id, "platform": "okta", "config": OKTA}, token=workspace.admin, planned=(422,))
        if status == 200:
            workspace.integration = answer["integrationId"]
        self.write("connect", workspace, self.mark(), (status, answer))

    def sync(self):
        workspace = self.workspace("syncs")
        if workspace.integration:
            # 404: it is not connected. 409: another sync is running. 422: another client has removed the credentials.
            self.write("sync", workspace, self.mark(), self.call("POST", "/api/sync-integration", {
                "workspaceId": workspace.id, "integrationId": workspace.integration}, token=workspace.admin,
                planned=(404, 409, 422)))

    def disconnect(self):
        workspace = self.workspace("syncs")
        if workspace.integration:
            self.write("disconnect", workspace, self.mark(), self.call("POST", "/api/disconnect-integration", {
                "workspaceId": workspace.id, "integrationId": workspace.integration}, token=workspace.admin,
                planned=(404,)))

    def request_syncs(self):
        workspace = self.workspace("syncs")
        self.write("request syncs", workspace, self.mark(), self.call(
            "POST", "/api/mcp/sync", {}, key=workspace.keys["write"]))

    def act(self):
        """Suspends a person. Without a response it asks again with the same idempotency key."""
        if taken := self.pools["accounts"].take():
            workspace, user = taken
            for _ in range(3):
                reply = self.request_action(workspace, user, workspace.admin, {})
                if reply[0] == 200:
                    break

    def request_action(self, workspace, user, member, more):
        reply = self.call("POST", "/api/execute-action", {
            "workspaceId": workspace.id, "actionType": "suspend_user", "targetPlatform": "okta", "targetEntityId": user,
            **more}, token=member, fields={"Idempotency-Key": user})
        self.write("action", workspace, user, reply)
        return reply

    def act_with_approval(self):
        """Lets an agent request an action for a high finding, and an admin approve or reject it."""
        if taken := self.pools["accounts"].take():
            workspace, user = taken
            status, answer = self.request_action(workspace, user, workspace.agent, {"riskId": workspace.finding})
            if status != 200 or answer["result"]["status"] != "pending_approval":
                return
            decision = self.random.choice(["approve", "approve", "reject"])
            # 409: an earlier attempt has decided. 404: the approval has expired, since its time was moved.
            for _ in range(2):
                reply = self.call("POST", "/api/execute-action", {
                    "workspaceId": workspace.id, "actionId": answer["actionId"], "decision": decision},
                    token=workspace.admin, planned=(404, 409))
                self.write(decision, workspace, answer["actionId"], reply)
                if reply[0] in (200, 404, 409):
                    break

    def export(self):
        workspace, kind = self.workspace("decisions"), self.random.choice(["json", "csv", "audit"])
        if kind == "audit":
            path, body = "/api/export-audit-log", {"workspaceId": workspace.id}
        else:
            path, body = "/api/export-workspace", {"workspaceId": workspace.id, "format": kind}
        status, answer = self.call("POST", path, body, token=workspace.admin)
        self.write("export audit log" if kind == "audit" else "export", workspace, self.mark(), (status, None))
        if status == 200 and not self.is_whole(kind, answer):
            self.ledger.surprises.append(f"An export as {kind} ended without its end, and the client was not told.")

    @staticmethod
    def is_whole(kind, answer):
        if kind != "csv":
            return isinstance(answer, dict)
        rows = list(csv.reader(io.StringIO(answer.decode("utf-8-sig"))))
        return rows[-1][0] == "end_of_export" and int(rows[-1][1]) == len(rows) - 2

    def analyze(self):
        workspace = self.workspace("syncs")
        # 409: an analysis is running, or the last one began less than a minute ago.
        self.write("analyze", workspace, self.mark(), self.call(
            "POST", "/api/analyze", {"workspaceId": workspace.id}, token=workspace.admin, planned=(409,)))

    def chat(self):
        if len(self.chats) < 3 or self.random.random() < 0.3:
            session = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
            self.chats.append((self.workspace("decisions"), session))
        workspace, session = self.random.choice(self.chats[-5:])
        status, _ = reply = self.call("POST", "/api/ai-chat", {
            "workspaceId": workspace.id, "message": "How are we?", "sessionId": session}, token=workspace.admin)
        self.write("chat", workspace, session, reply)

    def bill(self):
        """Sends an event with a subscription of its own, and repeats it like Stripe until it is accepted."""
        workspace, mark = self.workspace("decisions"), self.mark()
        now = int(time.time())
        text = json.dumps({"id": "evt_" + mark, "type": "customer.subscription.updated", "created": now, "data": {
            "object": {
                "id": "sub_" + mark, "status": "active", "created": now, "customer": "cus_" + workspace.id,
                "metadata": {"workspace_id": workspace.id}, "current_period_end": now + 86_400,
                "items": {"data": [{"price": {"id": "price_1", "recurring": {"interval": "month"}}}]}}}})
        signature = hmac.new(WEBHOOK_SECRET.encode(), f"{now}.{text}".encode(), hashlib.sha256).hexdigest()
        for _ in range(3):
            reply = self.call(
                "POST", "/api/stripe-webhook", text=text, fields={"Stripe-Signature": f"t={now},v1={signature}"})
            self.write("bill", workspace, mark, reply)
            if reply[0] == 200:
                break


def secrets():
    """Returns the lines of .dev.vars."""
    return "".join(f"{name}={value}\n" for name, value in {
        "SUPABASE_JWT_SECRET": SECRET, "CREDENTIALS_KEY": "k1:" + "A" * 43 + "=", "EXPORT_CURSOR_SECRET": "e" * 64,
        "CONFIRMATION_SECRET": "c" * 64, "AUDIT_SIGNING_KEY": "5" * 64, "ANTHROPIC_API_KEY": "sk-ant-mixed-load",
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET}.items())

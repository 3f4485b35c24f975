"""The fake providers of Tests/faults and Tests/load: Okta with versions and suspensions, and Anthropic."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../bench"))
from providers import Provider, okta  # noqa: E402


class Org(Provider):
    """An Okta org for all workspaces. Each pull of its users sees one version, which is the department of every user,
    so that a sync that mixes two versions is detected. It counts how often each user was suspended."""

    def __init__(self, latency):
        super().__init__(latency)
        self.version, self.suspended, self.asked = 0, set(), {}

    def report(self):
        return {**super().report(), "asked": self.asked}

    def answer(self, method, path, query, fields, body):
        if path == "/v1/messages":
            return 200, {
                "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-4-7",
                "content": [{"type": "text", "text": "Fine."}], "stop_reason": "end_turn", "stop_sequence": None,
                "usage": {"input_tokens": 100, "output_tokens": 20}}, None
        parts = path.strip("/").split("/")
        if parts[:3] == ["api", "v1", "users"] and len(parts) == 4 and method == "GET":
            return 200, {"id": parts[3], "status": "SUSPENDED" if parts[3] in self.suspended else "ACTIVE"}, None
        if path.endswith("/lifecycle/suspend") and method == "POST":
            return self.suspend(parts[3])
        if path == "/api/v1/users" and "filter" not in query:
            return 200, *self.users(query.get("after", ["0"])[0])
        return super().answer(method, path, query, fields, body)

    def suspend(self, user):
        self.asked[user] = self.asked.get(user, 0) + 1
        if user in self.suspended:
            return 400, {"errorCode": "E0000001", "errorSummary": "Cannot suspend a user that is not active"}, None
        self.suspended.add(user)
        return 200, {}, None

    def users(self, after):
        """Returns a page of users. The cursor is its position and the version."""
        start, _, version = after.partition(".")
        if not version:
            self.version += 1
            version = str(self.version)
        users, link = okta("/api/v1/users", {"after": [start]}, 12)
        for user in users:
            user["profile"]["department"] = "v" + version
        return users, link and link.replace(">", f".{version}>", 1)

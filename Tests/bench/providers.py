"""Fake providers in their own processes: an Okta org and an Entra tenant for any number of workspaces."""

import asyncio
import json
import multiprocessing
import time
import urllib.request
from urllib.parse import parse_qs, urlsplit


def okta(path, query, size):
    """A small org with this number of users, four on a page, each with a factor."""
    if path == "/oauth2/v1/token":
        return {"access_token": "t"}, None
    if path == "/api/v1/org":
        return {"id": "00o"}, None
    if path == "/api/v1/users" and "filter" not in query:
        start = int(query.get("after", ["0"])[0])
        users = [{"id": f"u{n}", "status": "ACTIVE", "profile": {"email": f"u{n}@example.com", "login": f"u{n}"}}
                 for n in range(start, min(start + 4, size))]
        link = f'<https://example.okta.com/api/v1/users?after={start + 4}>; rel="next"' if start + 4 < size else None
        return users, link
    if path.endswith("/factors"):
        return [{"status": "ACTIVE"}], None
    if path == "/api/v1/iam/assignees/users":
        return {"value": []}, None
    return [], None


def entra(path, query, size):
    name = path.removeprefix("/v1.0/")
    if path.endswith("/token"):
        return {"token_type": "Bearer", "expires_in": 3599, "access_token": "t"}, None
    if name == "organization":
        return {"value": [{"id": "o"}]}, None
    if name == "users":
        start = int(query.get("skip", ["0"])[0])
        body = {"value": [
            {"id": f"u{n}", "displayName": f"Person {n}", "mail": f"u{n}@example.com", "accountEnabled": True,
             "userPrincipalName": f"u{n}@example.com", "userType": "Member", "createdDateTime": "2024-01-02T03:04:05Z"}
            for n in range(start, min(start + 4, size))]}
        if start + 4 < size:
            body["@odata.nextLink"] = f"https://graph.microsoft.com{path}?skip={start + 4}"
        return body, None
    return {"value": []}, None


class Provider:
    """One process that plays both platforms for all workspaces. POST /control sets the latency and resets the
    counters."""

    # The requests per second that each org allows; 0 means no limit.
    rate = 0

    def __init__(self, latency):
        self.latency, self.count, self.refused, self.since = latency, 0, 0, time.time()
        # The remaining requests of each org, which is recognised by its token, and the time of that number.
        self.budgets = {}

    def may_answer(self, token):
        """Returns True if a request is within the limit of `rate` requests per second. After a second without requests,
        `rate` requests may come at once."""
        if not self.rate or not token:
            return True
        now = time.time()
        left, then = self.budgets.get(token, (self.rate, now))
        left = min(self.rate, left + (now - then) * self.rate)
        self.budgets[token] = (left - 1 if left >= 1 else left, now)
        return left >= 1

    def answer(self, method, path, query, fields, body):
        """Returns the status, the JSON and the link to the next page."""
        play = entra if path.startswith("/v1.0/") or "oauth2/v2.0" in path else okta
        answer, link = play(path, query, self.size(fields))
        if "oauth2/v2.0" in path:
            # Later requests name their org by this token.
            answer["access_token"] = "t" + parse_qs(body.decode())["client_secret"][0]
        return 200, answer, link

    def report(self):
        """Returns the answer to GET /control."""
        return {"count": self.count, "refused": self.refused, "seconds": time.time() - self.since}

    async def serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = head.split("\r\n")
                method, target, _ = lines[0].split(" ")
                fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                url = urlsplit(target)
                link, status, limit = None, 200, ""
                if url.path == "/control":
                    answer = self.report()
                    if method == "POST":
                        Provider.__init__(self, json.loads(body)["latency"])
                elif not self.may_answer(fields.get("authorization", "")):
                    # Microsoft Graph and Okta report a rate limit in this way.
                    self.refused += 1
                    answer, status = {"error": {"code": "TooManyRequests"}, "errorCode": "E0000047"}, 429
                    limit = f"Retry-After: 1\r\nX-Rate-Limit-Reset: {int(time.time()) + 1}\r\n"
                else:
                    self.count += 1
                    if self.latency:
                        await asyncio.sleep(self.latency)
                    status, answer, link = self.answer(method, url.path, parse_qs(url.query), fields, body)
                data = json.dumps(answer).encode()
                response = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n"
                if link:
                    response += f"Link: {link}\r\n"
                response += limit
                writer.write(response.encode() + b"\r\n" + data)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    @staticmethod
    def size(fields):
        """Returns a small size, or for one org in eight a ten times larger one."""
        token = fields.get("authorization", "")
        digits = "".join(character for character in token if character.isdigit())
        return 300 if digits and int(digits) % 8 == 0 else 38

    @classmethod
    def run(cls, pipe):
        async def main():
            provider = cls(0)
            server = await asyncio.start_server(provider.serve, "127.0.0.1", 0, backlog=1024)
            pipe.send(server.sockets[0].getsockname()[1])
            await server.serve_forever()
        asyncio.run(main())


class Providers:
    """A number of processes of one kind of provider."""

    def __init__(self, count, kind=Provider):
        self.ports, self.processes = [], []
        for _ in range(count):
            ours, theirs = multiprocessing.Pipe()
            process = multiprocessing.Process(target=kind.run, args=(theirs,), daemon=True)
            process.start()
            self.processes.append(process)
            self.ports.append(ours.recv())

    def begin(self, latency):
        for port in self.ports:
            data = json.dumps({"latency": latency}).encode()
            urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/control", data)).read()

    def reports(self):
        return [json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/control")) for port in self.ports]

    def count(self):
        return sum(report["count"] for report in self.reports())

    def refused(self):
        return sum(report["refused"] for report in self.reports())

"""Uses a running server with the official SDK of the Model Context Protocol: all tools, by HTTP and by standard input and
output of `local-runner mcp`, in the newest revision and with the older handshake.

Standard input: {"url", "read", "write", "database", "runner", "options"}: the server, two API keys, the SQLite file of its
database, the program local-runner, and the options with which that finds the database. Prints a line for each call, and a
line that begins with PROBLEM for each result that is not as expected.
"""
import asyncio
import json
import os
import sqlite3
import sys

from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.types import ElicitResult

given = json.load(sys.stdin)
READING = [
    "get_risk_score", "list_findings", "lookup_identity", "get_integrations", "get_posture_summary", "list_rules",
    "check_app_policy",
]
CHANGING = ["trigger_sync", "snooze_finding", "dismiss_finding", "remediate_finding", "set_app_policy"]
used = set()
with sqlite3.connect(given["database"]) as database:
    [email] = database.execute("SELECT min(email) FROM identities WHERE status = 'active'").fetchone()


def transport(name, key):
    if name == "http":
        client = create_mcp_http_client({"Authorization": "Bearer " + key})
        return streamable_http_client(given["url"] + "/api/mcp", http_client=client)
    options = given["options"] if name == "stdio" else ["--url", given["url"]]
    server = StdioServerParameters(
        command=given["runner"], args=["mcp"] + options, env={"THALIAN_API_KEY": key})
    return stdio_client(server, errlog=open(os.devnull, "w"))


class Person:
    """The person who uses the client. Confirms what is asked, unless `answers` is False."""

    def __init__(self):
        self.questions = []
        self.answers = True

    async def __call__(self, context, request):
        self.questions.append(request.message)
        return ElicitResult(action="accept", content={"confirm": True}) if self.answers else ElicitResult(action="decline")


class Check:
    def __init__(self, name, mode):
        self.name = name
        self.revision = "2025-11-25" if mode == "legacy" else "2026-07-28"
        self.mode = mode

    def say(self, what, outcome):
        print(f"{self.name} {self.revision} {what}: {outcome}")

    def expect(self, condition, what):
        if not condition:
            print(f"PROBLEM {self.name} {self.revision} {what}")

    async def call(self, client, tool, arguments, fails=False):
        result = await client.call_tool(tool, arguments)
        text = result.content[0].text
        self.expect(result.is_error == fails, f"{tool}: {text[:300]}")
        if not fails:
            self.expect(result.structured_content is not None, f"{tool} has no structured content")
            # A long result is cut off within the mark, and a sentence behind it says so.
            _, _, marked = text.partition("<data>")
            self.expect("</data>" in marked, f"{tool} does not mark its data: {text[:300]}")
        self.say(tool + (" (fails)" if fails else ""), text.split("\n")[0])
        return result.structured_content

    async def refused(self, client, tool, arguments, words):
        try:
            result = await client.call_tool(tool, arguments)
            self.expect(False, f"{tool} {arguments} is not refused: {result.content[0].text[:300]}")
        except MCPError as error:
            self.expect(error.code == -32602 and words in error.message, f"{tool}: {error.code} {error.message}")
            self.say(tool + " (bad input)", f"{error.code} {error.message}")

    async def all_tools(self):
        person = Person()
        async with Client(transport(self.name, given["write"]), mode=self.mode, elicitation_callback=person) as client:
            self.expect(client.protocol_version == self.revision, f"speaks {client.protocol_version}")
            self.expect("data" in (client.instructions or ""), "gives no instructions")
            tools = (await client.list_tools()).tools
            self.expect([tool.name for tool in tools] == READING + CHANGING, f"lists {[tool.name for tool in tools]}")
            for tool in tools:
                self.expect(
                    tool.title and tool.output_schema and tool.annotations.read_only_hint == (tool.name in READING),
                    f"declares {tool}")
            await self.call(client, "get_risk_score", {})
            findings = []
            cursor = {}
            while len(findings) < 60 and cursor is not None:
                page = await self.call(client, "list_findings", {"limit": 20} | cursor)
                findings += [finding["id"] for finding in page["findings"]]
                cursor = {"cursor": page["cursor"]} if "cursor" in page else None
            findings = [finding for finding in findings if finding not in used]
            await self.call(client, "lookup_identity", {"email": email})
            await self.call(client, "get_integrations", {})
            await self.call(client, "get_posture_summary", {})
            await self.call(client, "list_rules", {})
            await self.call(client, "check_app_policy", {"app_name": "Figma"})
            await self.call(client, "trigger_sync", {})
            await self.call(client, "snooze_finding", {"findingId": self.take(findings), "days": 7})
            await self.call(client, "dismiss_finding", {"findingId": self.take(findings), "reason": "A test."})
            await self.remediate(client, findings)
            await self.call(client, "set_app_policy", {"app_name": "Figma", "status": "sanctioned"})
            asked = len(person.questions)
            self.expect(asked == 0 if self.mode == "legacy" else asked >= 5, f"asked {person.questions}")
            if self.mode != "legacy":
                self.say("questions", person.questions[1])
                person.answers = False
                await self.call(client, "dismiss_finding", {"findingId": findings[0]}, fails=True)
                page = await self.call(client, "list_findings", {"limit": 100})
                self.expect(findings[0] in [finding["id"] for finding in page["findings"]], "a declined call was carried out")
            await self.call(client, "lookup_identity", {"email": "nobody@example.invalid"}, fails=True)
            await self.refused(client, "list_findings", {"limit": 0}, "limit must be an integer from 1 to 100.")
            await self.refused(client, "snooze_finding", {"days": 7}, "findingId is required.")
            await self.refused(client, "list_finding", {}, "list_findings")

    def take(self, findings):
        finding = findings.pop(0)
        used.add(finding)
        return finding

    async def remediate(self, client, findings):
        """Requests the recommended action about the first finding for which one is possible."""
        while findings:
            arguments = {"findingId": self.take(findings), "reason": "A test."}
            result = await client.call_tool("remediate_finding", arguments)
            if not result.is_error:
                self.say("remediate_finding", result.content[0].text.split("\n")[0])
                return
        self.expect(False, "remediate_finding: no finding can be remediated")

    async def read_key(self):
        async with Client(transport(self.name, given["read"]), mode=self.mode) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            self.expect(names == READING, f"a read key sees {names}")
            await self.call(client, "get_risk_score", {})
            try:
                await client.call_tool("trigger_sync", {})
                self.expect(False, "a read key may sync")
            except MCPError as error:
                self.expect("the scope write" in error.message, f"a read key gets {error.message}")
                self.say("trigger_sync (read key)", error.message)


async def main():
    for name in ["http", "stdio", "stdio-url"]:
        # "auto" asks for the revisions that the server supports, and "legacy" begins with initialize.
        for mode in ["auto", "legacy"]:
            check = Check(name, mode)
            try:
                await check.read_key()
                await check.all_tools()
            except BaseException as error:
                while isinstance(error, BaseExceptionGroup):
                    error = error.exceptions[0]
                print(f"PROBLEM {name} {mode}: {type(error).__name__} {error}")


asyncio.run(main())

"""Generates a client with openapi-python-client from a running server's OpenAPI document, and completes a session with it.

Standard input: {"url", "session", "workspaceId"}: the server, a session token of an administrator, and the workspace.
Prints one line for each problem.
"""
import json
import subprocess
import sys
import tempfile
import urllib.request

given = json.load(sys.stdin)
folder = tempfile.TemporaryDirectory()
with urllib.request.urlopen(given["url"] + "/api/openapi.json") as response, open(folder.name + "/openapi.json", "wb") as file:
    file.write(response.read())
with open(folder.name + "/config.yaml", "w") as file:
    file.write("post_hooks: []\n")
# A warning says that a part of the document can't be used.
generation = subprocess.run(
    [
        sys.executable, "-m", "openapi_python_client", "generate", "--path", folder.name + "/openapi.json", "--meta", "none",
        "--config", folder.name + "/config.yaml", "--output-path", folder.name + "/thalian_client", "--fail-on-warning",
    ], capture_output=True, text=True)
if generation.returncode:
    print(generation.stdout, generation.stderr)
    sys.exit(1)
sys.path.insert(0, folder.name)

from thalian_client import AuthenticatedClient, Client
from thalian_client.api.api_keys import (
    get_app_policy, get_integrations, get_posture_summary, get_risk_score, list_findings, list_rules, lookup_identity,
    set_app_policy, snooze_finding)
from thalian_client.api.sessions import analyze_workspace, create_api_key, export_workspace, list_api_keys, revoke_api_key
from thalian_client.api.without_credentials import get_health
from thalian_client import models

workspace = given["workspaceId"]

def expect(condition, sentence):
    if not condition:
        print(sentence)

def answer(module, status, client, **inputs):
    """Calls an operation; returns the model of the answer."""
    response = module.sync_detailed(client=client, **inputs)
    expect(response.status_code == status, f"{module.__name__}: {response.status_code} {response.content[:300]}")
    return response.parsed

def body(model, /, **members):
    return getattr(models, model).from_dict(members)

health = answer(get_health, 200, Client(given["url"]))
expect(health.services.database == "ok", "the database is not ok")

member = AuthenticatedClient(given["url"], given["session"], raise_on_unexpected_status=True)
made = answer(
    create_api_key, 200, member, body=body("CreateApiKeyBody", workspaceId=workspace, name="Generated", scope="write"))
tool = AuthenticatedClient(given["url"], made.key, raise_on_unexpected_status=True)

risk = answer(get_risk_score, 200, tool)
expect(0 < risk.score <= 100 and risk.severity_counts.critical > 0 and len(risk.top_risks) == 5, "the risk score is empty")
summary = answer(get_posture_summary, 200, tool)
expect(summary.metrics.risk_score == risk.score, "the summary has another risk score")

found = answer(list_findings, 200, tool, severity="critical,high", limit=5)
expect(found.returned == 5 and {finding.severity for finding in found.findings} <= {"critical", "high"}, "other findings")
snoozed = answer(
    snooze_finding, 200, tool, body=body("SnoozeFindingBody", findingId=str(found.findings[0].id), days=7, reason="Later."))
expect(snoozed.status == "snoozed" and snoozed.snoozed_until.year > 2000, "the finding is not snoozed")
again = answer(
    snooze_finding, 409, tool, body=body("SnoozeFindingBody", findingId=str(found.findings[0].id), days=7))
expect("snoozed" in again.error, "the error does not say why")
expect("identity" in answer(lookup_identity, 404, tool, email="nobody@example.com").error, "another error")
answer(set_app_policy, 200, tool, body=body("SetAppPolicyBody", app_name="Figma", status="sanctioned"))
expect(answer(get_app_policy, 200, tool, app_name="figma").status == "sanctioned", "the decision is not stored")
rules = answer(list_rules, 200, tool)
expect(rules.total + rules.total_without_input == len(rules.rules) > 50, "rules are missing")
expect(answer(get_integrations, 200, tool).connected_count > 0, "no platform is connected")

analysis = answer(analyze_workspace, 200, member, body=body("AnalyzeWorkspaceBody", workspaceId=workspace))
expect(len(analysis.findings) > 5 and analysis.findings[0].finding_key, "the analysis has no findings")
export = answer(export_workspace, 200, member, body=body("ExportWorkspaceBody", workspaceId=workspace, format="json"))
expect(export.entity_counts.identities == len(export.data.identities) > 0, "the export has no identities")

keys = answer(list_api_keys, 200, member, workspace_id=workspace).keys
expect([key.name for key in keys if key.id == made.id] == ["Generated"], "the key is not listed")
answer(revoke_api_key, 200, member, body=body("RevokeApiKeyBody", workspaceId=workspace, keyId=str(made.id)))
expect("API key" in answer(get_risk_score, 401, tool).error, "the revoked key still works")

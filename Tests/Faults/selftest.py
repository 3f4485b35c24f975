"""Shows that each check detects its kind of damage: after a short load without faults no check fails, and after one
change to a copy of its database, or to the machine, the right check fails."""

import copy
import os
import re
import shutil
import sqlite3
import subprocess
import time

import checks
from clients import Client, Ledger

#: The damage: its description, the SQL that causes it, and a pattern of the sentence that must report it.
SPOILED = [
    ("a write that was acknowledged is gone", "UPDATE findings SET status = 'open' WHERE status = 'dismissed'",
     r"Finding \S+ is open, and the audit log says dismissed"),
    ("a write has another reason", "UPDATE findings SET reason = 'x' WHERE status = 'snoozed'", r"for the reason x"),
    ("an entry of a finding is lost", "DELETE FROM audit_log WHERE action = 'finding.snoozed'",
     r"Decisions about findings: 1 were acknowledged .* 0 are there"),
    ("a decision about an application is lost", "DELETE FROM app_policies", r"is none, and the audit log says"),
    ("a decision without a request", """
        INSERT INTO app_policies SELECT workspace_id, 'Y', 'y', 'blocked', NULL, created_at FROM api_keys LIMIT 1""",
     r"y is blocked, and the audit log says none"),
    ("an entry of an application is lost", "DELETE FROM audit_log WHERE action = 'app_policy.set'",
     r"Decisions about applications: \d+ were acknowledged"),
    ("a key is lost", "DELETE FROM api_keys WHERE name LIKE 'mark-%'",
     r"a key that was created, and the table does not"),
    ("a key's entry is lost", "DELETE FROM audit_log WHERE action = 'api_key.created'",
     r"a key that was created has 0 entries"),
    ("a revocation is lost", "UPDATE api_keys SET revoked_at = NULL", r"a client was told that it is"),
    ("an entry of a connection is lost", "DELETE FROM audit_log WHERE action = 'integration.connected'",
     r"Entries integration.connected: \d+ were acknowledged"),
    ("credentials outlive their integration", "UPDATE integrations SET status = 'disconnected'",
     r"is disconnected, and the audit log says connected"),
    ("an entry of a sync is lost", "DELETE FROM audit_log WHERE action = 'integration.synced'",
     r"syncs, and 0 entries of syncs"),
    ("a sync that is half applied", "UPDATE accounts SET department = 'v0' WHERE username = 'u3'",
     r"12 accounts of 2 syncs"),
    ("an account is lost", "DELETE FROM accounts WHERE username = 'u3'", r"11 accounts of 1 syncs"),
    ("an action is lost", "DELETE FROM remediation_actions", r"Action \S+ was acknowledged, and is not there"),
    ("an action's entry is lost", "DELETE FROM audit_log WHERE action = 'remediation.requested'",
     r"an action that was requested has 0 entries"),
    ("an action's end is not told", "DELETE FROM audit_log WHERE action = 'remediation.executed'",
     r"is succeeded, and the audit log says nothing"),
    ("an action that nothing ends", "UPDATE remediation_actions SET status = 'running' WHERE status = 'succeeded'",
     r"is running, and nothing is left that would end it"),
    ("an action is told to have failed that was carried out",
     "UPDATE remediation_actions SET status = 'failed' WHERE status = 'succeeded'",
     r"is failed, and the provider has carried it out"),
    ("half a turn of a chat", "DELETE FROM chat_messages WHERE position = 1", r"no whole turns"),
    ("an event of Stripe's is lost", "DELETE FROM billing_events", r"Event \S+ was acknowledged, and is not there"),
    ("an event of Stripe's is there by half", "DELETE FROM stripe_subscriptions", r"is there by half"),
    ("an entry of an export is lost", "DELETE FROM audit_log WHERE action LIKE '%.exported'", r"exported: \d+ were"),
    ("an analysis without an entry", "DELETE FROM audit_log WHERE action = 'analysis.completed'",
     r"analyses, and 0 entries"),
    ("an expired claim without another worker", """
        INSERT INTO jobs (id, workspace_id, kind, lane, state, urgency, order_key, run_after, payload, created_at,
            lease_expires_at)
        SELECT id, id, 'sync', 'sync', 'running', 0, 0, created_at, '{}', created_at, created_at FROM workspaces
        LIMIT 1""",
     r"jobs whose claim has expired"),
    ("staged records are left", """
        INSERT INTO sync_records SELECT workspace_id, id, 'account', 'x', id, '{}', '' FROM sync_runs
        WHERE status = 'completed' LIMIT 1""", r"staged records of syncs that have ended"),
    ("an account's person is gone", "UPDATE accounts SET identity_id = integration_id WHERE username = 'u3'",
     r"accounts without the person"),
    ("a link without an account", """
        INSERT INTO account_links SELECT workspace_id, id, 'a@example.com' FROM sync_runs LIMIT 1""",
     r"links without an account"),
    ("two syncs of one integration", """
        INSERT INTO sync_runs (id, workspace_id, integration_id, status, started_at)
        SELECT column1 || integration_id, workspace_id, integration_id, 'in_progress', started_at
        FROM sync_runs, (VALUES ('a'), ('b'))
        GROUP BY integration_id, column1""", r"integrations with two syncs"),
]


def run(work, options):
    from run import Run
    options.kills, options.engine, options.dispatch = 0, "sqlite", "reuse"
    run = Run(work, options)
    failures = []

    def expect(what, sentences, pattern):
        if not any(re.search(pattern, sentence) for sentence in sentences):
            failures.append(f"{what} is not noticed")

    stand = run.stand
    stand.prepare()
    stand.start_clients(range(options.clients), options.seed, ())
    kinds = {"snooze", "dismiss", "policy", "create key", "revoke key", "sync", "action", "chat", "bill", "export",
             "connect", "analyze", "export audit log"}

    def missing():
        return kinds - {write.kind for write in list(stand.ledger.writes) if write.status == 200}

    def is_complete():
        # At most one analysis a minute is possible, and the worker's analyses after syncs would take nearly all turns.
        if "analyze" in missing():
            stand.store.script("UPDATE analysis_runs SET started_at = '2026-01-01T00:00:00Z' WHERE status <> 'running';")
        return not missing()

    if not stand.wait_until("each kind of write was acknowledged", is_complete, 120):
        failures.append(f"no request of these kinds was acknowledged: {', '.join(sorted(missing()))}")
    stand.stop_clients()
    run.settle()
    suspensions = stand.providers.reports()[0]["asked"]

    def violations(path, suspensions):
        def texts(query):
            with sqlite3.connect(path) as database:
                return [["" if value is None else str(value) for value in row] for row in database.execute(query)]
        return checks.all_of(
            checks.Facts(texts, stand.ledger, stand.workspaces, suspensions), run.injector.time(-60))

    whole, spoiled = os.path.join(work, "whole.db"), os.path.join(work, "spoiled.db")
    sqlite3.connect(stand.store.path).execute(f"VACUUM INTO '{whole}'")
    unexpected = violations(whole, suspensions) + stand.ledger.surprises + run.found
    failures += [f"without a fault: {line}" for line in unexpected]
    for what, sql, pattern in SPOILED:
        shutil.copy(whole, spoiled)
        database = sqlite3.connect(spoiled, isolation_level=None)
        # Drops the triggers that protect audit entries.
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        if database.execute(sql).rowcount < 1:
            failures.append(f"{what}: there is nothing to spoil")
        database.close()
        expect(what, violations(spoiled, suspensions), pattern)
    twice = {user: 2 for user in suspensions}
    expect("an action that was carried out twice", violations(whole, twice), r"was suspended 2 times")
    expect("an action that was never carried out", violations(whole, {}), r"the provider was never asked")

    # The audit log.
    workspace = next(workspace for workspace in stand.workspaces if workspace.use == "decisions")
    path = os.path.join(work, "export")
    stand.export_audit_log(workspace, path)
    expect("a chain that holds", [stand.verify(path) or "it holds"], "^it holds$")
    with open(path) as file:
        text = file.read()
    with open(path, "w") as file:
        file.write(text.replace("sanctioned", "blocked", 1))
    expect("an entry that was changed", [stand.verify(path)], "was changed")

    # Requests and answers.
    ledger = Ledger()
    ledger.note("GET /", 200, 34.5, 30, {200}, "")
    ledger.note("GET /", 500, 0, 30, {200}, "")
    ledger.note("GET /", None, 0, 30, {200}, "")
    expect("a late answer", ledger.surprises, r"took 34.5 s")
    expect("an unexpected answer", ledger.surprises, r"got 500")
    expect("an answer that breaks off", ledger.surprises, r"got no whole answer")
    ledger.note("GET /", 503, 0, 30, {200}, '{"error":"Too many requests at once. Try again in a moment."}')
    expect("a refusal", list(ledger.refused), "^GET /$")
    cut = copy.copy(b"\xef\xbb\xbfentity_type,id\r\nidentity,1\r\nend_of_export,1\r\n")
    if not Client.is_whole("csv", cut) or Client.is_whole("csv", cut.replace(b"identity,1\r\n", b"")):
        failures.append("an export that lacks a record is not noticed")

    # The machine.
    run.stop_servers()
    expect("a clean machine", list(checks.left_processes(stand.processes())) or ["clean"], "^clean$")
    with open(os.path.join(stand.temporary, "body"), "w"), open("/dev/shm/left", "w"):
        pass
    files = list(checks.left_files([stand.temporary, "/dev/shm"]))
    expect("a file in the temporary folder", files, "tmp/body was left")
    expect("a file in /dev/shm", files, "/dev/shm/left was left")
    orphan = [stand.program, "work", "--config", f"{work}/wrangler-like.json", "--persist-to", f"{work}/orphan",
              "--database", stand.url]
    subprocess.run(["bash", "-c", f'"$@" >{work}/orphan.log 2>&1 &', "bash", *orphan], check=True)
    stand.wait_until("the orphan runs", lambda: any(checks.left_processes(stand.processes())), 10)
    expect("a process without a parent", list(checks.left_processes(stand.processes())),
           r"local-runner, state [DRS].*left")
    unreaped = subprocess.Popen([stand.program, "--help"], stdout=subprocess.DEVNULL)
    time.sleep(0.3)
    expect("a process that is not reaped", list(checks.left_processes(stand.processes())), "state Z.*was left")
    unreaped.wait()
    files = [open("/dev/null") for _ in range(100)]
    expect("descriptors that are left open", list(checks.left_descriptors(os.getpid(), 2)), "descriptors open")
    for file in files:
        file.close()

    for line in failures:
        print(f"    ✘ {line}")
    count = len(SPOILED) + 15
    print(f"    {len(failures)} of these checks failed, and {count} things were spoiled" if failures
          else f"    {count} things were spoiled, and each was noticed")
    return 1 if failures else 0

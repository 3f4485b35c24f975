"""The conditions that must hold after any faults. Each check compares the responses that clients got, the tables and
the audit log, and returns a sentence for each violation."""

import json
import os
from collections import Counter, defaultdict

import processes as look


class Facts:
    """The contents of the database, read once."""

    def __init__(self, texts, ledger, workspaces, suspensions):
        self.texts = texts
        self.writes = defaultdict(list)
        for write in ledger.writes:
            self.writes[write.kind].append(write)
        self.ours = {workspace.id: workspace for workspace in workspaces}
        self.suspensions = suspensions
        #: The entries of the audit log by action, in order: (workspace, target, details).
        self.entries = defaultdict(list)
        for workspace, action, target, details in texts("""
                SELECT workspace_id, action, target_id, details FROM audit_log
                ORDER BY workspace_id, sequence_number"""):
            if workspace in self.ours:
                self.entries[action].append((workspace, target, json.loads(details)))

    def between(self, name, found, kinds, key=lambda write: write.workspace):
        """Checks for each key that at least the acknowledged and at most the requested number of writes happened."""
        writes = [write for kind in kinds for write in self.writes[kind]]
        asked = Counter(key(write) for write in writes)
        acknowledged = Counter(key(write) for write in writes if write.status == 200)
        found = Counter(found)
        for each in sorted(asked.keys() | found.keys(), key=str):
            if found[each] < acknowledged[each]:
                yield f"{name}: {acknowledged[each]} were acknowledged for {each}, and {found[each]} are there."
            if found[each] > asked[each]:
                yield f"{name}: {asked[each]} were asked for {each}, and {found[each]} are there."


def decisions(facts):
    """Checks that each decision about a finding has its audit entry, and that the finding has the status of the last
    decision."""
    marks = [(workspace, details.get("reason")) for action in ("finding.snoozed", "finding.dismissed")
             for workspace, _, details in facts.entries[action]]
    yield from facts.between(
        "Decisions about findings", marks, ["snooze", "dismiss"], lambda write: (write.workspace, write.mark))
    last = {}
    after = {"finding.snoozed": "snoozed", "finding.dismissed": "dismissed", "finding.reopened": "open"}
    for workspace, action, target, details in facts.texts("""
            SELECT workspace_id, action, target_id, details FROM audit_log WHERE target_type = 'finding'
            ORDER BY workspace_id, sequence_number"""):
        if action in after:
            last[target] = (after[action], json.loads(details).get("reason", ""))
    for workspace, finding, status, reason in facts.texts(
            "SELECT workspace_id, id, status, reason FROM findings WHERE rule_id = 'mixed_load'"):
        if facts.ours[workspace].use != "decisions":
            continue
        told, why = last.get(finding, ("open", ""))
        if status != told:
            yield f"Finding {finding} is {status}, and the audit log says {told}."
        elif status != "open" and reason != why:
            yield f"Finding {finding} is {status} for the reason {reason}, and the audit log says {why}."


def policies(facts):
    """Checks that each decision about an application has its audit entry, which names the previous decision, and that
    the table contains the last decision."""
    yield from facts.between(
        "Decisions about applications",
        [(workspace, (details["app_name"], details["status"]))
         for workspace, _, details in facts.entries["app_policy.set"]],
        ["policy"], lambda write: (write.workspace, write.mark))
    last = {}
    for workspace, _, details in facts.entries["app_policy.set"]:
        key = (workspace, details["app_name"].lower())
        if details["previous_status"] != last.get(key, "none"):
            yield f"{details['app_name']} was {details['previous_status']}, and the entry before says {last.get(key)}."
        last[key] = details["status"]
    there = {(workspace, name): status for workspace, name, status in facts.texts(
        "SELECT workspace_id, app_name_folded, status FROM app_policies") if workspace in facts.ours}
    for key in last.keys() | there.keys():
        if last.get(key, "none") != there.get(key, "none"):
            yield f"{key[1]} is {there.get(key, 'none')}, and the audit log says {last.get(key, 'none')}."


def keys(facts):
    """Checks that exactly the created and the revoked API keys have audit entries."""
    rows = [row for row in facts.texts("SELECT workspace_id, id, name, revoked_at FROM api_keys")
            if row[0] in facts.ours and row[2].startswith("mark-")]
    yield from facts.between(
        "API keys", [(workspace, name) for workspace, _, name, _ in rows], ["create key"],
        lambda write: (write.workspace, write.mark))
    yield from same("a key", {row[1] for row in rows}, facts.entries["api_key.created"], "was created")
    revoked = {row[1] for row in rows if row[3]}
    yield from same("a key", revoked, facts.entries["api_key.revoked"], "was revoked")
    for write in facts.writes["revoke key"]:
        if write.status == 200 and write.mark not in revoked:
            yield f"Key {write.mark} is not revoked, and a client was told that it is."


def same(what, identifiers, entries, did):
    """Checks that each row has one audit entry and each entry has its row."""
    told = Counter(target for _, target, _ in entries)
    for each in sorted(identifiers | told.keys()):
        if told[each] != (1 if each in identifiers else 0):
            yield f"{each}: {what} that {did} has {told[each]} entries in the audit log." if each in identifiers else \
                f"{each}: the audit log tells of {what} that {did}, and the table does not."


def integrations(facts):
    for kind, action in [("connect", "connected"), ("disconnect", "disconnected"), ("request syncs", "sync_requested")]:
        yield from facts.between(
            f"Entries integration.{action}", [entry[0] for entry in facts.entries["integration." + action]], [kind])
    last = {}
    for workspace, action, target in facts.texts("""
            SELECT workspace_id, action, target_id FROM audit_log
            WHERE action IN ('integration.connected', 'integration.disconnected')
            ORDER BY workspace_id, sequence_number"""):
        if workspace in facts.ours:
            last[target] = action.rpartition(".")[2]
    for workspace, identifier, status, sealed in facts.texts("""
            SELECT workspace_id, id, status, CASE WHEN credentials IS NULL THEN '' ELSE 'sealed' END
            FROM integrations"""):
        if workspace not in facts.ours:
            continue
        is_disconnected = status == "disconnected"
        if is_disconnected != (last.get(identifier) == "disconnected"):
            yield f"Integration {identifier} is {status}, and the audit log says {last.get(identifier)}."
        if is_disconnected == bool(sealed):
            yield f"Integration {identifier} is {status}, and its credentials are {sealed or 'gone'}."


def syncs(facts):
    """Checks that each finished sync has its audit entry, and that its records come from a single version of the
    provider's data."""
    completed = Counter(row[0] for row in facts.texts(
        "SELECT workspace_id FROM sync_runs WHERE status = 'completed'") if row[0] in facts.ours)
    told = Counter(entry[0] for entry in facts.entries["integration.synced"])
    for workspace in facts.ours:
        if completed[workspace] != told[workspace]:
            yield f"Workspace {workspace} has {completed[workspace]} syncs, and {told[workspace]} entries of syncs."
        acknowledged = sum(
            write.workspace == workspace and write.status == 200 and write.answer["status"] == "completed"
            for write in facts.writes["sync"])
        if completed[workspace] < acknowledged:
            yield f"{acknowledged} syncs of {workspace} were acknowledged, and {completed[workspace]} are there."
    for workspace, integration, versions, accounts in facts.texts("""
            SELECT workspace_id, integration_id, count(DISTINCT department), count(*) FROM accounts
            WHERE username NOT LIKE 'x%' GROUP BY workspace_id, integration_id"""):
        if workspace in facts.ours and (versions, accounts) != ("1", "12"):
            yield f"Integration {integration} has {accounts} accounts of {versions} syncs, and the provider has 12."


def actions(facts):
    """Checks that each action has one audit entry for its request and one for its end, and that no person was suspended
    twice."""
    rows = [row for row in facts.texts("""
        SELECT workspace_id, id, target_entity_id, idempotency_key, status, decided_by FROM remediation_actions""")
            if row[0] in facts.ours]
    there = {key: identifier for _, identifier, _, key, _, _ in rows}
    for write in facts.writes["action"]:
        if write.status == 200 and there.get(write.mark) != write.answer["actionId"]:
            yield f"Action {write.answer['actionId']} was acknowledged, and is not there."
    asked = {write.mark for write in facts.writes["action"]}
    yield from (f"Action {key} was never asked for." for key in there.keys() - asked)
    yield from same("an action", {row[1] for row in rows}, facts.entries["remediation.requested"], "was requested")
    decided = Counter(target for name in ("approved", "rejected")
                      for _, target, _ in facts.entries["remediation." + name])
    for kind, took in [("approve", "approved"), ("reject", "rejected")]:
        targets = {target for _, target, _ in facts.entries["remediation." + took]}
        for write in facts.writes[kind]:
            if write.status == 200 and write.mark not in targets:
                yield f"Action {write.mark} was {took}, as a client was told, and the audit log does not know."
    ends = defaultdict(list)
    for name in ("executed", "failed", "rejected", "cancelled"):
        for _, target, details in facts.entries["remediation." + name]:
            ends[target].append(name)
    fitting = {"succeeded": "executed", "failed": "failed", "unknown_outcome": "failed", "rejected": "rejected",
               "cancelled": "cancelled"}
    for _, identifier, _, user, status, decided_by in rows:
        if ends[identifier] != ([fitting[status]] if status in fitting else []):
            yield f"Action {identifier} is {status}, and the audit log says {ends[identifier] or 'nothing'}."
        if status in ("queued", "running"):
            yield f"Action {identifier} is {status}, and nothing is left that would end it."
        if decided[identifier] != (1 if decided_by else 0):
            yield f"Action {identifier} was decided {decided[identifier]} times, as the audit log says."
        times = facts.suspensions.get(user, 0)
        if times > 1:
            yield f"{user} was suspended {times} times by one action."
        if times == 0 and status == "succeeded":
            yield f"Action {identifier} is said to have succeeded, and the provider was never asked."
        if times == 1 and status not in ("succeeded", "unknown_outcome"):
            yield f"Action {identifier} is {status}, and the provider has carried it out."


def chats(facts):
    """Checks that each turn of a chat has two messages or none."""
    rows = facts.texts("""
        SELECT chat_sessions.workspace_id, chat_sessions.client_id, count(*), max(chat_messages.position)
        FROM chat_sessions LEFT JOIN chat_messages ON chat_messages.session_id = chat_sessions.id
        GROUP BY chat_sessions.workspace_id, chat_sessions.client_id""")
    for _, session, count, last in rows:
        if int(count) % 2 or last != str(int(count) - 1):
            yield f"Chat {session} has {count} messages, up to number {last}: no whole turns."
    turns = [(workspace, session) for workspace, session, count, _ in rows for _ in range(int(count) // 2)]
    yield from facts.between("Turns of chats", turns, ["chat"], lambda write: (write.workspace, write.mark))


def bills(facts):
    """Checks that each event from Stripe was processed once, with its subscription and its audit entry."""
    events = {identifier.removeprefix("evt_") for _, identifier in facts.texts(
        "SELECT workspace_id, id FROM billing_events")}
    subscriptions = {identifier.removeprefix("sub_") for _, identifier in facts.texts(
        "SELECT workspace_id, id FROM stripe_subscriptions")}
    told = Counter(details["subscription_id"].removeprefix("sub_")
                   for _, _, details in facts.entries["billing.subscription_updated"])
    for write in facts.writes["bill"]:
        if write.status == 200 and write.mark not in events:
            yield f"Event {write.mark} was acknowledged, and is not there."
    yield from (f"Event {mark} was never sent." for mark in events - {write.mark for write in facts.writes["bill"]})
    for mark in sorted(events | subscriptions | told.keys()):
        if (mark in events, mark in subscriptions, told[mark]) != (True, True, 1):
            yield f"Event {mark} is there by half: its subscription or its entry is missing, or doubled."


def records(facts):
    """Checks that exports and analyses have their audit entries."""
    for kind, action in [("export", "workspace.exported"), ("export audit log", "audit_log.exported")]:
        yield from facts.between(action, [entry[0] for entry in facts.entries[action]], [kind])
    completed = Counter(row[0] for row in facts.texts(
        "SELECT workspace_id FROM analysis_runs WHERE status = 'completed'") if row[0] in facts.ours)
    told = Counter(entry[0] for entry in facts.entries["analysis.completed"])
    for workspace in facts.ours:
        if completed[workspace] != told[workspace]:
            yield f"Workspace {workspace} has {completed[workspace]} analyses, and {told[workspace]} entries of them."


#: Rows that must not exist: rows that belong to nothing, and claims that have expired.
ORPHANS = {
    "links without an account":
        "SELECT account_id FROM account_links WHERE account_id NOT IN (SELECT id FROM accounts)",
    "accounts without an integration":
        "SELECT id FROM accounts WHERE integration_id NOT IN (SELECT id FROM integrations)",
    "accounts without the person that they name":
        "SELECT id FROM accounts WHERE identity_id IS NOT NULL AND identity_id NOT IN (SELECT id FROM identities)",
    "staged records of syncs that have ended": """
        SELECT sync_run_id FROM (
            SELECT sync_run_id FROM sync_records UNION SELECT sync_run_id FROM sync_protected
            UNION SELECT sync_run_id FROM sync_gone UNION SELECT sync_run_id FROM sync_identities) AS staged
        WHERE sync_run_id NOT IN (
            SELECT id FROM sync_runs WHERE status IN ('queued', 'in_progress'))""",
    "changes of syncs that have not ended": """
        SELECT entity_id FROM sync_events WHERE sync_run_id NOT IN (
            SELECT id FROM sync_runs WHERE status = 'completed')""",
    "integrations with two syncs under way": """
        SELECT integration_id FROM sync_runs WHERE status IN ('queued', 'in_progress') GROUP BY integration_id
        HAVING count(*) > 1""",
    "workspaces with two analyses under way": """
        SELECT workspace_id FROM analysis_runs WHERE status = 'running' GROUP BY workspace_id HAVING count(*) > 1""",
    "jobs that run without a claim": "SELECT id FROM jobs WHERE state = 'running' AND lease_expires_at IS NULL",
    "jobs whose claim has expired without another worker":
        "SELECT id FROM jobs WHERE state = 'running' AND lease_expires_at < '{past}'",
    "jobs that are ready and not taken": "SELECT id FROM jobs WHERE state = 'ready' AND run_after < '{past}'",
    "dead jobs without a reason": "SELECT id FROM dead_jobs WHERE error = ''",
    "jobs that are in the queue and dead": "SELECT id FROM jobs WHERE id IN (SELECT id FROM dead_jobs)",
}


def orphans(facts, past):
    """Finds rows that must not exist. Claims and due times before `past` must have been handled."""
    for what, query in ORPHANS.items():
        rows = facts.texts(query.format(past=past))
        if rows:
            yield f"There are {what}: {len(rows)}, such as {rows[0][0]}."


def requests(ledger):
    yield from ledger.surprises


def all_of(facts, past):
    """Returns all violations that the database shows."""
    found = []
    for check in (decisions, policies, keys, integrations, syncs, actions, chats, bills, records):
        found += list(check(facts))
    return found + list(orphans(facts, past))


# MARK: The machine

def left_files(folders):
    """Finds files left behind in folders that should be empty, except those of PostgreSQL's server."""
    for folder in folders:
        for name in sorted(os.listdir(folder)):
            if not name.startswith("PostgreSQL."):
                yield f"{folder}/{name} was left behind."


def left_processes(processes, roots=()):
    """Finds running processes without a parent of this run, and processes that ended but were never reaped."""
    for process in processes.values():
        if process.name == "postgres" or process.id in roots:
            continue
        if process.state == "Z" or process.parent not in processes:
            yield f"Process {process.id} ({process.name}, state {process.state}) was left behind."


def left_descriptors(server, children):
    """Finds descriptors beyond those that a server with this number of children and no clients needs."""
    count = look.descriptors(server)
    if count > 40 + 8 * children:
        yield f"Process {server} has {count} descriptors open, with {children} children and no client."

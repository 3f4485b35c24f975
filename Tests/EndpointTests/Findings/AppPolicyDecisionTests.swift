import Base
import Findings
import Function
import HTTP
import Store
import Synchronization
import TestSupport
import Testing

@testable import api_mcp_app_policy

/// Decisions about applications.
@Suite(.usesStore) struct AppPolicyDecisionTests {
    private let store: TestStore
    private let okta: Identifier

    init() throws {
        store = try TestStore()
        okta = try store.own.addIntegration("okta")
    }

    private func set(_ name: JSON?, _ status: JSON?) -> Reply {
        var body: [String: JSON] = [:]
        body["app_name"] = name
        body["status"] = status
        return store.send(Call("POST", body: .object(body)).key(store.own.writeKey), to: AppPolicyFunction.self)
    }

    private func get(_ query: String) -> Reply {
        store.send(Call(query: "app_name=" + query).key(store.own.readKey), to: AppPolicyFunction.self)
    }

    private func policies() throws -> [[String]] {
        try store.database.rows(
            """
            SELECT app_name, app_name_folded, status, updated_by FROM app_policies WHERE workspace_id = $1
            ORDER BY app_name_folded
            """, store.own.id
        ) { row in try (0..<4).map { try row[$0] as String } }
    }

    private func statuses(_ workspace: TestWorkspace? = nil) throws -> [String: String] {
        let rows = try store.database.rows(
            "SELECT title, status FROM findings WHERE workspace_id = $1", (workspace ?? store.own).id
        ) { row in (try row[0] as String, try row[1] as String) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    private enum Timed: Function {
        static let onRequestPost = Handler("test", .apiKey(.write), "", returns: .json(.anything)) { context in
            .json(try context.workspace.setAppPolicy(.sanctioned, appName: "figma", now: TestStore.now))
        }
    }

    // MARK: Effects

    @Test("A decision about an application is stored", arguments: ["sanctioned", "unauthorized", "blocked"])
    func aDecisionIsKept(_ status: String) throws {
        let reply = set("Figma Pro", .string(status))
        #expect(reply.status == 200 && reply.json.object?.count == 3)
        #expect(reply.json["app_name"] == "Figma Pro" && reply.json["status"] == .string(status))
        #expect(reply.json["updated_at"]?.string.flatMap { Timestamp($0) } != nil)
        #expect(get("figma+pro").text == reply.text)
        #expect(try policies() == [["Figma Pro", "figma pro", status, store.own.writeKeyActor]])
    }

    @Test("Application names match without regard to case") func namesMatchWithoutRegardToCase() throws {
        #expect(set("Éclair", "blocked").status == 200)
        #expect(set("ÉCLAIR", "sanctioned").json["app_name"] == "Éclair")
        #expect(set("éclair", "unauthorized").json["status"] == "unauthorized")
        #expect(try policies().map { $0[0] + $0[2] } == ["Éclairunauthorized"])
        try store.own.addApplication("GitHub Copilot", from: okta)
        #expect(set("github copilot", "blocked").json["app_name"] == "GitHub Copilot", "as the platform spells it")
    }

    @Test("The status none removes the decision") func noneTakesTheDecisionBack() throws {
        try store.own.setPolicy("blocked", on: "Figma")
        try store.own.setPolicy("blocked", on: "Zoom")
        try store.other.setPolicy("blocked", on: "Figma")
        #expect(set("FIGMA", "none").json == ["app_name": "FIGMA", "status": "none"])
        #expect(set("figma", "none").json == ["app_name": "figma", "status": "none"], "there is none to take back")
        #expect(get("Figma").json["status"] == "none")
        #expect(try policies().map { $0[0] } == ["Zoom"])
        #expect(
            try store.database.first("SELECT count(*) FROM app_policies WHERE workspace_id = $1", store.other.id) {
                try $0[0] as Int
            } == 1)
    }

    // MARK: Shadow IT

    @Test("Sanctioning an application resolves its shadow IT findings")
    func sanctioningResolvesTheApplicationsShadowIT() throws {
        let slack = try store.own.addIntegration("slack")
        // The same application on two platforms, and a different one.
        let figma = [
            try store.own.addApplication("Figma", from: okta), try store.own.addApplication("FIGMA", from: slack),
        ]
        let zoom = try store.own.addApplication("Zoom", from: okta)
        for status in ["open", "in_progress", "snoozed", "dismissed", "resolved"] {
            try store.own.addFinding(
                "high", "shadow_it", status: status, title: "\(status) figma", application: figma[0])
        }
        try store.own.addFinding("low", "shadow_it", title: "other figma", application: figma[1])
        try store.own.addFinding("low", "shadow_it", title: "zoom", application: zoom)
        try store.own.addFinding("low", "shadow_it", title: "no application")
        try store.own.addFinding("low", "license_waste", title: "licenses", application: figma[0])
        for status: JSON in ["unauthorized", "blocked", "none"] {
            #expect(set("figma", status).status == 200)
        }
        #expect(try statuses()["open figma"] == "open", "other decisions resolve nothing")
        #expect(set("figma", "sanctioned").status == 200)
        #expect(
            try statuses() == [
                "open figma": "resolved", "in_progress figma": "resolved", "snoozed figma": "resolved",
                "dismissed figma": "dismissed", "resolved figma": "resolved", "other figma": "resolved",
                "zoom": "open", "no application": "open", "licenses": "open",
            ])
    }

    @Test("A finding that is resolved by a decision has the time and the reason")
    func aResolvedFindingSaysWhenAndWhy() throws {
        let figma = try store.own.addApplication("Figma", from: okta)
        let until = TestStore.now + .days(3)
        try store.own.addFinding("high", "shadow_it", status: "snoozed", application: figma, snoozedUntil: until)
        #expect(store.send(Call("POST", body: [:]).key(store.own.writeKey), to: Timed.self).status == 200)
        let row = try store.database.first("SELECT snoozed_until, reason, resolved_at, updated_at FROM findings") {
            row in try (0..<4).map { try row[$0] as String? }
        }
        let now = TestStore.now.description
        #expect(row == [nil, SanctionReason.program.rawValue, now, now])
    }

    @Test("Findings of other workspaces are not resolved") func theOthersFindingsStay() throws {
        try store.own.addFinding(
            "high", "shadow_it", application: try store.own.addApplication("Figma", from: okta))
        let theirs = try store.other.addIntegration("okta")
        try store.other.addFinding(
            "high", "shadow_it", application: try store.other.addApplication("Figma", from: theirs))
        #expect(set("Figma", "sanctioned").status == 200)
        #expect(try Array(statuses().values) == ["resolved"])
        #expect(try Array(statuses(store.other).values) == ["open"] && store.other.auditEntries().isEmpty)
    }

    // MARK: The audit log

    @Test("One audit entry names the key and the resolved findings")
    func oneEntryNamesTheKeyAndWhatWasResolved() throws {
        let figma = try store.own.addApplication("Figma", from: okta)
        let finding = try store.own.addFinding("high", "shadow_it", application: figma)
        try store.own.setPolicy("blocked", on: "Figma")
        #expect(set("figma", "sanctioned").status == 200)
        #expect(set("Unheard Of", "unauthorized").status == 200)
        #expect(set("figma", "none").status == 200)
        func entry(_ application: Identifier?, _ details: [String: JSON]) -> TestAuditEntry {
            store.own.entryOfWriteKey("app_policy.set", on: "application", application?.description, details)
        }
        #expect(
            try store.own.auditEntries() == [
                entry(
                    figma,
                    [
                        "app_name": "Figma", "status": "sanctioned", "previous_status": "blocked",
                        "resolved_findings": [.string(finding.description)],
                    ]),
                entry(nil, ["app_name": "Unheard Of", "status": "unauthorized", "previous_status": "none"]),
                entry(figma, ["app_name": "Figma", "status": "none", "previous_status": "sanctioned"]),
            ])
    }

    @Test("A policy decision whose audit entry fails is undone") func aDecisionWithoutItsEntryIsUndone() throws {
        try store.own.addFinding(
            "high", "shadow_it", application: try store.own.addApplication("Figma", from: okta))
        try store.own.endAuditLog()
        let reply = set("Figma", "sanctioned")
        #expect(reply.status == 500 && reply.error == "Something went wrong on our side. Try again later.")
        #expect(try policies().isEmpty && Array(statuses().values) == ["open"])
    }

    // MARK: Refused requests

    @Test("An invalid field of a policy decision is named in the error") func badFieldsAreNamed() throws {
        #expect(set(nil, "blocked").error == "app_name is required.")
        #expect(set("Figma", nil).error == "status is required.")
        for name: JSON in ["", .string(String(repeating: "x", count: 201)), "a\u{0}", 7, ["Figma"]] {
            let reply = set(name, "blocked")
            #expect(reply.status == 400 && reply.error == "app_name must be a string of 1 to 200 characters.")
        }
        for status: JSON in ["", "allowed", "Blocked", 7, false] {
            let reply = set("Figma", status)
            #expect(reply.status == 400)
            #expect(reply.error == "status must be one of sanctioned, unauthorized, blocked, none.")
        }
        #expect(set(.string(String(repeating: "x", count: 200)), "blocked").status == 200)
        #expect(try policies().count == 1 && store.own.auditEntries().count == 1)
    }

    // MARK: Concurrency

    /// After concurrent decisions an application has one policy, which is that of the log's last entry.
    @Test("Concurrent decisions leave one policy and an unbroken log") func oneDecisionStands() throws {
        let (environment, key) = (store.environment(), store.own.writeKey)
        let decisions: [JSON] = ["sanctioned", "unauthorized", "blocked"]
        let answers = Mutex<[Int]>([])
        Threads(count: 6) { number in
            let name: JSON = number % 2 == 0 ? "figma" : "FIGMA"
            let body: JSON = ["app_name": name, "status": decisions[number % 3]]
            let reply = TestPipeline(AppPolicyFunction.self, environment).send(Call("POST", body: body).key(key))
            answers.withLock { $0.append(reply.status) }
        }.join()
        #expect(answers.withLock { $0 } == Array(repeating: 200, count: 6))
        let entries = try store.own.auditEntries().map(\.details)
        #expect(try entries.count == 6 && policies().count == 1)
        #expect(try entries.last?["status"]?.string == policies().first?[2])
        // Each entry names the decision before it.
        #expect(zip(entries, entries.dropFirst()).allSatisfy { $0["status"] == $1["previous_status"] })
    }
}

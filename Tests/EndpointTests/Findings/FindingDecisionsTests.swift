import Base
import Findings
import Function
import HTTP
import Store
import Synchronization
import TestSupport
import Testing

@testable import api_mcp_findings_dismiss
@testable import api_mcp_findings_snooze

/// Snoozing and dismissing findings.
@Suite(.usesStore) struct FindingDecisionsTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    /// The decisions about a finding that these tests make.
    enum Decision: String, CaseIterable, Sendable {
        case snoozed, dismissed

        var function: any Function.Type { self == .snoozed ? SnoozeFunction.self : DismissFunction.self }
    }

    private func send(
        _ decision: Decision, _ finding: JSON?, _ more: [String: JSON] = [:], key: String? = nil
    ) -> Reply {
        var body = more
        body["findingId"] = finding
        if decision == .snoozed, body["days"] == nil { body["days"] = 7 }
        return store.send(Call("POST", body: .object(body)).key(key ?? store.own.writeKey), to: decision.function)
    }

    private func send(_ decision: Decision, _ finding: Identifier, _ more: [String: JSON] = [:]) -> Reply {
        send(decision, .string(finding.description), more)
    }

    private struct Row: Equatable {
        var status: String
        var snoozedUntil: Timestamp?
        var reason: String?
        var updatedAt: Timestamp
    }

    private func row(_ finding: Identifier) throws -> Row? {
        try store.database.first(
            "SELECT status, snoozed_until, reason, updated_at FROM findings WHERE id = $1", finding
        ) { row in
            Row(status: try row[0], snoozedUntil: try row[1], reason: try row[2], updatedAt: try row[3])
        }
    }

    // MARK: Effects

    /// Handlers that snooze (POST) or dismiss (DELETE) a finding at the tests' time, with fixed days and reasons.
    private enum Timed: Function {
        static let onRequestPost = Handler(
            "test", .apiKey(.write), "", .required("id", .uuid, ""), returns: .json(.anything)
        ) { context, id in
            let end = try context.workspace.snoozeFinding(id, days: 90, reason: "vacation", now: TestStore.now)
            return .json(end)
        }
        static let onRequestDelete = Handler(
            "test", .apiKey(.write), "", .required("id", .uuid, ""), returns: .json(.anything)
        ) { context, id in
            try context.workspace.dismissFinding(id, reason: "accepted", now: TestStore.now)
            return .json(true)
        }
    }

    private func sendTimed(_ method: String, _ finding: Identifier) -> Reply {
        let call = Call(method, body: ["id": .string(finding.description)]).key(store.own.writeKey)
        return store.send(call, to: Timed.self)
    }

    @Test("A snoozed finding stores the end of its snooze and the reason") func aSnoozedFindingKnowsItsEnd() throws {
        let finding = try store.own.addFinding("high")
        #expect(sendTimed("POST", finding).json == "2026-07-14T12:30:00Z")
        let expected = Row(
            status: "snoozed", snoozedUntil: TestStore.now + .days(90), reason: "vacation", updatedAt: TestStore.now)
        #expect(try row(finding) == expected)
    }

    @Test("A dismissed finding stores the reason") func aDismissedFindingKnowsWhy() throws {
        let finding = try store.own.addFinding("high")
        #expect(sendTimed("DELETE", finding).status == 200)
        let expected = Row(status: "dismissed", snoozedUntil: nil, reason: "accepted", updatedAt: TestStore.now)
        #expect(try row(finding) == expected)
    }

    @Test("The answer has the finding's new status", arguments: ["open", "in_progress"])
    func theAnswerSaysWhatTheFindingIs(_ status: String) throws {
        let snoozed = try store.own.addFinding("high", status: status)
        let reply = send(.snoozed, snoozed, ["days": 30])
        let end = try #require(reply.json["snoozed_until"]?.string.flatMap { Timestamp($0) })
        #expect(end == TestStore.now + .days(30))
        #expect(try row(snoozed)?.snoozedUntil == end)
        #expect(
            reply.json == [
                "id": .string(snoozed.description), "status": "snoozed", "snoozed_until": .string(end.description),
            ])
        let dismissed = try store.own.addFinding("high", status: status)
        #expect(
            send(.dismissed, dismissed).json == ["id": .string(dismissed.description), "status": "dismissed"])
        #expect(try row(dismissed)?.status == "dismissed")
    }

    @Test("A decision changes only its own finding", arguments: Decision.allCases)
    func onlyTheOneFindingChanges(_ decision: Decision) throws {
        let finding = try store.own.addFinding("high")
        let others = [try store.own.addFinding("high"), try store.other.addFinding("high")]
        let before = try others.map(row)
        #expect(send(decision, .string(finding.description.uppercased())).status == 200, "ids in either case")
        #expect(try others.map(row) == before && row(finding)?.status == decision.rawValue)
    }

    @Test("A decision without a reason removes an earlier reason", arguments: Decision.allCases)
    func aReasonThatIsLeftOutIsNotAnOldOne(_ decision: Decision) throws {
        let finding = try store.own.addFinding("high")
        try store.database.execute("UPDATE findings SET reason = 'old'")
        #expect(send(decision, finding, ["reason": .null]).status == 200)
        #expect(try row(finding)?.reason == nil && store.own.auditEntries().first?.details["reason"] == nil)
    }

    // MARK: The audit log

    @Test("One audit entry names the key and the decision", arguments: Decision.allCases)
    func oneEntryNamesTheKey(_ decision: Decision) throws {
        let finding = try store.own.addFinding("high", title: "A has no MFA.")
        var fields: [String: JSON] = ["reason": "we know"]
        if decision == .snoozed { fields["days"] = 3 }
        let reply = send(decision, finding, fields)
        var details: [String: JSON] = ["title": "A has no MFA.", "reason": "we know"]
        if decision == .snoozed {
            details["days"] = 3
            details["snoozed_until"] = reply.json["snoozed_until"]
        }
        let entry = store.own.entryOfWriteKey(
            "finding." + decision.rawValue, on: "finding", finding.description, details)
        #expect(try store.own.auditEntries() == [entry] && store.other.auditEntries().isEmpty)
    }

    @Test("A snooze or dismissal whose audit entry fails is undone", arguments: Decision.allCases)
    func aDecisionWithoutItsEntryIsUndone(_ decision: Decision) throws {
        let finding = try store.own.addFinding("high")
        let before = try row(finding)
        try store.own.endAuditLog()
        let reply = send(decision, finding)
        #expect(reply.status == 500 && reply.error == "Something went wrong on our side. Try again later.")
        #expect(try row(finding) == before)
    }

    // MARK: Refused requests

    @Test(
        "Only findings that are open or in progress can be snoozed or dismissed",
        arguments: Decision.allCases, ["resolved", "dismissed", "snoozed"])
    func onlyWhatIsOpenIsDecided(_ decision: Decision, _ status: String) throws {
        let finding = try store.own.addFinding("high", status: status, snoozedUntil: TestStore.now)
        let before = try row(finding)
        let reply = send(decision, finding)
        #expect(reply.status == 409)
        #expect(
            reply.error
                == "This finding is \(status). Only findings that are open or in progress can be \(decision.rawValue).")
        #expect(try row(finding) == before && store.own.auditEntries().isEmpty)
    }

    @Test("A decision about an unknown finding or one of another workspace gets 404", arguments: Decision.allCases)
    func unknownFindingsAreNotThere(_ decision: Decision) throws {
        let theirs = try store.other.addFinding("high")
        for finding in [Identifier.random(), theirs, store.own.id] {
            let reply = send(decision, finding)
            #expect(reply.status == 404 && reply.error == "This finding is not in this workspace.")
        }
        #expect(try row(theirs)?.status == "open")
        #expect(try store.own.auditEntries().isEmpty && store.other.auditEntries().isEmpty)
    }

    @Test("findingId is required and must be a UUID", arguments: Decision.allCases)
    func theFindingIsRequired(_ decision: Decision) {
        #expect(send(decision, nil).status == 400 && send(decision, nil).error == "findingId is required.")
        for id: JSON in ["", "x", 7, [], true, "aaaaaaaa-0000-4000-8000-00000000011"] {
            let reply = send(decision, id)
            #expect(reply.status == 400 && reply.error == "findingId must be a UUID.")
        }
    }

    @Test("A snooze takes 1 to 90 days") func daysAreOneToNinety() throws {
        for days: JSON in [0, 91, -1, .number(1.5), "7", true, [7], .number(1e300)] {
            let finding = try store.own.addFinding("high")
            let reply = send(.snoozed, finding, ["days": days])
            #expect(reply.status == 400 && reply.error == "days must be an integer from 1 to 90.", "\(days)")
            #expect(try row(finding)?.status == "open")
        }
        for days: JSON in [1, 90] {
            #expect(send(.snoozed, try store.own.addFinding("high"), ["days": days]).status == 200)
        }
        let finding = try store.own.addFinding("high")
        #expect(send(.snoozed, finding, ["days": .null]).error == "days is required.")
    }

    @Test("A reason has up to 1,000 characters", arguments: Decision.allCases)
    func reasonsHaveUpToAThousandCharacters(_ decision: Decision) throws {
        let finding = try store.own.addFinding("high")
        let longest = String(repeating: "é", count: 1000)
        for reason: JSON in ["", .string(longest + "x"), "a\nb", 7, ["x"]] {
            let reply = send(decision, finding, ["reason": reason])
            #expect(reply.status == 400 && reply.error == "reason must be a string of 1 to 1000 characters.")
        }
        #expect(send(decision, finding, ["reason": .string(longest)]).status == 200)
        #expect(try row(finding)?.reason == longest)
    }

    // MARK: Concurrency

    @Test("Exactly one of several concurrent decisions about a finding is taken") func oneDecisionIsTaken() throws {
        let (environment, key) = (store.environment(), store.own.writeKey)
        for round in 0..<5 {
            let finding = try store.own.addFinding("high")
            let id = JSON.string(finding.description)
            let statuses = Mutex<[Int]>([])
            Threads(count: 6) { number in
                let decision: Decision = number % 2 == 0 ? .snoozed : .dismissed
                let body: JSON = decision == .snoozed ? ["findingId": id, "days": 1] : ["findingId": id]
                let status = TestPipeline(decision.function, environment).send(Call("POST", body: body).key(key)).status
                statuses.withLock { $0.append(status) }
            }.join()
            #expect(statuses.withLock { $0.sorted() } == [200, 409, 409, 409, 409, 409])
            let entries = try store.own.auditEntries()
            let status = try #require(try row(finding)?.status)
            #expect(entries.count == round + 1 && entries.last?.action == "finding." + status)
        }
    }
}

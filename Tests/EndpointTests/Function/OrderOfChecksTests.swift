import Base
import Function
import HTTP
import Store
import TestSupport
import Testing

@testable import api_api_keys
@testable import api_mcp_findings
@testable import api_mcp_findings_snooze

/// The order of the checks is part of the interface: if two checks fail, the caller learns of the first.
@Suite(.usesStore) struct OrderOfChecksTests {
    /// A check of a call. The order of the cases is the order of the checks.
    enum Check: Int, CaseIterable, Sendable {
        case method, size, credentials, body, workspaceID, permission, address, secondFactor, trial, rateLimit, fields

        var status: Int {
            switch self {
            case .method: 405
            case .size: 413
            case .credentials, .secondFactor: 401
            case .body, .workspaceID, .fields: 400
            case .permission, .address, .trial: 403
            case .rateLimit: 429
            }
        }

        /// The beginning of the error sentence; empty if the tests don't check it.
        var sentence: String {
            switch self {
            case .method: "The method"
            case .size: "The body is longer"
            case .credentials: "Missing or invalid"
            case .body: ""
            case .workspaceID: "workspaceId must"
            case .permission: ""
            case .address: "Requests from this address"
            case .secondFactor: "This workspace requires multi-factor"
            case .trial: "The trial has expired"
            case .rateLimit: "This API key has used"
            case .fields: ""
            }
        }
    }

    private func prepare(_ store: TestStore, _ checks: [Check]) throws {
        try store.own.set(
            plan: checks.contains(.trial) ? .trial : .enterprise,
            trialEnd: checks.contains(.trial) ? TestStore.now - .days(30) : nil,
            allowlist: checks.contains(.address) ? #"["192.0.2.1"]"# : "[]", mfaRequired: checks.contains(.secondFactor)
        )
    }

    /// Sends a session's call that fails `checks`, as far as a call can fail them together, and no others.
    private func session(_ store: TestStore, _ checks: [Check]) throws -> Reply {
        try prepare(store, checks)
        var body: [String: JSON] = ["workspaceId": .string(store.own.id.description), "name": "x"]
        if checks.contains(.workspaceID) { body["workspaceId"] = "not a UUID" }
        if checks.contains(.fields) { body["name"] = "" }
        var call = Call("POST", body: .object(body)).session(
            store.own.token(checks.contains(.permission) ? .viewer : .admin))
        if checks.contains(.body) { call.body = .bytes(Array("{".utf8)) }
        if checks.contains(.size) { call.body = .tooLarge }
        if checks.contains(.credentials) { call = call.session("x.y.z") }
        if checks.contains(.method) { call.method = "PUT" }
        return store.send(call, to: APIKeysFunction.self)
    }

    /// Sends a key's call that fails `checks`, as far as a call can fail them together, and no others.
    private func key(_ store: TestStore, _ checks: [Check]) throws -> Reply {
        try prepare(store, checks)
        var query: [String] = []
        if checks.contains(.workspaceID) { query.append("workspaceId=x") }
        if checks.contains(.permission), !checks.contains(.workspaceID) {
            query.append("workspaceId=\(store.other.id)")
        }
        if checks.contains(.fields) { query.append("limit=0") }
        if checks.contains(.body) { query.append("a=%") }
        var call = Call(query: query.joined(separator: "&")).key(
            checks.contains(.credentials) ? "thal_x" : store.own.readKey)
        if checks.contains(.size) { call.body = .tooLarge }
        if checks.contains(.method) { call.method = "PUT" }
        return store.send(
            call, to: FindingsFunction.self,
            variables: ["API_KEY_HOURLY_LIMIT": checks.contains(.rateLimit) ? "0" : "1000"])
    }

    /// Sends a writing key's call that fails `checks`, as far as a call can fail them together, and no others.
    private func write(_ store: TestStore, _ checks: [Check]) throws -> Reply {
        try prepare(store, checks)
        let finding = try store.own.addFinding("high")
        var body: [String: JSON] = ["findingId": .string(finding.description), "days": 1]
        if checks.contains(.workspaceID) { body["workspaceId"] = "x" }
        if checks.contains(.fields) { body["days"] = 0 }
        let key = checks.contains(.permission) ? store.own.readKey : store.own.writeKey
        var call = Call("POST", body: .object(body)).key(checks.contains(.credentials) ? "thal_x" : key)
        if checks.contains(.body) { call.body = .bytes(Array("{".utf8)) }
        if checks.contains(.size) { call.body = .tooLarge }
        if checks.contains(.method) { call.method = "GET" }
        return store.send(
            call, to: SnoozeFunction.self,
            variables: ["API_KEY_HOURLY_LIMIT": checks.contains(.rateLimit) ? "0" : "1000"])
    }

    private static func pairs(without: Check) -> [(Check, Check)] {
        let checks = Check.allCases.filter { $0 != without }
        return checks.indices.flatMap { first in checks[(first + 1)...].map { (checks[first], $0) } }
    }

    private func expect(_ reply: Reply, fails check: Check) {
        #expect(reply.status == check.status && reply.error?.hasPrefix(check.sentence) == true, "\(reply.text)")
    }

    /// A body that can't be read names no workspace either, so a pair may fail only one of the two checks.
    @Test(
        "A session's call that fails two checks is answered by the earlier one",
        arguments: pairs(without: .rateLimit))
    func ofASession(_ earlier: Check, _ later: Check) throws {
        let store = try TestStore()
        expect(try session(store, [earlier]), fails: earlier)
        expect(try session(store, [later]), fails: later)
        expect(try session(store, [earlier, later]), fails: earlier)
    }

    @Test(
        "An API key's call that fails two checks is answered by the earlier one",
        arguments: pairs(without: .secondFactor))
    func ofAKey(_ earlier: Check, _ later: Check) throws {
        let store = try TestStore()
        expect(try key(store, [earlier]), fails: earlier)
        expect(try key(store, [later]), fails: later)
        expect(try key(store, [earlier, later]), fails: earlier)
    }

    @Test(
        "A write with an API key that fails two checks is answered by the earlier one",
        arguments: pairs(without: .secondFactor))
    func ofAWrite(_ earlier: Check, _ later: Check) throws {
        let store = try TestStore()
        expect(try write(store, [earlier]), fails: earlier)
        expect(try write(store, [later]), fails: later)
        expect(try write(store, [earlier, later]), fails: earlier)
        #expect(try store.own.auditEntries().isEmpty)
    }

    @Test("A call that fails no check is answered with 200") func withNothingWrongAllAreAnswered() throws {
        let store = try TestStore()
        #expect(try session(store, []).status == 200 && key(store, []).status == 200)
        #expect(try write(store, []).status == 200)
    }

    @Test("A call that fails a check and all later ones is answered by that check")
    func allAtOnceFailTheFirst() throws {
        let store = try TestStore()
        for first in Check.allCases where first != .rateLimit {
            let checks = Check.allCases.filter { $0.rawValue >= first.rawValue }
            expect(try session(store, checks), fails: first)
        }
    }
}

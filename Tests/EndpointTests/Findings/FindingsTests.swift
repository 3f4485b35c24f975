import Base
import TestSupport
import Testing

@testable import api_mcp_findings

@Suite(.usesStore) struct FindingsTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func send(_ query: String = "") -> Reply {
        store.send(Call(query: query).key(store.own.readKey), to: FindingsFunction.self)
    }

    private func titles(_ query: String = "") -> [String] {
        (send(query).json["findings"]?.array ?? []).compactMap { $0["title"]?.string }
    }

    @Test("A finding is returned with all its fields") func aFindingHasAllItsFields() throws {
        let id = try store.own.addFinding("high", "shadow_it", title: "T", affected: 2)
        #expect(
            send().json == [
                "findings": [
                    [
                        "id": .string(id.description), "title": "T", "severity": "high", "category": "shadow_it",
                        "status": "open", "rule_id": "shadow_it::test",
                        "affected_entities": ["identities": [["name": "Quokka"], ["name": "Quokka"]]],
                        "recommended_action": "Act on Quokka.", "created_at": "2026-04-12T12:30:00Z",
                    ]
                ], "total": 1, "returned": 1,
            ])
    }

    @Test("A workspace without findings gets an empty list")
    func noneIsAnEmptyList() { #expect(send().json == ["findings": [], "total": 0, "returned": 0]) }

    @Test("Only open findings are listed") func onlyOpenOnesAreListed() throws {
        for status in ["open", "in_progress", "resolved", "dismissed", "snoozed"] {
            try store.own.addFinding("high", status: status, title: status)
        }
        #expect(titles() == ["open"] && send().json["total"] == 1)
    }

    @Test("Findings are sorted by severity, affected count and age") func worstFirst() throws {
        try store.own.addFinding("info", title: "info", affected: 99)
        try store.own.addFinding("low", title: "low")
        try store.own.addFinding("critical", title: "new", createdAt: TestStore.now)
        try store.own.addFinding("critical", title: "old", createdAt: TestStore.now - 1)
        try store.own.addFinding("high", title: "few")
        try store.own.addFinding("high", title: "many", affected: 2)
        try store.own.addFinding("medium", title: "medium")
        #expect(titles() == ["old", "new", "many", "few", "medium", "low", "info"])
    }

    @Test(
        "Findings are filtered by severity, category and limit",
        arguments: [
            ("severity=critical", ["c1", "c2"]), ("severity=critical,high", ["c1", "c2", "h1", "h2"]),
            ("severity=high,critical", ["c1", "c2", "h1", "h2"]), ("severity=critical%2Clow", ["c1", "c2", "l1"]),
            ("severity=high,high", ["h1", "h2"]), ("severity=high,%20low", ["h1", "h2", "l1"]), ("severity=info", []),
            ("severity=critical,high,medium,low,info", ["c1", "c2", "h1", "h2", "l1"]),
            ("category=shadow_it", ["c2", "h2"]), ("category=shadow_it&severity=high", ["h2"]),
            ("category=drift_signal", []), ("severity=high&limit=1", ["h1"]),
        ])
    func isFiltered(_ query: String, _ expected: [String]) throws {
        for (severity, mark) in [("critical", "c"), ("high", "h")] {
            try store.own.addFinding(severity, title: mark + "1", affected: 2)
            try store.own.addFinding(severity, "shadow_it", title: mark + "2")
        }
        try store.own.addFinding("low", title: "l1")
        #expect(titles(query) == expected)
        let total = query.contains("limit") ? 2 : expected.count
        #expect(
            send(query).json["total"] == .integer(total) && send(query).json["returned"] == .integer(expected.count))
    }

    @Test("The limit is 1 to 100, and 25 by default") func limitsAreOneToAHundredAndDefaultTo25() throws {
        try store.database.transaction(.write) { for _ in 0..<130 { try store.own.addFinding("low") } }
        for (query, count) in [("", 25), ("limit=1", 1), ("limit=25", 25), ("limit=100", 100)] {
            let json = send(query).json
            #expect(
                json["returned"] == .integer(count) && json["total"] == 130 && json["findings"]?.array?.count == count)
        }
        #expect(send("?limit=1").error == #"There is no query parameter ?limit; did you mean "limit"?"#)
        #expect(Set((send("limit=100").json["findings"]?.array ?? []).map { $0["id"]?.string }).count == 100)
    }

    @Test(
        "An invalid parameter is named in the error",
        arguments: [
            ("limit=0", "limit must be an integer from 1 to 100."),
            ("limit=101", "limit must be an integer from 1 to 100."),
            ("limit=", "limit must be an integer from 1 to 100."),
            ("limit=x", "limit must be an integer from 1 to 100."),
            ("limit=1.5", "limit must be an integer from 1 to 100."),
            ("limit=%2B5", "limit must be an integer from 1 to 100."),
            ("limit=-1", "limit must be an integer from 1 to 100."),
            ("limit=1e1", "limit must be an integer from 1 to 100."),
            ("limit=99999999999999999999", "limit must be an integer from 1 to 100."),
            ("limit=5&limit=6", "limit is given more than once."),
            ("severity=urgent", "severity must be a comma-separated list of critical, high, medium, low, info."),
            ("severity=", "severity must be a comma-separated list of critical, high, medium, low, info."),
            ("severity=high,", "severity must be a comma-separated list of critical, high, medium, low, info."),
            ("severity=HIGH", "severity must be a comma-separated list of critical, high, medium, low, info."),
            ("severity=hi%20gh", "severity must be a comma-separated list of critical, high, medium, low, info."),
            ("severity=high;low", "severity must be a comma-separated list of critical, high, medium, low, info."),
            ("limit=%zz", "The query string is malformed."), ("%ff=1", "The query string is malformed."),
            ("a=%", "The query string is malformed."), ("workspaceId=x", "workspaceId must be a UUID."),
            ("workspaceId=", "workspaceId must be a UUID."),
        ])
    func badParametersAreNamed(_ query: String, _ sentence: String) {
        #expect(send(query).status == 400 && send(query).error == sentence)
    }

    @Test("An unknown category is refused") func unknownCategoriesAreRefused() {
        for query in ["category=nonsense", "category=", "category=shadow_it,drift_signal", "category=%27%20OR%201=1"] {
            let reply = send(query)
            #expect(
                reply.status == 400 && reply.error?.hasPrefix("category must be one of identity_security, ") == true)
        }
    }
}

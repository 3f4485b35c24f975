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

    @Test("The reasons for the findings' rules are added on request, once for each rule") func rulesOnRequest() throws {
        _ = try store.own.addFinding("high", "shadow_it", title: "A", rule: "shadow_it::broad_write_scope")
        _ = try store.own.addFinding("low", "shadow_it", title: "B", rule: "shadow_it::broad_write_scope")
        // A rule that an earlier version had.
        _ = try store.own.addFinding("low", "shadow_it", title: "C", rule: "shadow_it::gone")
        #expect(send().json["rules"] == nil)
        let reply = send("include=reasons")
        let rules = try #require(reply.json["rules"]?.array)
        #expect(rules.count == 1 && rules.first?["id"] == "shadow_it::broad_write_scope")
        #expect(rules.first?["techniques"] == ["T1528", "T1550.001"])
        #expect(rules.first?["rationale"]?.string?.isEmpty == false && rules.first?["references"]?.array?.count == 2)
        #expect(reply.json["findings"]?.array?.count == 3)
        #expect(send("include=all").status == 400)
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

    // MARK: Pages

    /// Returns the titles of all pages, and calls `between` after the first page.
    private func allTitles(_ query: String, between: () throws -> Void = {}) rethrows -> [String] {
        var titles: [String] = []
        var page = send(query).json
        for number in 0... {
            titles += (page["findings"]?.array ?? []).compactMap { $0["title"]?.string }
            if number == 0 { try between() }
            guard let cursor = page["cursor"]?.string else { return titles }
            page = send(query + "&cursor=" + cursor).json
        }
        return titles
    }

    @Test("A page has a cursor only if more findings follow") func cursorOnlyIfMore() throws {
        for _ in 0..<3 { try store.own.addFinding("low") }
        #expect(send("limit=3").json["cursor"] == nil)
        let page = send("limit=2").json
        #expect(page["cursor"]?.string?.isEmpty == false && page["total"] == 3 && page["returned"] == 2)
        let rest = send("limit=2&cursor=" + (page["cursor"]?.string ?? "")).json
        #expect(rest["cursor"] == nil && rest["total"] == 3 && rest["returned"] == 1)
    }

    @Test("Cursors lead through all findings in the order of one list", arguments: ["", "&severity=critical,low"])
    func cursorsLeadThroughAll(_ filter: String) throws {
        try store.database.transaction(.write) {
            for number in 0..<40 {
                let severity = ["critical", "high", "low"][number % 3]
                try store.own.addFinding(
                    severity, title: "\(number)", affected: number % 4,
                    createdAt: TestStore.now - .days(number % 2))
            }
        }
        let all = titles("limit=100" + filter)
        #expect(all.count == (filter.isEmpty ? 40 : 27))
        for limit in [1, 7, 39] { #expect(try allTitles("limit=\(limit)" + filter) == all) }
    }

    @Test("Findings that come and go between two pages move no others") func stablePages() throws {
        for number in 0..<9 { try store.own.addFinding("medium", title: "\(number)", affected: 10 - number) }
        let seen = try allTitles("limit=3") {
            try store.own.addFinding("critical", title: "before")
            try store.own.addFinding("low", title: "behind")
            try store.database.execute("UPDATE findings SET status = 'resolved' WHERE title IN ('1', '2', '7')")
        }
        #expect(seen == ["0", "1", "2", "3", "4", "5", "6", "8", "behind"])
    }

    @Test(
        "A cursor that no page had is refused",
        arguments: ["", "x", "aGlnaA", "aGlnaCAxIDIwMjYtMDQtMTVUMTI6MzA6MDBaIHg", "%00", "=="])
    func badCursors(_ text: String) {
        let reply = send("cursor=" + text)
        #expect(reply.status == 400 && reply.error == "cursor must be a cursor of an earlier page of this list.")
    }

    @Test("A cursor of another workspace shows only the own findings") func cursorOfTheOther() throws {
        for _ in 0..<3 { try store.other.addFinding("critical") }
        try store.own.addFinding("low", title: "own")
        let page = store.send(Call(query: "limit=1").key(store.other.readKey), to: FindingsFunction.self)
        #expect(titles("cursor=" + (page.json["cursor"]?.string ?? "")) == ["own"])
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

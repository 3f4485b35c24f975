import Base
import TestSupport
import Testing

@testable import api_export_workspace

@Suite struct ExportCSVTests {
    private let store: TestStore

    init() throws { store = try TestStore(filled: true) }

    /// The records as what each says under which name; fields without a value left out.
    private func records(_ more: [String: JSON] = [:]) throws -> [[String: String]] {
        let records = try CSVRecords.parse(store.exportWorkspace("csv", more).text)
        let names = try #require(records.first)
        return records.dropFirst().map { record in
            Dictionary(uniqueKeysWithValues: zip(names, record).filter { !$0.1.isEmpty })
        }
    }

    @Test func isAnAttachment() {
        let reply = store.exportWorkspace("csv")
        #expect(reply.status == 200 && reply.headers["Content-Type"] == "text/csv; charset=utf-8; header=present")
        #expect(
            reply.headers["Content-Disposition"]?.wholeMatch(
                of: /attachment; filename="workspace-\d{4}-\d\d-\d\d\.csv"/) != nil)
        #expect(reply.headers["X-Next-Cursor"] == nil && !reply.text.hasPrefix("\u{FEFF}"))
    }

    @Test func oneFileHoldsAllEntities() throws {
        let all = try CSVRecords.parse(store.exportWorkspace("csv").text)
        let names = try #require(all.first)
        #expect(names.prefix(4) == ["entity_type", "id", "email", "display_name"])
        #expect(Set(names).count == names.count && !names.contains("accounts") && !names.contains("metadata"))
        #expect(!names.contains("row_hash"))
        let types = ["identity", "identity", "application", "application", "device", "finding", "finding"]
        #expect(all.dropFirst().map(\.first) == types)
        let full = try #require(
            try CSVRecords.parse(store.exportWorkspace("csv", ["includeFull": true, "includeAuditLog": true]).text)
                .first)
        #expect(Set(["accounts", "metadata", "affected_entities", "row_hash"]).isSubset(of: full))
    }

    @Test func saysTheSameAsJSON() throws {
        let options: [String: JSON] = ["includeFull": true, "includeAuditLog": true]
        let json = try #require(store.exportWorkspace("json", options).json["data"]?.object)
        // The second export is one entry of the log more.
        let csv = try records(options).dropLast()
        let expected = ["identities", "applications", "devices", "findings", "audit_log"].flatMap { name in
            (json[name]?.array ?? []).map { row in
                (row.object ?? [:]).compactMapValues { value -> String? in
                    switch value {
                    case .null: nil
                    case .string(let text): text
                    default: String(decoding: JSONWriter.bytes(value), as: UTF8.self)
                    }
                }
            }
        }
        #expect(csv.count == expected.count)
        for (record, row) in zip(csv, expected) {
            var record = record
            record["entity_type"] = nil
            #expect(record.mapValues(canonical) == row.mapValues(canonical))
        }
    }

    /// The engines lay JSON out differently.
    private func canonical(_ text: String) -> String {
        guard text.hasPrefix("{") || text.hasPrefix("["), let value = try? JSON(parsing: text.utf8) else { return text }
        return String(decoding: JSONWriter.bytes(value), as: UTF8.self)
    }

    @Test(arguments: [
        "a,b", "\"quoted\"", "line\nbreak", "line\r\nbreak", " spaces ", "\"", ",", "é, 漢", "semi;colon", "'", "plain",
    ])
    func quotesAsRFC4180Says(_ text: String) throws {
        try store.own.addIdentity("quoted@example.com", department: text)
        let record = try #require(try records().first { $0["email"] == "quoted@example.com" })
        #expect(record["department"] == text)
    }

    @Test func quotesOnlyWhatNeedsIt() throws {
        try store.own.addIdentity("quoted@example.com", department: "a\"b")
        let text = store.exportWorkspace("csv").text
        #expect(text.contains(",\"a\"\"b\",") && text.contains(",quoted@example.com,") && text.hasSuffix("\r\n"))
    }

    @Test(arguments: [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=HYPERLINK(\"http://x\",\"y\")",
        "-1+1|cmd' /C calc'!A0",
        "\u{FF1D}1", "\u{FF0B}1", "\u{FF0D}1", "\u{FF20}1",
    ])
    func nothingIsAFormula(_ text: String) throws {
        try store.own.addIdentity("formula@example.com", department: text)
        try store.own.addFinding("info", title: text)
        let all = try records()
        #expect(try #require(all.first { $0["email"] == "formula@example.com" })["department"] == "'" + text)
        #expect(all.contains { $0["title"] == "'" + text })
    }

    @Test func numbersAndWhatIsInsideATextAreLeftAlone() throws {
        try store.own.addIdentity("inner@example.com", department: "a=1")
        try store.own.addFinding("info", title: "Inner", affected: -3)
        let all = try records()
        #expect(all.contains { $0["department"] == "a=1" })
        #expect(try #require(all.first { $0["title"] == "Inner" })["affected_count"] == "-3")
    }

    @Test func anEmptyWorkspaceHasTheHeaderOnly() throws {
        let empty = try TestStore()
        let records = try CSVRecords.parse(empty.exportWorkspace("csv").text)
        #expect(records.count == 1 && records[0].count > 40)
    }
}

import Base
import Function
import HTTP
import Store
import TestSupport
import Testing

@testable import api_export_workspace

@Suite(.usesStore) struct ExportCSVTests {
    private let store: TestStore

    init() throws { store = try TestStore(filled: true) }

    /// Returns the records as values by column name, without empty fields.
    private func records(_ more: [String: JSON] = [:]) throws -> [[String: String]] {
        let records = try CSVRecords.parse(export: store.exportWorkspace("csv", more))
        let names = try #require(records.first)
        return records.dropFirst().map { record in
            Dictionary(uniqueKeysWithValues: zip(names, record).filter { !$0.1.isEmpty })
        }
    }

    @Test("The CSV export is a UTF-8 attachment with a byte order mark") func isAnAttachment() {
        let reply = store.exportWorkspace("csv")
        #expect(reply.status == 200 && reply.headers["Content-Type"] == "text/csv; charset=utf-8; header=present")
        #expect(
            reply.headers["Content-Disposition"]?.wholeMatch(
                of: /attachment; filename="workspace-\d{4}-\d\d-\d\d\.csv"/) != nil)
        #expect(reply.headers["X-Next-Cursor"] == nil)
        // Excel needs a byte order mark to read UTF-8.
        #expect(reply.body.starts(with: [0xEF, 0xBB, 0xBF]) && !reply.body.dropFirst(3).contains(0xEF))
    }

    @Test("One CSV file contains all kinds of entities") func oneFileHoldsAllEntities() throws {
        let all = try CSVRecords.parse(export: store.exportWorkspace("csv"))
        let names = try #require(all.first)
        #expect(names.prefix(4) == ["entity_type", "id", "email", "display_name"])
        #expect(Set(names).count == names.count && !names.contains("accounts") && !names.contains("metadata"))
        #expect(!names.contains("row_hash"))
        let types = ["identity", "identity", "application", "application", "device", "finding", "finding"]
        #expect(all.dropFirst().map(\.first) == types)
        let full = try #require(
            try CSVRecords.parse(export: store.exportWorkspace("csv", ["includeFull": true, "includeAuditLog": true]))
                .first)
        #expect(Set(["accounts", "metadata", "affected_entities", "row_hash"]).isSubset(of: full))
    }

    @Test("The CSV export has the same values as the JSON export") func saysTheSameAsJSON() throws {
        let options: [String: JSON] = ["includeFull": true, "includeAuditLog": true]
        let json = try #require(store.exportWorkspace("json", options).json["data"]?.object)
        // The second export's log has one more entry.
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

    /// Returns JSON text in one form, because the database engines format JSON differently. Returns other text
    /// unchanged.
    private func canonical(_ text: String) -> String {
        guard text.hasPrefix("{") || text.hasPrefix("["), let value = try? JSON(parsing: text.utf8) else { return text }
        return String(decoding: JSONWriter.bytes(value), as: UTF8.self)
    }

    @Test(
        "A reader that follows RFC 4180 gets each text unchanged",
        arguments: [
            "a,b", "\"quoted\"", "line\nbreak", "line\r\nbreak", " spaces ", "\"", ",", "é, 漢", "semi;colon", "'",
            "plain",
        ])
    func quotesAsRFC4180Says(_ text: String) throws {
        try store.own.addIdentity("quoted@example.com", department: text)
        let record = try #require(try records().first { $0["email"] == "quoted@example.com" })
        #expect(record["department"] == text)
    }

    /// Spreadsheets separate cells by semicolons in many languages, and by tabs if text is pasted.
    @Test("A field with a semicolon or a tab is quoted", arguments: ["x;=1+1", "x\t=1+1"])
    func quotesForeignSeparators(_ text: String) throws {
        try store.own.addIdentity("quoted@example.com", department: text)
        #expect(store.exportWorkspace("csv").text.contains(",\"\(text)\","))
    }

    @Test("Fields that need no quotes have none") func quotesOnlyWhatNeedsIt() throws {
        try store.own.addIdentity("quoted@example.com", department: "a\"b")
        let text = store.exportWorkspace("csv").text
        #expect(text.contains(",\"a\"\"b\",") && text.contains(",quoted@example.com,") && text.hasSuffix("\r\n"))
    }

    @Test(
        "A CSV field that begins like a formula gets a leading apostrophe",
        arguments: [
            "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=HYPERLINK(\"http://x\",\"y\")",
            "-1+1|cmd' /C calc'!A0",
            "\u{FF1D}1", "\u{FF0B}1", "\u{FF0D}1", "\u{FF20}1", "\u{FEFF}=1+1", "\u{FEFF}\u{FEFF}@1",
        ])
    func nothingIsAFormula(_ text: String) throws {
        try store.own.addIdentity("formula@example.com", department: text)
        try store.own.addFinding("info", title: text)
        let all = try records()
        #expect(try #require(all.first { $0["email"] == "formula@example.com" })["department"] == "'" + text)
        #expect(all.contains { $0["title"] == "'" + text })
    }

    @Test("Negative numbers and signs inside a text are left unchanged")
    func numbersAndWhatIsInsideATextAreLeftAlone() throws {
        try store.own.addIdentity("inner@example.com", department: "a=1")
        try store.own.addFinding("info", title: "Inner", affected: -3)
        let all = try records()
        #expect(all.contains { $0["department"] == "a=1" })
        #expect(try #require(all.first { $0["title"] == "Inner" })["affected_count"] == "-3")
    }

    @Test("The export of an empty workspace has only the header") func anEmptyWorkspaceHasTheHeaderOnly() throws {
        let empty = try TestStore()
        let records = try CSVRecords.parse(export: empty.exportWorkspace("csv"))
        #expect(records.count == 1 && records[0].count > 40)
    }

    @Test("The last record has the number of records before it") func theLastRecordCountsThoseBeforeIt() throws {
        let records = try CSVRecords.parse(store.exportWorkspace("csv").text)
        let last = try #require(records.last)
        #expect(last.filter { !$0.isEmpty } == ["end_of_export", String(records.count - 2)])
        #expect(records.count(where: { $0[0] == "end_of_export" }) == 1)
        let page = try CSVRecords.parse(store.exportWorkspace("csv", limit: 3).text)
        #expect(page.last?.prefix(2) == ["end_of_export", "3"])
    }

    /// The table of findings is missing when the export reaches it.
    @Test("An incomplete export has no end mark", arguments: ["csv", "json", "xlsx"])
    func anIncompleteExportHasNoEnd(_ format: String) throws {
        for number in 0..<2_000 { try store.own.addIdentity("person\(number)@example.com") }
        let body: JSON = ["workspaceId": .string(store.own.id.description), "format": .string(format)]
        let response = Pipeline(ExportWorkspace.self, store.environment(), now: { TestStore.now }).respond(
            to: Request(
                method: .post, path: "/", headers: ["Authorization": "Bearer " + store.own.token()],
                body: .bytes(JSONWriter.bytes(body))))
        guard case .stream(let write) = response.body else { throw CSVRecords.Malformed() }
        try store.database.execute("ALTER TABLE findings RENAME TO lost")
        var sent: [UInt8] = []
        #expect(throws: StoreError.self) { try write { sent.append(contentsOf: $0) } }
        #expect(response.status == 200 && !sent.isEmpty)
        switch format {
        case "csv": #expect(!String(decoding: sent, as: UTF8.self).contains("end_of_export"))
        case "json": #expect(throws: (any Error).self) { try JSON(parsing: sent) }
        // A ZIP archive ends with its end of central directory record (APPNOTE.TXT 4.3.16).
        default: #expect(sent.firstRange(of: [0x50, 0x4B, 0x05, 0x06]) == nil)
        }
    }
}

import Base
import Foundation
import TestSupport
import Testing

@testable import api_export_workspace

/// The path of a Python that has openpyxl.
private let python = ProcessInfo.processInfo.environment["THALIAN_PYTHON"]

/// Exported XLSX workbooks, read with openpyxl in the Python that Tests/run sets up and THALIAN_PYTHON names, and one
/// with LibreOffice.
@Suite(.enabled(if: python != nil, "Tests/run sets up Python with openpyxl"), .usesStore)
struct ExportWorkbookTests {
    private let store: TestStore

    init() throws { store = try TestStore(filled: true) }

    /// A Python script that prints the workbook's contents as openpyxl sees them, as one JSON document. It fails on a
    /// warning and on a broken archive.
    private static let script = """
        import datetime, json, sys, warnings, zipfile
        warnings.simplefilter("error")
        import openpyxl
        assert zipfile.ZipFile(sys.argv[1]).testzip() is None
        def plain(value):
            if isinstance(value, datetime.datetime):
                return "date " + (value + datetime.timedelta(microseconds=500)).strftime("%Y-%m-%dT%H:%M:%SZ")
            return value
        book = openpyxl.load_workbook(sys.argv[1])
        print(json.dumps([{
            "title": sheet.title, "frozen": sheet.freeze_panes, "formulas": sum(
                cell.data_type in "fe" for row in sheet.iter_rows() for cell in row),
            "bold": [cell.font.b for cell in sheet[1]],
            "widths": [int(sheet.column_dimensions[cell.column_letter].width) for cell in sheet[1]],
            "rows": [[plain(cell.value) for cell in row] for row in sheet.iter_rows()],
        } for sheet in book.worksheets]))
        """

    private func sheets(_ reply: Reply) throws -> [JSON] {
        #expect(reply.status == 200)
        let path = store.folder.path("workbook.xlsx")
        try Data(reply.body).write(to: URL(filePath: path))
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: python ?? "")
        process.arguments = ["-c", Self.script, path]
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return try JSON(parsing: text).array ?? []
    }

    private func rows(_ sheet: JSON) -> [[String: JSON]] {
        let rows = (sheet["rows"]?.array ?? []).compactMap(\.array)
        let names = (rows.first ?? []).compactMap(\.string)
        return rows.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(names, $0).filter { $0.1 != .null }) }
    }

    @Test("The workbook is an attachment") func isAnAttachment() {
        let reply = store.exportWorkspace("xlsx")
        #expect(
            reply.headers["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        #expect(
            reply.headers["Content-Disposition"]?.wholeMatch(
                of: /attachment; filename="workspace-\d{4}-\d\d-\d\d\.xlsx"/) != nil)
    }

    @Test("The workbook has a sheet for each kind of entity") func hasASheetForEachEntity() throws {
        let sheets = try sheets(store.exportWorkspace("xlsx", ["includeAuditLog": true]))
        #expect(
            sheets.map { $0["title"] } == ["Identities", "Applications", "Devices", "Findings", "Audit log"])
        for sheet in sheets {
            #expect(sheet["frozen"] == "A2" && sheet["formulas"] == 0)
            #expect(sheet["bold"]?.array?.allSatisfy { $0 == true } == true)
            let widths = (sheet["widths"]?.array ?? []).compactMap(\.integer)
            #expect(widths.count == sheet["bold"]?.array?.count && Set(widths).count > 2)
        }
        #expect(sheets.map { rows($0).count } == [2, 2, 1, 2, 2])
        #expect(try self.sheets(store.exportWorkspace("xlsx")).count == 4)
    }

    @Test("The workbook has the same values as the JSON export") func saysTheSameAsJSON() throws {
        let options: [String: JSON] = ["includeFull": true, "includeAuditLog": true]
        let json = try #require(store.exportWorkspace("json", options).json["data"]?.object)
        let sheets = try sheets(store.exportWorkspace("xlsx", options))
        for (index, name) in ["identities", "applications", "devices", "findings", "audit_log"].enumerated() {
            let expected = (json[name]?.array ?? []).map { row in
                (row.object ?? [:]).filter { $0.value != .null }.mapValues { value -> JSON in
                    switch value {
                    case .string(let text): Timestamp(text) == nil ? value : .string("date " + text)
                    case .array, .object: value
                    default: value
                    }
                }
            }
            let found = rows(sheets[index]).map { row in
                row.mapValues { value -> JSON in
                    guard let text = value.string, text.hasPrefix("{") || text.hasPrefix("[") else { return value }
                    return (try? JSON(parsing: text.utf8)) ?? value
                }
            }
            // The second export's log has one more entry.
            #expect(Array(found.prefix(expected.count)) == expected, "\(name)")
        }
    }

    /// LibreOffice converts the workbook to CSV with the cells as displayed. Texts and dates must be those of the JSON
    /// export.
    @Test("LibreOffice reads the same values") func libreOfficeReadsTheSame() throws {
        for text in ["a<b>&\"c\"", "  spaces  ", "é 漢 🙂", "007", "TRUE", "2026-01-01"] {
            try store.own.addIdentity(nil, department: text)
        }
        let options: [String: JSON] = ["includeFull": true, "includeAuditLog": true]
        let json = try #require(store.exportWorkspace("json", options).json["data"]?.object)
        try Data(store.exportWorkspace("xlsx", options).body)
            .write(to: URL(filePath: store.folder.path("workbook.xlsx")))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/soffice")
        process.arguments = [
            "-env:UserInstallation=file://" + store.folder.path("profile"), "--headless", "--convert-to",
            // Options: commas, quotes, UTF-8; cells as displayed; every sheet.
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1", "--outdir",
            store.folder.path("sheets"), store.folder.path("workbook.xlsx"),
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        for (name, sheet) in [
            ("identities", "Identities"), ("applications", "Applications"), ("devices", "Devices"),
            ("findings", "Findings"), ("audit_log", "Audit log"),
        ] {
            let expected = json[name]?.array ?? []
            let text = try String(contentsOfFile: store.folder.path("sheets/workbook-\(sheet).csv"), encoding: .utf8)
            let records = try CSVRecords.parse(text.replacing("\n", with: "\r\n"))
            // The second export's log has one more entry.
            #expect(records.count == expected.count + (name == "audit_log" ? 2 : 1))
            for (record, row) in zip(records.dropFirst(), expected) {
                for (column, shown) in zip(records[0], record) {
                    guard let value = row[column]?.string else { continue }
                    let moment = Timestamp(value) == nil ? nil : value.replacing("T", with: " ").dropLast()
                    #expect(shown == moment.map(String.init) ?? value, "\(name) \(column)")
                }
            }
        }
    }

    @Test("Texts are never turned into numbers, dates or markup") func textStaysText() throws {
        let texts = [
            "a<b>&\"c\"'", "  spaces  ", "line\nbreak", "tab\there", "é 漢 🙂", "007", "1e5", "TRUE", "2026-01-01",
            "_x0041_", "_x0041\u{1F}", "_xylophone",
            "bell\u{7}", "not\u{FFFF}one",
        ]
        for text in texts { try store.own.addIdentity(nil, department: text) }
        let found = rows(try sheets(store.exportWorkspace("xlsx"))[0]).compactMap { $0["department"]?.string }
        // Spreadsheets show the character for an escape that openpyxl leaves as it is.
        let seen = Set(
            found.map {
                $0.replacing("_x005F_", with: "_").replacing("_x0007_", with: "\u{7}").replacing(
                    "_x001f_", with: "\u{1F}")
            })
        #expect(Set(texts.dropLast() + ["not\u{FFFD}one"]).isSubset(of: seen), "\(found)")
    }

    @Test(
        "A text in a workbook that begins like a formula gets a leading apostrophe",
        arguments: ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\u{FF1D}1"])
    func nothingIsAFormula(_ text: String) throws {
        try store.own.addIdentity(nil, department: text)
        let sheet = try sheets(store.exportWorkspace("xlsx"))[0]
        let found = rows(sheet).compactMap { $0["department"]?.string?.replacing("_x000d_", with: "\r") }
        #expect(sheet["formulas"] == 0 && found.contains("'" + text), "\(found)")
    }

    /// A cell can hold 32,767 UTF-16 code units.
    @Test("A text that is too long for a cell is cut") func aLongTextIsCut() throws {
        try store.own.addIdentity(nil, department: String(repeating: "x", count: 32_767))
        try store.own.addIdentity(nil, department: String(repeating: "🙂", count: 20_000))
        let found = rows(try sheets(store.exportWorkspace("xlsx"))[0]).compactMap { $0["department"]?.string }
        #expect(found.contains(String(repeating: "x", count: 32_767)))
        #expect(found.contains(String(repeating: "🙂", count: 16_383) + "…"))
    }

    @Test("A workbook continues where the previous page stopped") func goesOnWhereItStopped() throws {
        let whole = try sheets(store.exportWorkspace("xlsx")).map(rows)
        for limit in [1, 3, 5] {
            let pages = try store.pages("xlsx", limit: limit).map { try sheets($0).map(rows) }
            for sheet in whole.indices { #expect(pages.flatMap { $0[sheet] } == whole[sheet]) }
        }
    }
}

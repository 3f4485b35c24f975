import Foundation

@testable import Base
@testable import Export
@testable import Store

// Writers of exports. Tests/Fuzz/read-back.py reads their files with Python's csv and openpyxl.

let exportWriters: [String: Reader] = ["exports": exportsAreFiles]

/// A row of three texts.
private struct Texts: Row {
    let texts: [String]
    var columnCount: Int { texts.count }
    func name(_ column: Int) -> String { "column \(column)" }
    func value(_ column: Int) -> SQLValue { .text(texts[column]) }
    func isNull(_ column: Int) -> Bool { false }
    func integer(_ column: Int) -> Int { 0 }
    func real(_ column: Int) -> Double { 0 }
    func text(_ column: Int) -> String { texts[column] }
    func blob(_ column: Int) -> [UInt8] { Array(texts[column].utf8) }
}

/// Writes the input's parts, which are separated by NUL, as a table with three columns, in CSV and in a workbook. If
/// THALIAN_FUZZ_FOLDER names a folder, both files are kept there, with the table as JSON.
@Sendable private func exportsAreFiles(_ bytes: [UInt8]) {
    let pieces = bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    let rows = stride(from: 0, to: pieces.count, by: 3).map { start in
        (start..<start + 3).map { $0 < pieces.count ? pieces[$0] : "" }
    }
    var csv: [UInt8] = []
    var writer = CSVWriter()
    for (number, row) in rows.enumerated() {
        let texts = Texts(texts: row)
        for column in row.indices {
            // Uses both ways of writing a field.
            if number.isMultiple(of: 2) { writer.field(row[column]) } else { writer.field(texts, column, .text) }
        }
        writer.endRecord()
        writer.flush(ifLongerThan: 16) { csv += $0 }
    }
    writer.flush(ifLongerThan: 0) { csv += $0 }
    var xlsx: [UInt8] = []
    var workbook = Workbook(sheets: ["Sheet"])
    workbook.beginSheet((0..<3).map { _ in Column("column", selected: nil) })
    for row in rows {
        workbook.write(Texts(texts: row))
        workbook.flush(ifLongerThan: 16) { xlsx += $0 }
    }
    workbook.endSheet()
    workbook.finish()
    workbook.flush(ifLongerThan: 0) { xlsx += $0 }
    expect(csv.starts(with: [0xEF, 0xBB, 0xBF]) && xlsx.starts(with: "PK".utf8), "exports begin as their formats do")
    guard let folder = ProcessInfo.processInfo.environment["THALIAN_FUZZ_FOLDER"] else { return }
    let name = folder + "/" + UUID().uuidString
    let table = JSON.array(rows.map { .array($0.map(JSON.string)) })
    for (ending, bytes) in [("csv", csv), ("xlsx", xlsx), ("json", JSONWriter.bytes(table))] {
        expect(FileManager.default.createFile(atPath: "\(name).\(ending)", contents: Data(bytes)), "files are kept")
    }
}

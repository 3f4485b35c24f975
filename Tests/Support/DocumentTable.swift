import Foundation
import Testing

/// A table in a document whose rows a test derives from the sources.
///
/// The test compares the rows. If the variable THALIAN_WRITE_TABLES is set, it writes them into the document instead.
public struct DocumentTable {
    /// The folder of the repository.
    public static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private let document: URL
    private let header: String

    /// The table in `document` that begins with the line `header`.
    public init(in document: URL, header: String) {
        self.document = document
        self.header = header
    }

    /// Returns the folder of a library below Shared.
    public static func library(_ name: String) throws -> URL {
        let shared = repository.appending(path: "Shared")
        let layers = try FileManager.default.contentsOfDirectory(atPath: shared.path).sorted()
        let folders = ([""] + layers).map { shared.appending(path: $0).appending(path: name) }
        return try #require(folders.first { FileManager.default.fileExists(atPath: $0.path + "/README.md") })
    }

    /// Returns a row with these cells.
    public static func row(_ cells: String...) -> String {
        "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }

    /// Returns the rows in the document.
    public func rows() throws -> [String] {
        let lines = try lines()
        return Array(lines[try range(in: lines)])
    }

    /// Compares the rows in the document with `expected`, or writes `expected` into the document.
    public func check(_ expected: [String], sourceLocation: SourceLocation = #_sourceLocation) throws {
        let found = try rows()
        if ProcessInfo.processInfo.environment["THALIAN_WRITE_TABLES"] != nil {
            var lines = try lines()
            lines.replaceSubrange(try range(in: lines), with: expected)
            try lines.joined(separator: "\n").write(to: document, atomically: true, encoding: .utf8)
            return
        }
        let missing = expected.filter { !found.contains($0) }
        let wrong = found.filter { !expected.contains($0) }
        let advice = "\(document.lastPathComponent) is out of date. Run this test with THALIAN_WRITE_TABLES=1."
        #expect(
            found == expected, "\(advice)\nMissing: \(missing)\nWrong: \(wrong)", sourceLocation: sourceLocation)
    }

    private func lines() throws -> [String] {
        try String(contentsOf: document, encoding: .utf8).components(separatedBy: "\n")
    }

    /// The place of the rows: they follow the header and the line below it.
    private func range(in lines: [String]) throws -> Range<Int> {
        let begin = try #require(lines.firstIndex(of: header)) + 2
        return begin..<(lines[begin...].firstIndex { !$0.hasPrefix("|") } ?? lines.count)
    }
}

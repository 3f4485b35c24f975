import Foundation

/// A table in a document whose rows a test derives from the sources.
///
/// The test compares the rows. If the variable THALIAN_WRITE_TABLES is set, it writes them into the document instead.
public struct DocumentTable {
    /// A library or a table that was not found.
    public struct NotFound: Error {
        let name: String
    }

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
        let folder = folders.first { FileManager.default.fileExists(atPath: $0.path + "/README.md") }
        guard let folder else { throw NotFound(name: name) }
        return folder
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

    /// Compares the rows in the document with `expected`, or writes `expected` into the document. Returns a sentence
    /// about the differences; nil if there are none or if the rows were written.
    public func difference(from expected: [String]) throws -> String? {
        if ProcessInfo.processInfo.environment["THALIAN_WRITE_TABLES"] != nil {
            var lines = try lines()
            let place = try range(in: lines)
            lines.replaceSubrange(place, with: expected)
            try lines.joined(separator: "\n").write(to: document, atomically: true, encoding: .utf8)
            return nil
        }
        let found = try rows()
        guard found != expected else { return nil }
        let missing = expected.filter { !found.contains($0) }
        let wrong = found.filter { !expected.contains($0) }
        return "\(document.lastPathComponent) is out of date; run this test with THALIAN_WRITE_TABLES=1. "
            + "Missing: \(missing). Wrong: \(wrong)."
    }

    private func lines() throws -> [String] {
        try String(contentsOf: document, encoding: .utf8).components(separatedBy: "\n")
    }

    /// Returns the positions of the rows, which follow the header and the line below it.
    private func range(in lines: [String]) throws -> Range<Int> {
        guard let line = lines.firstIndex(of: header) else { throw NotFound(name: header) }
        let begin = line + 2
        return begin..<(lines[begin...].firstIndex { !$0.hasPrefix("|") } ?? lines.count)
    }
}

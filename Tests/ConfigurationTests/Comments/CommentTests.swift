import Foundation
import Testing

/// Checks that comments and test titles break no rule of `CommentRule.all`, and that every test has a title.
@Suite struct CommentTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Returns the Swift and C files in a folder, with their texts.
    private static func sources(in folder: String) throws -> [(path: String, text: String)] {
        try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path).sorted()
            .filter { path in [".swift", ".c", ".h"].contains { path.hasSuffix($0) } }
            .map {
                ("\(folder)/\($0)", try String(contentsOf: root.appending(path: "\(folder)/\($0)"), encoding: .utf8))
            }
    }

    @Test("No comment has a word that the rules forbid", arguments: ["Functions", "Shared", "local-runner", "Tests"])
    func commentsUsePlainWords(_ folder: String) throws {
        let sources = try Self.sources(in: folder)
        #expect(!sources.isEmpty)
        for (path, text) in sources {
            for line in CommentLine.all(in: text, isSwift: path.hasSuffix(".swift")) {
                for advice in CommentRule.advice(for: line.text, isStart: line.isStart) {
                    Issue.record("\(path):\(line.number): \(advice): \(line.text)")
                }
            }
        }
    }

    @Test("Every test has a title in plain words, of at most 100 characters") func everyTestHasATitle() throws {
        var count = 0
        for (path, text) in try Self.sources(in: "Tests") where path.hasSuffix(".swift") {
            for match in text.matches(of: /\n *@Test\b(?:\(\s*"((?:[^"\\]|\\.)*)")?/) {
                count += 1
                let number = text[..<match.range.upperBound].count { $0 == "\n" } + 1
                guard let title = match.1 else {
                    Issue.record("\(path):\(number): write @Test(\"…\") with a sentence that says what is expected")
                    continue
                }
                if title.count > 100 { Issue.record("\(path):\(number): shorten the title: \(title)") }
                for advice in CommentRule.advice(for: String(title)) {
                    Issue.record("\(path):\(number): \(advice): \(title)")
                }
            }
        }
        #expect(count > 1_600)
    }

    @Test("Each word of each rule is found", arguments: CommentRule.all) func findsEachWord(_ rule: CommentRule) {
        for word in rule.words {
            let first = rule.place == .start ? word : "The words \(word)"
            for source in [
                "/// \(first) is read.\nlet a = 1", "    // \(first) is read.", "let a = 1  // \(first)'s",
                "/// The file.\n///\n/// \(first) is read.", "/// - Parameter a: \(first) is read.",
                "/// - Returns: \(first) is read.", "/// - a: \(first) is read.",
            ] {
                let found = CommentLine.all(in: source, isSwift: true).flatMap {
                    CommentRule.advice(for: $0.text, isStart: $0.isStart)
                }
                #expect(found == [rule.advice], "\(source)")
            }
            for source in ["// \(first) is read.", "/* \(first) is read. */", "/**\n * \(first) is read.\n */"] {
                let found = CommentLine.all(in: source, isSwift: false).flatMap {
                    CommentRule.advice(for: $0.text, isStart: $0.isStart)
                }
                #expect(found == [rule.advice], "\(source)")
            }
        }
    }

    @Test("Plain comments, strings and later lines of a comment are accepted")
    func acceptsPlainComments() {
        for source in [
            "/// Returns nil if the resource no longer exists (404).", "let a = \"x // What\"", "\"/// What is read\"",
            "/// Reads the file\n/// that the caller names.", "// Sofia reads it. Asking whether is allowed.",
            "/// The number of besides and newer records.", "let url = \"https://what.example\"", "*= What",
        ] {
            let lines = CommentLine.all(in: source, isSwift: true)
            #expect(lines.allSatisfy { CommentRule.advice(for: $0.text, isStart: $0.isStart) == [] }, "\(source)")
        }
    }

    @Test("Each line of a comment has its number in the file") func findingsHaveTheirLines() {
        let lines = CommentLine.all(in: "let a = 1\n\n/// Reads.\n/// Writes.\nlet b = 2 // Adds.", isSwift: true)
        #expect(
            lines == [
                CommentLine(number: 3, text: "Reads.", isStart: true),
                CommentLine(number: 4, text: "Writes.", isStart: false),
                CommentLine(number: 5, text: "Adds.", isStart: true),
            ])
    }
}

extension CommentRule: CustomTestStringConvertible {
    var testDescription: String { words.joined(separator: ", ") }
}

import Foundation
import TestSupport
import Testing

@testable import local_runner

/// Checks the documents against the sources: links, lengths, and lists that must be complete.
@Suite struct DocumentTests {
    private static let root = DocumentTable.repository

    /// The paths of all documents, relative to the repository.
    private static func documents() throws -> [String] {
        let folders = ["Functions", "Shared", "local-runner", "Tests", ".github"]
        let below = try folders.flatMap { folder in
            try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
                .filter { $0.hasSuffix(".md") }.map { folder + "/" + $0 }
        }
        return ["README.md"] + below.sorted()
    }

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Returns the anchor of a heading, as GitHub makes it.
    private static func anchor(_ heading: Substring) -> String {
        heading.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
            .replacing(" ", with: "-")
    }

    @Test("Every relative link leads to a file that exists, and to a heading of it if it names one")
    func linksLeadSomewhere() throws {
        let documents = try Self.documents()
        #expect(documents.count > 20)
        for path in documents {
            let folder = Self.root.appending(path: path).deletingLastPathComponent()
            for match in try Self.text(path).matches(of: #/\]\(([^)\s]+)\)/#) {
                let link = String(match.1)
                guard !link.hasPrefix("http") else { continue }
                let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                let target = parts[0].isEmpty ? Self.root.appending(path: path) : folder.appending(path: parts[0])
                guard FileManager.default.fileExists(atPath: target.path) else {
                    Issue.record("\(path) links to \(link), which does not exist")
                    continue
                }
                guard parts.count == 2 else { continue }
                let headings = try String(contentsOf: target, encoding: .utf8).matches(of: #/(?m)^#+ (.+)$/#)
                    .map { Self.anchor($0.1) }
                #expect(headings.contains(String(parts[1])), "\(path) links to \(link), which has no such heading")
            }
        }
    }

    @Test("README.md has at most 900 words, and the README of a library at most 80 lines")
    func documentsAreShort() throws {
        #expect(try Self.text("README.md").split(whereSeparator: \.isWhitespace).count <= 900)
        for path in try Self.documents() where path.hasPrefix("Shared/") && path.hasSuffix("/README.md") {
            guard path != "Shared/README.md" else { continue }
            #expect(try Self.text(path).split(separator: "\n", omittingEmptySubsequences: false).count <= 80, "\(path)")
        }
    }

    @Test("Every library has a README with the required headings") func librariesHaveReadmes() throws {
        let package = try Self.text("Package.swift")
        let libraries = package.matches(of: #/library\(\s*\.(\w+), in:/#).map { String($0.1) }
        #expect(libraries.count >= 21)
        for name in libraries {
            let readme = try DocumentTable.library(name).appending(path: "README.md")
            let text = try String(contentsOf: readme, encoding: .utf8)
            #expect(text.hasPrefix("# \(name)\n"), "\(name)")
            for part in ["## Central types", "## How data flows"] { #expect(text.contains(part), "\(name): \(part)") }
            #expect(text.contains("## How to ") || text.contains("## How a ") || text.contains("## Add a "), "\(name)")
        }
    }

    @Test("The README of the local runner lists every verb with its summary") func verbsAreListed() throws {
        let text = try Self.text("local-runner/README.md")
        for verb in Main.verbs {
            let call = [verb.name, verb.operands].filter { !$0.isEmpty }.joined(separator: " ")
            #expect(text.contains("\n| `\(call)` | \(verb.summary) |\n"), "\(verb.name)")
        }
    }

    @Test("The README of the local runner describes every variable, except addresses of upstreams")
    func variablesAreDescribed() throws {
        let file = Self.root.appending(path: "wrangler-like.json")
        let json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        let variables = try #require(json["vars"] as? [String: String])
        let secrets = try #require(json["secrets"] as? [String: [String]])
        let text = try Self.text("local-runner/README.md")
        for name in variables.keys + secrets.values.flatMap({ $0 }) where !name.hasPrefix("UPSTREAM_") {
            let isInFirstCell = text.split(separator: "\n").contains { line in
                line.hasPrefix("| `") && line.dropFirst(2).prefix { $0 != "|" }.contains("`\(name)`")
            }
            #expect(isInFirstCell, "\(name)")
        }
    }

    @Test("The README of the tests lists every folder of tests") func foldersOfTestsAreListed() throws {
        let text = try Self.text("Tests/README.md")
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "Tests").path)
        for folder in folders where folder.hasSuffix("Tests") { #expect(text.contains("| `\(folder)` |"), "\(folder)") }
    }
}

import Foundation
import Testing

/// The libraries under Shared/ are as Package.swift and Shared/README.md say.
@Suite struct StructureTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The folders of Shared/, the lowest first.
    private static let layers = ["Base", "Data", "Platforms", "Product", "Runtime"]

    /// A library: its layer, and its sources by their path from the project's folder.
    private struct Library {
        let name: String
        let layer: Int
        let sources: [String: String]

        /// The modules that each source imports.
        var imports: [(path: String, module: String)] {
            sources.sorted { $0.key < $1.key }.flatMap { path, text in
                text.matches(of: StructureTests.importLine).map { (path, String($0.1)) }
            }
        }
    }

    nonisolated(unsafe) private static let importLine =
        #/(?m)^\s*(?:@\w+(?:\(\w+\))? )*(?:public |internal |private )?import (?:struct |class |enum )?(\w+)/#

    private static func libraries() throws -> [Library] {
        var libraries: [Library] = []
        for (number, layer) in layers.enumerated() {
            let folder = root.appending(path: "Shared/\(layer)")
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
                var sources: [String: String] = [:]
                let library = folder.appending(path: name)
                for path in try FileManager.default.subpathsOfDirectory(atPath: library.path)
                where path.hasSuffix(".swift") {
                    sources["Shared/\(layer)/\(name)/\(path)"] = try String(
                        contentsOf: library.appending(path: path), encoding: .utf8)
                }
                if !sources.isEmpty { libraries.append(Library(name: name, layer: number, sources: sources)) }
            }
        }
        return libraries
    }

    /// The edges that Package.swift declares: what each library may import.
    private static func declared() throws -> [String: Set<String>] {
        let package = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
        var edges: [String: Set<String>] = [:]
        for match in package.matches(of: #/library\(\s*\.(\w+), in: "\w+",(?:[^()]*?)on:([^()]*)/#) {
            edges[String(match.1)] = Set(match.2.matches(of: #/\.(\w+)/#).map { String($0.1) })
        }
        return edges
    }

    @Test("Shared/ holds the five layers, and no library outside of them") func folders() throws {
        let found = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "Shared").path)
        #expect(Set(found.filter { !$0.contains(".") }) == Set(Self.layers))
        #expect(try Set(Self.declared().keys) == Set(Self.libraries().map(\.name)))
    }

    @Test("No library imports one above its layer") func nothingAbove() throws {
        let libraries = try Self.libraries()
        let layer = Dictionary(uniqueKeysWithValues: libraries.map { ($0.name, $0.layer) })
        for library in libraries {
            for (path, module) in library.imports {
                #expect(layer[module] ?? 0 <= library.layer, "\(path) imports \(module)")
            }
        }
    }

    @Test("Each library imports what Package.swift declares for it, and all of that") func declaredEdges() throws {
        let declared = try Self.declared()
        let known = Set(declared.keys)
        for library in try Self.libraries() {
            let imported = Set(library.imports.map(\.module)).intersection(known)
            let edges = declared[library.name, default: []].intersection(known)
            #expect(imported == edges, "\(library.name): \(imported.symmetricDifference(edges).sorted())")
        }
    }

    @Test("The domain knows nothing of HTTP") func domainWithoutHTTP() throws {
        let free: Set = [
            "Store", "Jobs", "Integrations", "Sync", "Findings", "Analysis", "Actions", "Remediation", "Export",
        ]
        let libraries = try Self.libraries()
        #expect(free.isSubset(of: libraries.map(\.name)))
        for library in libraries {
            for (path, module) in library.imports where free.contains(library.name) {
                #expect(module != "HTTP", "\(path)")
            }
            // One place maps kinds of errors to HTTP statuses.
            guard !["HTTP", "Invocation", "Function"].contains(library.name) else { continue }
            for (path, text) in library.sources { #expect(!text.contains("HTTPError"), "\(path)") }
        }
    }

    @Test("The functions that only read and write integrations' rows need no libcurl") func withoutLibcurl() throws {
        let declared = try Self.declared()
        let package = try String(contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)
        for route in ["api/mcp/integrations", "api/disconnect-integration"] {
            let line = try #require(package.firstMatch(of: try Regex(#"Route\(\s*"\#(route)"([^)]*)\)"#)))
            var open =
                ["Function"] + String(line.output[1].substring ?? "").matches(of: #/\.(\w+)/#).map { String($0.1) }
            var all: Set<String> = []
            while let next = open.popLast() {
                if all.insert(next).inserted { open += declared[next, default: []] }
            }
            #expect(!all.contains("Upstream") && !all.contains("CCurl"), "\(route): \(all.sorted())")
        }
    }

    /// The store moves whole tables, whatever their names, and ends references (`Reference`).
    @Test("Each table is written by one library") func owners() throws {
        let schema = try #require(try Self.libraries().first { $0.name == "Store" }).sources
            .filter { $0.key.contains("/Schema/") }.values.joined()
        let tables = Set(
            schema.matches(of: #/CREATE TABLE (?:IF NOT EXISTS )?(\w+)/#).map { String($0.1) })
        #expect(tables.count > 30)
        var writers: [String: Set<String>] = [:]
        for library in try Self.libraries() where library.name != "Store" {
            for (_, text) in library.sources {
                for match in text.matches(of: #/(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)/#)
                where tables.contains(String(match.1)) {
                    writers[String(match.1), default: []].insert(library.name)
                }
            }
        }
        for (table, libraries) in writers.sorted(by: { $0.key < $1.key }) {
            #expect(libraries.count == 1, "\(table) is written by \(libraries.sorted().joined(separator: ", "))")
        }
        #expect(writers["integrations"] == ["Integrations"] && writers["remediation_actions"] == ["Actions"])
    }

    // MARK: Shared/README.md

    private static func readme() throws -> String {
        try String(contentsOf: root.appending(path: "Shared/README.md"), encoding: .utf8)
    }

    @Test("The picture in Shared/README.md shows the layers that there are") func picture() throws {
        let picture = try Self.readme().matches(of: #/(?m)^    (\w+)/  +(.+)$/#)
        let libraries = try Self.libraries()
        #expect(picture.map { String($0.1) } == Self.layers.reversed())
        for line in picture {
            let shown = Set(line.2.split(separator: " ").map(String.init)).subtracting(["System/"])
            let there = libraries.filter { Self.layers[$0.layer] == line.1 }.map(\.name)
            #expect(shown == Set(there), "\(line.1)")
        }
    }

    @Test("The files of each walk exist, and their number is within its limit") func walks() throws {
        let sections = try Self.readme().split(separator: "\n### ").dropFirst()
        let most = ["A request": 60, "A sync": 45, "A rule": 30]
        var found: Set<String> = []
        for section in sections {
            guard let (name, limit) = most.first(where: { section.hasPrefix($0.key) }) else { continue }
            found.insert(name)
            let files = Set(
                section.matches(of: #/`((?:Functions|Shared|local-runner)/[^`]+\.(?:swift|c))`/#).map { String($0.1) })
            for file in files {
                #expect(
                    FileManager.default.fileExists(atPath: Self.root.appending(path: file).path),
                    "\(name): \(file)")
            }
            let counted = files.filter { !$0.hasPrefix("Shared/Base/Base/") }
            #expect(!files.isEmpty && counted.count < limit, "\(name): \(counted.count) files")
        }
        #expect(found == Set(most.keys))
    }
}

import Foundation
import Testing

/// Checks that the libraries under Shared/ are as Package.swift and Shared/README.md say.
@Suite struct StructureTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The folders of Shared/, the lowest first.
    private static let layers = ["Base", "Data", "Platforms", "Product", "Runtime"]

    /// A library, and the number of its layer.
    private struct Library {
        let target: PackageTarget
        let layer: Int

        var name: String { target.name }
        var sources: [String: String] { target.sources }
        var imports: [(path: String, module: String)] { target.imports }
    }

    private static func libraries() throws -> [Library] {
        try PackageFile(root: root).targets().compactMap { target in
            guard let path = target.sources.keys.first, path.hasPrefix("Shared/") else { return nil }
            let layer = layers.firstIndex { path.hasPrefix("Shared/\($0)/") }
            return Library(target: target, layer: layer ?? layers.count)
        }
    }

    @Test("The top level has only its fixed entries, files that git ignores, and hidden ones") func topLevel() throws {
        let entries = try FileManager.default.contentsOfDirectory(atPath: Self.root.path).filter { !$0.hasPrefix(".") }
        let fixed: Set = [
            "Functions", "Package.swift", "README.md", "Shared", "Tests", "local-runner", "wrangler-like.json",
        ]
        let ignored = try String(contentsOf: Self.root.appending(path: ".gitignore"), encoding: .utf8)
            .split(separator: "\n").map(String.init)
        #expect(Set(entries).subtracting(ignored) == fixed)
    }

    @Test("Shared/ has the folders of the five layers, and these hold only declared libraries") func folders() throws {
        let found = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "Shared").path)
        #expect(Set(found.filter { !$0.contains(".") }) == Set(Self.layers))
        let declared = try Set(Self.libraries().map(\.name))
        for layer in Self.layers {
            let folder = Self.root.appending(path: "Shared/\(layer)").path
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name != "System" {
                #expect(declared.contains(name), "\(layer)/\(name)")
            }
        }
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

    /// A target of tests may depend on an executable only to have it built.
    @Test("Each target imports exactly the modules that Package.swift declares for it") func declaredEdges() throws {
        let package = try PackageFile(root: Self.root)
        let targets = try package.targets()
        let ours = package.modules.union(targets.map { $0.name.replacing("-", with: "_") })
        #expect(targets.count > 60)
        for target in targets {
            let imported = Set(target.imports.map(\.module)).intersection(ours)
            #expect(imported.isSubset(of: target.declared), "\(target.name): \(imported.subtracting(target.declared))")
            // The linker needs CLinkStubs; no source does.
            let unused = target.declared.subtracting(imported).subtracting(["CLinkStubs", "runner_fixture"])
            #expect(unused.isEmpty, "\(target.name): \(unused.sorted())")
        }
    }

    @Test("The settings that restrict imports are on for every library and executable")
    func importVisibility() throws {
        let text = try PackageFile(root: Self.root).text
        let all = #/for target in libraries \+ targets \{\s*target\.swiftSettings = \[([^\]]*)\]/#
        let settings = try #require(text.firstMatch(of: all)).1
        #expect(settings.contains(#".enableUpcomingFeature("MemberImportVisibility")"#))
        #expect(settings.contains(#".enableUpcomingFeature("InternalImportsByDefault")"#))
    }

    @Test("The domain's libraries do not import HTTP, and only four libraries name HTTPError")
    func domainWithoutHTTP() throws {
        let free: Set = [
            "Store", "Jobs", "Integrations", "Sync", "Findings", "Analysis", "Actions", "Remediation", "Export",
        ]
        let libraries = try Self.libraries()
        #expect(free.isSubset(of: libraries.map(\.name)))
        for library in libraries {
            for (path, module) in library.imports where free.contains(library.name) {
                #expect(module != "HTTP", "\(path)")
            }
            // These four libraries turn errors into HTTP responses.
            guard !["HTTP", "Invocation", "Function", "MCP"].contains(library.name) else { continue }
            for (path, text) in library.sources { #expect(!text.contains("HTTPError"), "\(path)") }
        }
    }

    @Test("The functions that only read and write integrations' rows need no libcurl") func withoutLibcurl() throws {
        let package = try PackageFile(root: Self.root)
        let declared = package.libraries
        for route in ["api-mcp-integrations", "api-disconnect-integration"] {
            var open = Array(try #require(package.targets().first { $0.name == route }).declared)
            var all: Set<String> = []
            while let next = open.popLast() {
                if all.insert(next).inserted { open += declared[next, default: []] }
            }
            #expect(!all.contains("Upstream") && !all.contains("CCurl"), "\(route): \(all.sorted())")
        }
    }

    /// The library Store is left out: it copies whole tables, and sets references to deleted rows to null
    /// (`Reference`).
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

    @Test("The picture in Shared/README.md shows all layers and libraries") func picture() throws {
        let picture = try Self.readme().matches(of: #/(?m)^    (\w+)/  +(.+)$/#)
        let libraries = try Self.libraries()
        #expect(picture.map { String($0.1) } == Self.layers.reversed())
        for line in picture {
            let shown = Set(line.2.split(separator: " ").map(String.init)).subtracting(["System/"])
            let there = libraries.filter { Self.layers[$0.layer] == line.1 }.map(\.name)
            #expect(shown == Set(there), "\(line.1)")
        }
    }

    @Test("The files that each walk in Shared/README.md names exist, and their number is limited") func walks() throws {
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

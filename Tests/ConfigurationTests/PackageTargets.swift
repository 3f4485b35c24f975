import Foundation

/// A target of Package.swift: its name, the modules that it is declared to import, and the texts of its sources by
/// their paths from the project's folder.
struct PackageTarget {
    let name: String
    let declared: Set<String>
    let sources: [String: String]

    /// Each source's path with each module that the source imports.
    var imports: [(path: String, module: String)] {
        sources.sorted { $0.key < $1.key }.flatMap { path, text in
            text.matches(of: Self.importLine).map { (path, String($0.1)) }
        }
    }

    nonisolated(unsafe) private static let importLine =
        #/(?m)^\s*(?:@\w+(?:\(\w+\))? )*(?:public |internal |private )?import (?:struct |class |enum )?(\w+)/#
}

/// Package.swift as text, which tests read because `swift package describe` takes seconds.
struct PackageFile {
    let text: String
    private let root: URL

    init(root: URL) throws {
        self.root = root
        text = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
    }

    /// The names of the cases of `Module`: libraries and modules of C.
    var modules: Set<String> {
        guard let cases = text.firstMatch(of: #/enum Module: String \{([^}]*?)var /#) else { return [] }
        return Set(cases.1.matches(of: #/[A-Z]\w+/#).map { String($0.0) })
    }

    /// The modules that Package.swift declares for each library.
    var libraries: [String: Set<String>] {
        var edges: [String: Set<String>] = [:]
        for match in text.matches(of: #/library\(\s*\.(\w+), in: "\w+",(?:[^()]*?)on:([^()]*)/#) {
            edges[String(match.1)] = names(in: match.2)
        }
        return edges
    }

    /// Returns the targets of Swift: libraries, functions, the runner, fixtures and tests.
    func targets() throws -> [PackageTarget] {
        var targets: [PackageTarget] = []
        for match in text.matches(of: #/library\(\s*\.(\w+), in: "(\w+)",(?:[^()]*?)on:([^()]*)/#) {
            try targets.append(target(match.1, declares: names(in: match.3), in: "Shared/\(match.2)/\(match.1)"))
        }
        let files = text.matches(of: #/Route\(\s*"([^"]+)"(?:, file: "([^"]+)")?,\s*uses:([^()]*)\)/#)
        for match in files {
            let path = "Functions/" + (match.2.map(String.init) ?? match.1 + ".swift")
            let source = try String(contentsOf: root.appending(path: path), encoding: .utf8)
            targets.append(
                PackageTarget(
                    name: String(match.1.prefix { $0 != "." }).replacing("/", with: "-"),
                    declared: names(in: match.3).union(["Function"]),
                    sources: [path: source]))
        }
        let routes = targets.suffix(files.count).map { $0.name.replacing("-", with: "_") }
        for match in text.matches(
            of: #/name: "([\w-]+)",\s*dependencies: dependencies\(([^()]*)\),\s*path: "([^"]+)"/#)
        {
            try targets.append(target(match.1, declares: names(in: match.2), in: String(match.3)))
        }
        for match in text.matches(of: #/test\(\s*"(\w+)",\s*on: dependencies\(([^()]*)\)(\s*\+ routes)?/#) {
            let declared = names(in: match.2).union(["TestSupport"]).union(match.3 == nil ? [] : routes)
            try targets.append(target(match.1, declares: declared, in: "Tests/\(match.1)"))
        }
        return targets
    }

    /// The modules of a list such as `.Base, .HTTP, and: "local-runner"`, by the names that sources import.
    private func names(in list: Substring) -> Set<String> {
        Set(
            list.matches(of: #/\.([A-Z]\w+)|"([\w-]+)"/#).compactMap { $0.1 ?? $0.2 }.map {
                String($0).replacing("-", with: "_")
            })
    }

    private func target(_ name: Substring, declares declared: Set<String>, in folder: String) throws -> PackageTarget {
        var sources: [String: String] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
        // Two other targets are in the runner's folder.
        where path.hasSuffix(".swift")
            && !(name == "local-runner" && (path.hasPrefix("Demonstration/") || path.hasPrefix("CompanyRecords/")))
        {
            sources["\(folder)/\(path)"] = try String(
                contentsOf: root.appending(path: "\(folder)/\(path)"), encoding: .utf8)
        }
        return PackageTarget(name: String(name), declared: declared, sources: sources)
    }
}

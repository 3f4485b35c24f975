import Foundation
import Testing

/// Checks that Shared/SECURITY.md has each requirement in `numbers` once, with existing tests or with a reason, and
/// that some statements in it are true of the sources.
@Suite struct SecurityTests {
    private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The number of requirements of levels 1 and 2 in each section of ASVS 5.0.0 that the document covers. They are
    /// numbered from 1 without a gap.
    private static let sections = [
        "V4.1": 3, "V4.2": 1, "V4.3": 2, "V4.4": 4,
        "V6.1": 3, "V6.2": 12, "V6.3": 4, "V6.4": 4, "V6.5": 5, "V6.6": 3, "V6.8": 4,
        "V7.1": 3, "V7.2": 4, "V7.3": 2, "V7.4": 5, "V7.5": 2, "V7.6": 2,
        "V8.1": 2, "V8.2": 3, "V8.3": 1, "V8.4": 1,
        "V9.1": 3, "V9.2": 4,
        "V10.1": 2, "V10.2": 2, "V10.3": 4, "V10.4": 11, "V10.5": 5, "V10.6": 2, "V10.7": 3,
        "V11.1": 2, "V11.2": 3, "V11.3": 3, "V11.4": 4, "V11.5": 1, "V11.6": 1,
    ]

    private static let numbers =
        (1...10).map { "API\($0):2023" } + sections.flatMap { section, count in (1...count).map { "\(section).\($0)" } }

    private func document() throws -> String {
        try String(contentsOf: root.appending(path: "Shared/SECURITY.md"), encoding: .utf8)
    }

    private func sources(in folders: String...) throws -> [(path: String, text: String)] {
        try folders.flatMap { folder in
            let url = root.appending(path: folder)
            return try FileManager.default.subpathsOfDirectory(atPath: url.path)
                .filter { $0.hasSuffix(".swift") || $0.hasSuffix(".h") || $0.hasSuffix(".c") }
                .map { ("\(folder)/\($0)", try String(contentsOf: url.appending(path: $0), encoding: .utf8)) }
        }
    }

    // MARK: The tables

    /// Returns the errors in the document's text, or in a changed copy of it. `tests` are the existing tests and files.
    private func problems(_ document: String, tests: Set<String>) -> [String] {
        var problems: [String] = []
        var found: [String] = []
        for line in document.split(separator: "\n") where line.contains(/^\| (?:V\d|API\d)/) {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 3, cells.allSatisfy({ !$0.isEmpty }) else {
                problems.append("a cell is empty or missing: \(line)")
                continue
            }
            found.append(cells[0])
            let reason = cells[2].firstMatch(of: /^(?:not met|not applicable): (.+)$/)
            if reason == nil, cells[2].firstMatch(of: /^`[^`]+`(?:, `[^`]+`)*$/) == nil {
                problems.append("\(cells[0]) has neither tests nor a reason")
            }
            if let reason, reason.1.count < 15 { problems.append("\(cells[0]) has no reason") }
        }
        for (number, rows) in Dictionary(grouping: found, by: { $0 }) where rows.count > 1 {
            problems.append("\(number) stands there \(rows.count) times")
        }
        problems += Set(Self.numbers).subtracting(found).map { "\($0) is missing" }
        problems += Set(found).subtracting(Self.numbers).map { "\($0) is no requirement" }
        for match in document.matches(of: /`((?:[A-Z]\w*Tests\.|Tests\/)[^`]+)`/) where !tests.contains(String(match.1))
        {
            problems.append("there is no test \(match.1)")
        }
        return problems.sorted()
    }

    /// Returns every test in the sources as `Suite.function` and, if its title is on the line of `@Test`, as
    /// `Suite.title`; and the path of every file.
    private func tests() throws -> Set<String> { try Self.allTests.get() }

    private static let allTests = Result { try SecurityTests().findTests() }

    private func findTests() throws -> Set<String> {
        var tests: Set<String> = []
        for (path, text) in try sources(in: "Tests") {
            tests.insert(path)
            var suite: Substring = ""
            var title: String?
            var isTest = false
            var isSuite = false
            for line in text.split(separator: "\n") {
                let isMarked = line.contains("@Suite")
                let declaration = /\b(?:struct|class|enum|actor|extension) (\w+)/
                let mayDeclare = !line.hasPrefix(" ") || isMarked || isSuite
                let type = mayDeclare ? line.firstMatch(of: declaration) : nil
                if let type { suite = type.1 }
                isSuite = isMarked && type == nil
                if line.drop(while: { $0 == " " }).hasPrefix("@Test") {
                    isTest = true
                    title = line.firstMatch(of: /@Test\("([^"]+)"/).map { String($0.1) }
                }
                if isTest, let function = line.firstMatch(of: /\bfunc (`[^`]+`|\w+)/) {
                    tests.insert("\(suite).\(function.1)")
                    if let title { tests.insert("\(suite).\(title)") }
                    isTest = false
                }
            }
        }
        return tests
    }

    @Test("Every requirement is listed once, with existing tests or a reason")
    func everyRequirementStandsThereOnceWithItsProof() throws {
        let tests = try tests()
        #expect(Self.numbers.count == 130 && tests.count > 1_500)
        #expect(try problems(document(), tests: tests) == [])
    }

    @Test("Each kind of error in the document is found") func whatIsWrongIsFound() throws {
        let (document, tests) = (try document(), try tests())
        func problems(_ old: String, _ new: String) -> [String] {
            #expect(document.contains(old))
            return self.problems(document.replacing(old, with: new, maxReplacements: 1), tests: tests)
        }
        let row = "| V9.2.3 | Tokens for another audience are refused | `SessionTokenTests.isForTheAudience` |\n"
        #expect(problems(row, "") == ["V9.2.3 is missing"])
        #expect(problems(row, row + row) == ["V9.2.3 stands there 2 times"])
        #expect(problems("| V9.2.3 |", "| V9.2.5 |") == ["V9.2.3 is missing", "V9.2.5 is no requirement"])
        let proof = "refused | `SessionTokenTests.isForTheAudience` |"
        #expect(problems(proof, "refused | |").contains { $0.hasPrefix("a cell is empty or missing") })
        #expect(problems(proof, "refused | yes |") == ["V9.2.3 has neither tests nor a reason"])
        #expect(problems(proof, "refused | not met: no |") == ["V9.2.3 has no reason"])
        #expect(
            problems(proof, "refused | `SessionTokenTests.isForTheMoon` |")
                == ["there is no test SessionTokenTests.isForTheMoon"])
        #expect(
            problems(proof, "refused | `Tests/SharedTests/MoonTests.swift` |")
                == ["there is no test Tests/SharedTests/MoonTests.swift"])
    }

    @Test("Tests are found by function, by title and by file") func titlesAndFilesAreTests() throws {
        let tests = try tests()
        #expect(tests.contains("Tests/ConfigurationTests/SecurityTests.swift"))
        #expect(tests.contains("SecurityTests.titlesAndFilesAreTests") && !tests.contains("SecurityTests.tests"))
        // The first title in each file.
        let titled = try sources(in: "Tests").compactMap { $0.text.firstMatch(of: /\n    @Test\("([^"]+)"/)?.1 }
        let names = Set(tests.compactMap { test in test.firstRange(of: "Tests.").map { test[$0.upperBound...] } })
        for title in titled { #expect(names.contains(title), "\(title)") }
    }

    @Test("README.md links to Shared/SECURITY.md") func theReadmeLeadsThere() throws {
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        #expect(readme.contains("(Shared/SECURITY.md)"))
    }

    // MARK: Statements about the sources

    /// Checks every secret of the configuration, every variable with JWKS in its name, and DATABASE_URL.
    @Test("Every secret is in the table of keys and secrets") func everySecretIsInTheInventory() throws {
        let file = root.appending(path: "wrangler-like.json")
        let json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        let secrets = try #require(json["secrets"] as? [String: [String]])
        let variables = try #require(json["vars"] as? [String: String])
        let names = secrets.values.flatMap { $0 } + variables.keys.filter { $0.contains("JWKS") } + ["DATABASE_URL"]
        #expect(names.count > 8)
        let table = try #require(try document().firstMatch(of: #/### Keys and secrets\n(?s:.*?)\n## /#)?.output)
        let rows = table.split(separator: "\n").filter { $0.hasPrefix("| ") }
        let first = rows.compactMap { $0.split(separator: "|").first }
        for name in names { #expect(first.contains { $0.contains("`\(name)`") }, "\(name)") }
    }

    /// AES-256-GCM and SHA-256 are the only ciphers and hashes of OpenSSL that the sources name.
    @Test("The sources name only approved algorithms of OpenSSL") func onlyApprovedAlgorithmsAreUsed() throws {
        let algorithm =
            /\bEVP_(?:aes|des|rc|chacha|camellia|aria|bf|cast|idea|seed|sm|md\d|mdc|sha|blake|ripemd|whirl)\w*/
        let weak = #/\b(?:MD5|SHA1|DES|RC4)_\w+|RSA_(?:public|private)_\w+|RSA_PKCS1_PADDING|EVP_PKEY_(?:en|de)crypt/#
        var named: Set<Substring> = []
        for (path, text) in try sources(in: "Shared", "local-runner", "Functions") {
            named.formUnion(text.matches(of: algorithm).map(\.output))
            #expect(text.firstMatch(of: weak) == nil, "\(path)")
        }
        #expect(named == ["EVP_aes_256_gcm", "EVP_sha256"])
    }

    /// Searches for statuses of redirections and for the field Location.
    @Test("No source answers with a redirection") func nothingRedirects() throws {
        let redirection = #/HTTPError\(3\d\d|status: 3\d\d|Response\(3\d\d|"Location"|HTTP/1\.1 3\d\d|\bLocation: /#
        for (path, text) in try sources(
            in: "Shared/Base/HTTP", "Shared/Runtime/Function", "Shared/Runtime/Invocation", "local-runner", "Functions")
        {
            #expect(text.firstMatch(of: redirection) == nil, "\(path)")
        }
    }

    /// A message authentication code is either computed to be sent, or compared in constant time.
    @Test("Authentication codes are compared in constant time") func codesAreComparedInConstantTime() throws {
        let signers = [
            "Shared/Base/Crypto/SHA256.swift", "Shared/Data/Auth/SessionToken.swift",
            "Shared/Platforms/Connectors/Platforms/AWS/SigV4.swift",
            "Shared/Platforms/Connectors/Platforms/Outbound/StandardWebhook.swift",
        ]
        let makers = try sources(in: "Shared", "local-runner", "Functions").filter { $0.text.contains("hmacSHA256(") }
        #expect(makers.count > 5)
        for (path, text) in makers {
            // isHMACSHA256 compares in constant time.
            let compares = text.contains("constantTimeEqual(") || text.contains("isHMACSHA256(")
            #expect(signers.contains(path) || compares, "\(path)")
            #expect(text.firstMatch(of: #/(?:hmacSHA256|authenticator)\([^\n]*[!=]= /#) == nil, "\(path)")
        }
    }
}

import Base
import Foundation
import Testing

@testable import local_runner

@Suite struct DevVarsTests {
    private func parse(_ text: String) throws -> [String: String] {
        var parser = DevVarsParser(Array(text.utf8))
        return try parser.parse(file: ".dev.vars").mapValues { $0.reveal { $0 } }
    }

    @Test(
        ".dev.vars is read with comments, quotes and escapes",
        arguments: [
            ("A=1", ["A": "1"]),
            ("A=1\nB=2\n", ["A": "1", "B": "2"]),
            ("\n# comment\n  # another\nA=1\r\nB=2\r\n", ["A": "1", "B": "2"]),
            ("export A = spaced out  ", ["A": "spaced out"]),
            ("A=", ["A": ""]),
            ("A= # none", ["A": ""]),
            ("A=a#b # comment", ["A": "a#b"]),
            ("A=b=c==", ["A": "b=c=="]),
            ("A=$HOME ${B}", ["A": "$HOME ${B}"]),
            ("A='a # \\n $B' # comment", ["A": "a # \\n $B"]),
            ("A=\"one\\ntwo\\t\\\"q\\\" \\\\ \\x\"", ["A": "one\ntwo\t\"q\" \\ \\x"]),
            ("A=\"one\ntwo\"\nB=3", ["A": "one\ntwo", "B": "3"]),
            ("A='{\"keys\":[]}'", ["A": "{\"keys\":[]}"]),
            ("A=ünï", ["A": "ünï"]),
            // These have byte-order marks, tabs, line ends of other systems, or backquotes.
            ("\u{FEFF}A=1", ["A": "1"]),
            ("export\tA=1\nexport  B=2\nexported=3", ["A": "1", "B": "2", "exported": "3"]),
            ("A=1\rB=2\r", ["A": "1", "B": "2"]),
            ("A=\"one\r\ntwo\"\r\nB='x\r\ny'\r\n", ["A": "one\ntwo", "B": "x\ny"]),
            (
                "A=`one 'two' \"three\" \\n # four` # comment\nB=`x\ny`",
                ["A": "one 'two' \"three\" \\n # four", "B": "x\ny"]
            ),
        ])
    func reads(_ text: String, _ expected: [String: String]) throws {
        #expect(try parse(text) == expected)
    }

    @Test("Every invalid line is reported at once, without values") func reportsEveryLineAtOnceAndNoValue() throws {
        let text = "no equals\nA=1\n1B=hidden\nA=hidden\nC=\"x\ny\" hidden\nD='hidden"
        let error = #expect(throws: ConfigurationError.self) { try parse(text) }
        #expect(error?.problems.map(\.place) == ["line 1", "line 3", "line 4", "line 5", "line 7"])
        #expect(error?.description.contains("hidden") == false)
    }

    /// The lines of a key in PEM form are no values in quotes here. The last line of its base64 has an equals sign.
    @Test(
        "No message contains a line of a key that was pasted without quotes",
        arguments: ["c2VjcmV0+2tleQ==", "0c2VjcmV0=", "c2VjcmV0\nc2VjcmV0=\nc2VjcmV0="])
    func noMessageContainsAPastedKey(_ lines: String) {
        let text = "A=-----BEGIN PRIVATE KEY-----\n\(lines)\n-----END PRIVATE KEY-----\n"
        let error = #expect(throws: ConfigurationError.self) { try parse(text) }
        #expect(error?.description.contains("c2VjcmV0") == false)
        #expect(error?.problems.contains { $0.place == "line 2" } == true)
    }

    @Test("Only the project's own secrets are generated, in a file for the owner alone")
    func createsSecretsThatAreOursAndNoOthers() throws {
        let folder = NSTemporaryDirectory() + UUID().uuidString
        try File.makeFolder(folder, mode: 0o700)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let names = ["SUPABASE_JWT_SECRET", "CREDENTIALS_KEY", "ANTHROPIC_API_KEY", "STRIPE_SECRET_KEY"]
        try DevVars.create(folder + "/.dev.vars", secrets: names)
        let values = try DevVars.read(folder + "/.dev.vars").values.mapValues { $0.reveal { $0 } }
        #expect(values.keys.sorted() == ["CREDENTIALS_KEY", "SUPABASE_JWT_SECRET"])
        #expect(values["SUPABASE_JWT_SECRET"]?.count == 64)
        let key = try #require(values["CREDENTIALS_KEY"])
        #expect(key.hasPrefix("k1:") && Base64.standard.decode(key.dropFirst(3))?.count == 32)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/.dev.vars")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [".dev.vars"])
    }
}

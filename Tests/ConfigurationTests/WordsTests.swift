import Base
import Testing

@testable import local_runner

@Suite struct WordsTests {
    @Test(
        "The nearest verb to a misspelt one is found",
        arguments: [
            ("dve", "dev"), ("rout", "routes"), ("MIGRATE", "migrate"), ("tokne", "token"), ("invok", "invoke"),
        ])
    func findsTheNearestVerb(_ word: String, _ expected: String) {
        #expect(NearestWord.nearest(to: word, in: Main.verbs.map(\.name)) == expected)
    }

    @Test("A word without a similar one gets no suggestion") func doesNotGuessWildly() {
        #expect(NearestWord.nearest(to: "deploy", in: ["dev", "invoke", "token"]) == nil)
        #expect(NearestWord.nearest(to: "x", in: []) == nil)
        #expect(NearestWord.advice("deploy", ["dev", "token"]) == "known: dev, token.")
    }

    @Test(
        "The distance of two words counts insertions, deletions, changes and swaps",
        arguments: [("", "", 0), ("abc", "", 3), ("abc", "abd", 1), ("abc", "acb", 1), ("ca", "abc", 3)])
    func measuresDistance(_ left: String, _ right: String, _ expected: Int) {
        #expect(NearestWord.distance(Array(left.utf8), Array(right.utf8)) == expected)
        #expect(NearestWord.distance(Array(right.utf8), Array(left.utf8)) == expected)
    }

    private static let options = [
        Option("--port", "N", ""), Option("--watch", nil, ""), Option("--header", "H", ""),
    ]

    @Test("Options and operands are read in any order") func readsOptionsAndOperands() throws {
        let words = [
            "one", "--port=0", "--watch", "--port", "8", "--header", "A: b", "--header=C: d=e", "-", "--",
            "--x",
        ]
        let arguments = try Arguments(words, options: Self.options)
        #expect(arguments.operands == ["one", "-", "--x"])
        #expect(try arguments.integer("--port", in: 0...65_535) == 8)
        #expect(arguments.has("--watch"))
        #expect(arguments.all("--header") == ["A: b", "C: d=e"])
    }

    @Test(
        "Invalid options are refused with a suggestion",
        arguments: [
            (["--prot", "1"], "did you mean \"--port\"?"), (["--port"], "needs a value"),
            (["--watch=1"], "takes no value"),
            (["-p"], "known: "),
        ])
    func refusesOptions(_ words: [String], _ reason: String) {
        let error = #expect(throws: UsageError.self) { try Arguments(words, options: Self.options) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "none")")
    }

    @Test("All required options that are missing are named at once") func namesAllThatIsMissing() throws {
        let options = [
            Option("--name", "NAME", "the name", isRequired: true), Option("--plan", "PLAN", "a, b", isRequired: true),
            Option("--to", "URL", "the target", isRequired: true), Option("--port", "N", ""),
        ]
        for (words, text) in [
            (["--name", "x", "--plan=a"], "--to URL (the target) is missing"),
            (["--name", "x", "--"], "--plan PLAN (a, b) and --to URL (the target) are missing"),
            ([], "--name NAME (the name), --plan PLAN (a, b) and --to URL (the target) are missing"),
        ] {
            let error = #expect(throws: UsageError.self) { try Arguments(words, options: options) }
            #expect(error?.description == text)
        }
        let arguments = try Arguments(["--name", "x", "--plan", "a", "--to", "y"], options: options)
        #expect(try arguments.required("--to") == "y")
    }

    @Test("A value that is not one of an option's words is refused with the words") func refusesUnknownWords() throws {
        let arguments = try Arguments(["--role", "boss"], options: [Option("--role", "ROLE", "")])
        let error = #expect(throws: UsageError.self) { try arguments.word("--role", of: ["admin", "viewer"]) }
        #expect(error?.description == "--role boss is unknown; known: admin, viewer.")
    }

    @Test("A number agrees with its noun") func counts() {
        #expect(Terminal.counted(1, "row") == "1 row" && Terminal.counted(0, "row") == "0 rows")
        #expect(Terminal.counted(2, "entry", plural: "entries") == "2 entries")
    }

    @Test("Texts that are not a number in the allowed range are refused") func refusesNumbersOutOfRange() throws {
        for text in ["x", "-1", "65536", ""] {
            let arguments = try Arguments(["--port=\(text)"], options: Self.options)
            #expect(throws: UsageError.self) { try arguments.integer("--port", in: 0...65_535) }
        }
    }

    @Test("A usage error exits with status 2") func exitsWithTwoForUsageErrors() {
        #expect(Main.run([]) == 2)
        #expect(Main.run(["deploy"]) == 2)
        #expect(Main.run(["--hlep"]) == 2)
        #expect(Main.run(["routes", "--confg", "x"]) == 2)
        #expect(Main.run(["routes", "extra"]) == 2)
        #expect(Main.run(["routes", "--config", "/does/not/exist"]) == 1)
        for verb in Main.verbs {
            let words = verb.name.split(separator: " ").map(String.init)
            #expect(Main.run(words + ["--help"]) == 0 && Main.run(["help"] + words) == 0)
        }
    }

    /// The database can't be opened, so a call with valid names ends with status 1, and one that is refused with 2.
    @Test(
        "Names with control characters, or invisible ones, are refused",
        arguments: ["\u{1B}[31m", "\u{9B}31m", "\u{202E}", "\u{2028}", "\u{7F}", "\u{200B}"])
    func refusesInvisibleCharacters(_ text: String) {
        let id = "aaaaaaaa-0000-4000-8000-000000000001"
        let words = ["--workspace", id, "--database", "sqlite:/nonexistent/store.db"]
        func statuses(_ text: String) -> [Int32] {
            [
                ["key", "create", "--name", "a\(text)b"], ["key", "revoke", id, "--by", "a\(text)b"],
                ["member", "add", "--user", id, "--role", "admin", "--email", "a\(text)b@example.com"],
            ].map { Main.run($0 + words) }
        }
        #expect(statuses(text) == [2, 2, 2])
        #expect(statuses("é") == [1, 1, 1])
    }
}

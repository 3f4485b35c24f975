import Base
import TestSupport
import Testing

@Suite struct JSONReaderTests {
    @Test(
        "A JSON syntax error names its line, its column and the reason",
        arguments: [
            ("", 1, 1, "ends where"), ("{\n  \"a\": x\n}", 2, 8, "a value should stand"),
            ("{\"a\": 1,}", 1, 9, "no comma"),
            ("[1,\n2,\n]", 3, 1, "no comma"), ("{\"a\":1 \"b\":2}", 1, 8, "a comma or"),
            ("[1 2]", 1, 4, "a comma or"),
            ("{\"a\" 1}", 1, 6, "colon"), ("{a: 1}", 1, 2, "double quotes"),
            ("{\"a\": 1} x", 1, 10, "after the end"),
            ("// hello\n{}", 1, 1, "no comments"), ("{\"a\": \"x", 1, 7, "no closing quote"),
            ("[\"a\nb\"]", 1, 4, "ends on its line"), ("[\"\\x\"]", 1, 3, "escape"),
            ("[\"\\u12g4\"]", 1, 7, "four"),
            ("[01]", 1, 2, "not a number"), ("[1.]", 1, 2, "not a number"), ("[-]", 1, 2, "not a number"),
            ("[tru]", 1, 2, "text goes in double quotes"),
            ("{\"a\":1,\n\"a\":2}", 2, 1, "\"a\" stands here twice"),
            ("[\"\\ud83d\"]", 1, 3, "half a surrogate pair"), ("[1e999]", 1, 2, "out of range"),
            (String(repeating: "[", count: 101), 1, 102, "100 levels"),
        ])
    func findsTheFault(_ text: String, _ line: Int, _ column: Int, _ reason: String) {
        let fault = #expect(throws: JSONSyntaxError.self) { try JSON(parsing: text.utf8) }
        #expect(fault?.line == line && fault?.column == column, "\(String(describing: fault))")
        #expect(fault?.advice.contains(reason) == true, "\(String(describing: fault))")
    }

    @Test(
        "Malformed JSON is refused",
        arguments: [
            "[", "]", "{", "}", "[1", "{\"a\"", "{\"a\":", "{\"a\":1", "[1,,2]", "[,1]", "{,}", "[1}", "{]", "\"",
            "\"\\",
            "\"\\u", "\"\\u00", "\"\\u0041", "'a'", "nul", "nullx", "True", "NaN", "Infinity", "-Infinity", "+1", ".5",
            "1.e1", "1e", "1e+", "0x1", "1_000", "--1", "-", "-01", "00", "1 2", "\u{FEFF}1", "\u{A0}1", "\u{C}1",
            "\"\u{1}\"", "\"\t\"", "\"\u{0}\"", "\"\\a\"", "\"\\'\"", "\"\\U0041\"", "\"\\u+123\"",
            "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\ud800x\"", "\"\\udc00\\ud800\"",
            "\"\\ud800\\ud800\"",
            "{\"a\":1,\"\\u0061\":2}", "{1:2}", "{null:1}", "[1]]", "{}{}", "1/**/", "#1", "-1e400",
        ])
    func refuses(_ text: String) { #expect(throws: JSONSyntaxError.self) { try JSON(parsing: text.utf8) } }

    @Test(
        "JSON with invalid UTF-8 is refused",
        arguments: [
            [0x22, 0x80, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0xFF], [0x00], [0x31, 0x00], [0xEF, 0xBB, 0xBF, 0x31],
        ] as [[UInt8]])
    func refusesWhatIsNotUTF8(_ bytes: [UInt8]) {
        #expect(throws: JSONSyntaxError.self) { try JSON(parsing: bytes) }
    }

    @Test(
        "Valid JSON is read",
        arguments: [
            ("{}", [:]), (" [ ] ", []), ("null", nil), (" \t\r\n true", true), ("false", false), ("0", 0), ("-0", 0),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("-0.5e+3", .number(-500)),
            ("1.0", .number(1)),
            ("1E2", .number(100)), ("1e-999", .number(0)), ("\"\"", ""),
            ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{C}\n\r\t"),
            ("\"\\u00e9\\u00E9é\"", "ééé"), ("\"\\ud83d\\uDE00\"", "😀"), ("\"\\u0000\"", "\0"),
            ("\"\u{7F}\"", "\u{7F}"),
            ("\"\u{2028}\"", "\u{2028}"), ("\"\\uFFFF\"", "\u{FFFF}"), ("{\"\":{\"\":[]}}", ["": ["": []]]),
            (
                "{\"a\":[1,true,false,null,\"\\u00e9\\n\"],\"b\":{\"a\":1}}",
                ["a": [1, true, false, nil, "é\n"], "b": ["a": 1]]
            ),
        ] as [(String, JSON)])
    func reads(_ text: String, _ value: JSON) throws { #expect(try JSON(parsing: text.utf8) == value) }

    @Test("A hundred nested levels and a thousand elements are read")
    func takesAHundredLevelsAndAnyNumberOfNeighbours() throws {
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        #expect(throws: Never.self) { try JSON(parsing: deep.utf8) }
        let wide = "[" + Array(repeating: "[]", count: 1_000).joined(separator: ",") + "]"
        #expect(try JSON(parsing: wide.utf8).array?.count == 1_000)
    }

    /// A hostile document must not exhaust the stack.
    @Test("Long malformed documents are refused") func endsQuicklyWhateverComes() {
        for text in ["[", "{\"a\":", "\"\\u", "9", "-", "[1,", "{\"a\":1,"] {
            let flood = String(repeating: text, count: 200_000)
            #expect(throws: JSONSyntaxError.self) { try JSON(parsing: flood.utf8) }
        }
    }

    // MARK: Lenient reading

    @Test(
        "The lenient reader replaces lone surrogates and accepts other small flaws",
        arguments: [
            (#""\ud83c""#, "\u{FFFD}"), (#""\udf00x""#, "\u{FFFD}x"), (#""\ud83c\u0041""#, "\u{FFFD}A"),
            (#""\ud83c\ud83c\udf00""#, "\u{FFFD}\u{1F300}"), (#""\ud83c\n""#, "\u{FFFD}\n"),
            (#""\ud83cu""#, "\u{FFFD}u"),
            (#""\ud83d\ude00""#, "😀"), ("\"a\tb\nc\r\u{0}\u{1F}\"", "a\tb\nc\r\u{0}\u{1F}"),
            ("\u{FEFF}[1]", [1]), (" [1]", [1]), ("1e400", nil), ("[-1e400,1]", [nil, 1]),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1e-999", .number(0)),
            (String(repeating: "9", count: 400), nil), (#"{"a":1,"b":2,"a":3}"#, ["a": 3, "b": 2]),
            (#"{"a":1,"\u0061":2}"#, ["a": 2]), ("{\"a\tb\":1,\"\\ud83c\":2}", ["a\tb": 1, "\u{FFFD}": 2]),
        ] as [(String, JSON)])
    func whatIsFlawedIsReadLeniently(_ text: String, _ value: JSON) throws {
        #expect(try JSON(parsing: text.utf8, .lenient) == value)
    }

    @Test(
        "The lenient reader replaces invalid UTF-8",
        arguments: [
            ([0x22, 0x80, 0x22], "\u{FFFD}"), ([0x22, 0x41, 0xC3, 0x22], "A\u{FFFD}"),
            ([0x22, 0xFF, 0x42, 0x22], "\u{FFFD}B"),
            ([0x22, 0xED, 0xA0, 0x80, 0x22], "\u{FFFD}\u{FFFD}\u{FFFD}"), ([0xEF, 0xBB, 0xBF, 0x22, 0x22], ""),
        ] as [([UInt8], String)])
    func whatIsNotUTF8IsReadLeniently(_ bytes: [UInt8], _ text: String) throws {
        #expect(try JSON(parsing: bytes, .lenient) == .string(text))
    }

    /// Swift treats é as one scalar and as two scalars as the same text; in JSON they are two names.
    @Test("Member names in different Unicode normal forms stay two members")
    func namesInTwoNormalFormsAreTwoMembers() throws {
        let text = "{\"\u{E9}\":1,\"e\u{301}\":2,\"b\":3,\"e\u{301}\":4,\"\u{E9}\":5}"
        let members = try #require(try JSON(parsing: text.utf8, .lenient).object)
        #expect(members.count == 3 && members["\u{E9}"] == 5 && members["b"] == 3)
        #expect(members.values.contains(4))
        // The strict reader reads the written object, and refuses the original text because of the repeated names.
        let written = JSONWriter.bytes(JSON.object(members))
        #expect(try JSON(parsing: written) == .object(members))
        #expect(throws: JSONSyntaxError.self) { try JSON(parsing: text.utf8) }
    }

    /// The angstrom sign, the letter Å and the letter A with a ring are one text for Swift.
    @Test("Three normal forms of one name are three members, each with its own last value")
    func threeFormsAreThreeMembers() throws {
        let forms = ["\u{212B}", "\u{C5}", "A\u{30A}"]
        let text = "{" + (0..<6).map { "\"\(forms[$0 % 3])\":\($0)" }.joined(separator: ",") + "}"
        let members = try #require(try JSON(parsing: text.utf8, .lenient).object)
        #expect(members.values.compactMap(\.integer).sorted() == [3, 4, 5])
        #expect(try JSON(parsing: JSONWriter.bytes(JSON.object(members))) == .object(members))
    }

    @Test("The lenient reader keeps at most sixteen forms of one name") func manyFormsAreBounded() throws {
        // Each of the ten letters has two forms.
        let names = (0..<1_024).map { number in
            (0..<10).map { number >> $0 & 1 == 0 ? "\u{E9}" : "e\u{301}" }.joined()
        }
        let text = "{" + names.map { "\"\($0)\":1" }.joined(separator: ",") + "}"
        #expect(try JSON(parsing: text.utf8, .lenient).object?.count == 16)
    }

    @Test(
        "The lenient reader refuses texts that are not JSON",
        arguments: [
            "", "\u{FEFF}", "\u{FEFF}\u{FEFF}1", "[", "[1,]", "{\"a\" 1}", "\"a", #""\x""#, #""\ud8""#, "[01]", "1.",
            "nul",
            "'a'",
            "1 2", "/**/1", "NaN", "{a:1}", "\u{A0}1", #""\u12g4""#, #""\ud83c\u12g4""#,
            String(repeating: "[", count: 101) + String(repeating: "]", count: 101),
            "[" + String(repeating: "0,", count: 1_000_000) + "0]",
        ])
    func whatIsNoJSONIsRefusedLenientlyToo(_ text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSON(parsing: text.utf8, .lenient) }
    }

    /// The lenient reader must read valid documents exactly as the strict reader does.
    @Test("Both readers give the same value for every document that the strict one accepts")
    func bothReadersAgreeOnWhatIsSound() {
        let samples = [
            #"{"a":[1,-2.5e3,"é\u00e9\ud83d\ude00\n",true,false,null],"b":{"c":{}},"":[[[]]]}"#, "[0]", "12",
            "\"\\\\\"",
        ]
        var accepted = 0
        for bytes in HostileInputs(samples, count: 5_000) {
            guard let strict = try? JSON(parsing: bytes) else { continue }
            accepted += 1
            #expect((try? JSON(parsing: bytes, .lenient)) == strict)
        }
        #expect(accepted > 0)
    }

    @Test("JSON values are reached by their type, and other types give nil") func valuesAreReachedByKind() throws {
        let json = try JSON(parsing: "{\"s\":\"x\",\"i\":1,\"b\":true,\"a\":[1],\"o\":{},\"n\":null,\"d\":1.5}".utf8)
        #expect(json["s"]?.string == "x" && json["i"]?.integer == 1 && json["b"]?.bool == true)
        #expect(json["a"]?.array == [1] && json["o"]?.object == [:] && json["n"] == .null && json["none"] == nil)
        #expect(json["d"]?.integer == nil && json["i"]?.string == nil && json["s"]?["x"] == nil && json.array == nil)
    }

    /// Documents of 8 MiB, the longest that a provider may send, could need more memory than a function may have.
    @Test(
        "A document of more than a million values is refused, whatever the values are",
        arguments: ["0", "{}", "[0]", "\"\"", "{\"a\":0}", "null"])
    func valuesAreCounted(_ value: String) throws {
        let count = (8 << 20) / (value.utf8.count + 1)
        let text = "[" + String(repeating: value + ",", count: count - 1) + value + "]"
        let fault = #expect(throws: JSONSyntaxError.self) { try JSON(parsing: text.utf8) }
        #expect(fault?.advice == "more than 1000000 values")
    }

    @Test("A million values are read")
    func aMillionValuesAreRead() throws {
        let text = "[" + String(repeating: "0,", count: 999_998) + "0]"
        #expect(try JSON(parsing: text.utf8).array?.count == 999_999)
    }
}

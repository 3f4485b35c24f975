import Base
import Foundation
import TestSupport
import Testing

/// An event on standard input or in FUNCTION_EVENT: an invalid event gets a 400, and nothing else is printed.
@Suite struct EventTests {
    /// The two ways to give a process one event.
    enum Place: CaseIterable {
        case standardInput, variable

        func ask(_ event: [UInt8]) throws -> Answer {
            var variables = ProbeProgram.environment
            if self == .variable { variables["FUNCTION_EVENT"] = String(decoding: event, as: UTF8.self) }
            let process = try PipedProgram(
                ProbeProgram.path, environment: variables, input: self == .variable ? [] : event)
            try #require(try process.waitForEnd() == 0)
            #expect(process.errors.isEmpty)
            return try Answer(event: process.output)
        }
    }

    private static func request(_ members: String) -> String {
        #"{"rawPath":"/","requestContext":{"http":{"method":"POST"}}"# + members + "}"
    }

    static let noEvents: [String] = [
        "", " ", "\n", "x", "null", "true", "12", "\"text\"", "[]", "{}", "{", "{\"a\":1,}", "{}{}", "{} x",
        "{\"rawPath\":\"/\"}", "{\"requestContext\":{\"http\":{\"method\":\"GET\"}}}",
        #"{"rawPath":"","requestContext":{"http":{"method":"GET"}}}"#,
        #"{"rawPath":"no-slash","requestContext":{"http":{"method":"GET"}}}"#,
        #"{"rawPath":7,"requestContext":{"http":{"method":"GET"}}}"#,
        #"{"rawPath":null,"requestContext":{"http":{"method":"GET"}}}"#,
        #"{"rawPath":"/","requestContext":{"http":{"method":""}}}"#,
        #"{"rawPath":"/","requestContext":{"http":{"method":["GET"]}}}"#,
        #"{"rawPath":"/","requestContext":{"http":"GET"}}"#,
        #"{"rawPath":"/","requestContext":[]}"#,
        #"{"rawPath":"/","rawPath":"/","requestContext":{"http":{"method":"GET"}}}"#,
        request(#","headers":[]"#), request(#","headers":"a: b""#), request(#","headers":{"a":1}"#),
        request(#","headers":{"a":null}"#), request(#","headers":{"a":["b"]}"#),
        request(#","rawQueryString":{}"#), request(#","rawQueryString":5"#),
        request(#","body":{}"#), request(#","body":1"#), request(#","body":["a"]"#),
        request(#","body":"????","isBase64Encoded":true"#), request(#","body":"YQ=","isBase64Encoded":true"#),
        request(#","body":"YQ","isBase64Encoded":true"#), request(#","body":"Y Q=","isBase64Encoded":true"#),
        request(#","body":"YR==","isBase64Encoded":true"#), request(#","body":"====","isBase64Encoded":true"#),
        request(#","body":"YQ==","isBase64Encoded":"true""#), request(#","body":"YQ==","isBase64Encoded":1"#),
        request(#","isBase64Encoded":[]"#), request(#","body":null,"isBase64Encoded":{}"#),
        request(#","body":"\ud800""#), request(#","body":"\x""#), request(",\"body\":\"\u{1}\""),
        request(#","a":01"#), request(#","a":1e999"#), request(#","a":NaN"#), request(#","a":.5"#),
        String(repeating: "[", count: 50_000), String(repeating: "{\"a\":", count: 20_000),
        String(repeating: "[", count: 101) + String(repeating: "]", count: 101),
    ]

    @Test(
        "Unknown arguments are refused, without waiting for an event",
        arguments: [["--descrbe"], ["--version", "x"], ["x"]])
    func unknownArguments(_ words: [String]) throws {
        let process = try PipedProgram(ProbeProgram.path, arguments: words, environment: ProbeProgram.environment)
        #expect(try process.waitForEnd() == 2 && process.output.isEmpty)
        let text = String(decoding: process.errors, as: UTF8.self)
        #expect(text.hasPrefix("\(words.joined(separator: " ")): unexpected arguments\n"), "\(text)")
        #expect(text.contains(" --describe ") && text.contains(" --version ") && text.contains(" <EVENT.json "))
    }

    @Test("An invalid event gets 400", arguments: Place.allCases, noEvents)
    func whatIsNoEventIsRefused(_ place: Place, _ text: String) throws {
        // An empty variable does not count: the event is then read from standard input, which is empty here.
        try expectError(400, try place.ask(Array(text.utf8)))
    }

    @Test(
        "An event that is not UTF-8 gets 400",
        arguments: [
            [0], [0xFF], [0xEF, 0xBB, 0xBF] + Array(#"{"rawPath":"/"}"#.utf8),
            Array(#"{"rawPath":"/"#.utf8) + [0x80] + Array(#"","requestContext":{"http":{"method":"GET"}}}"#.utf8),
            Array(#"{"rawPath":"/"#.utf8) + [0] + Array(#"","requestContext":{"http":{"method":"GET"}}}"#.utf8),
        ] as [[UInt8]])
    func bytesThatAreNoTextAreRefused(_ bytes: [UInt8]) throws {
        try expectError(400, try Place.standardInput.ask(bytes))
    }

    /// A shell sets the variable, because a Swift string can't hold bytes that are not UTF-8.
    @Test("An event in a variable that is not UTF-8 gets 400", arguments: [#"\377"#, #"a\200"#, #"\355\240\200"#])
    func bytesThatAreNoTextAreRefusedInAVariableToo(_ bytes: String) throws {
        let script = """
            FUNCTION_EVENT=$(printf '{"rawPath":"/\(bytes)","requestContext":{"http":{"method":"GET"}}}')
            export FUNCTION_EVENT
            exec "\(ProbeProgram.path)"
            """
        let process = try PipedProgram("/bin/sh", arguments: ["-c", script], environment: ProbeProgram.environment)
        #expect(try process.waitForEnd() == 0)
        try expectError(400, try Answer(event: process.output))
    }

    @Test("The smallest valid event is enough", arguments: Place.allCases)
    func theSmallestEventIsEnough(_ place: Place) throws {
        let event = #"{"rawPath":"/api/x","requestContext":{"http":{"method":"GET"}}}"#
        let answer = try place.ask(Array(event.utf8))
        #expect(answer.status == 200)
        #expect(answer["path"] == "/api/x")
        #expect(answer["query"] == "")
        #expect(answer["length"] == 0)
    }

    @Test("Optional members may be null") func absentMembersMayBeNull() throws {
        let members = #","headers":null,"body":null,"rawQueryString":null,"isBase64Encoded":null,"cookies":null"#
        let answer = try Place.standardInput.ask(Array(Self.request(members).utf8))
        #expect(answer.status == 200)
    }

    @Test("Paths and header values may contain any character") func pathsAndValuesMayHoldAnything() throws {
        let event =
            #"{"rawPath":"/\u0000\r\n","requestContext":{"http":{"method":"GET"}},"headers":{"X-A":"\u0000\r\nX-B: 1"}}"#
        let answer = try Place.standardInput.ask(Array(event.utf8))
        #expect(answer.status == 200)
        #expect(answer["path"] == "/\0\r\n")
        #expect(answer["headers"]?["x-a"] == "\0\r\nX-B: 1")
    }

    @Test(
        "A malformed query string gets 400", arguments: ["%", "%1", "%zz", "a=%C3%28", "%FF", "do=%", "a=1&b=%E2%82"])
    func malformedQueryStringsAreRefused(_ query: String) throws {
        for way in Way.allCases where way != .lambda {
            try expectError(400, try way.ask(Ask("GET", query)))
        }
    }

    /// An escape takes up to six bytes for one byte (RFC 8259 §7).
    @Test(
        "The body limit applies to the decoded body",
        arguments: [
            (#"\u00e9"#, 520_028, 200), (#"\u0001"#, 1 << 20, 200), (#"\u0001"#, (1 << 20) + 1, 413),
            (#"\n"#, 1 << 20, 200),
        ])
    func theLimitIsThatOfTheDecodedBody(_ escape: String, _ count: Int, _ status: Int) throws {
        let body = String(repeating: escape, count: count)
        let answer = try Place.standardInput.ask(Array(Self.request(",\"body\":\"\(body)\"").utf8))
        #expect(answer.status == status)
        if status == 200 { #expect(answer["length"] == .integer(count * (escape == #"\u00e9"# ? 2 : 1))) }
    }

    @Test("A question mark before the query is ignored") func aQuestionMarkBeforeTheQueryIsNoPartOfIt() throws {
        for (query, expected) in [("?a=1", "a=1"), ("a=1", "a=1"), ("??a=1", "?a=1")] {
            #expect(try Place.standardInput.ask(Ask("GET", query).event)["query"] == .string(expected))
        }
    }

    @Test("An endless event gets 413") func anEventWithoutEndIsRefused() throws {
        let event = [UInt8](repeating: UInt8(ascii: " "), count: 16 << 20)
        try expectError(413, try Place.standardInput.ask(event))
    }

    @Test("A thousand header fields are accepted") func aThousandHeaderFieldsAreTaken() throws {
        var ask = Ask()
        for field in 0..<1_000 { ask.headers["X-Field-\(field)"] = String(repeating: "v", count: 500) }
        let answer = try Place.standardInput.ask(ask.event)
        #expect(answer["headers"]?.object?.count == 1_000)
    }

    @Test("A stream that fails is an error with a log line", arguments: Place.allCases)
    func aStreamThatFailsIsAnError(_ place: Place) throws {
        let event = String(decoding: Ask("GET", "do=stream-fails&bytes=1000").event, as: UTF8.self)
        var variables = ProbeProgram.environment
        if place == .variable { variables["FUNCTION_EVENT"] = event }
        let process = try PipedProgram(
            ProbeProgram.path, environment: variables, input: place == .variable ? [] : Array(event.utf8))
        try #require(try process.waitForEnd() == 0)
        let answer = try Answer(event: process.output)
        try expectError(500, answer)
        let line = try JSON(parsing: process.errors)
        #expect(line["level"] == "error")
        #expect(try line["request_id"]?.string == answer.field("X-Request-Id"))
    }

    @Test("Header fields with the same name are joined") func fieldsOfOneNameAreJoined() throws {
        let answer = try Place.standardInput.ask(Ask("GET", "do=field&name=cache-control&value=private").event)
        #expect(try answer.field("Cache-Control") == "private, no-store")
    }

    @Test("Logs go to standard error, with the request id") func logsGoToStandardErrorWithTheRequestID() throws {
        let ask = Ask("GET", "do=log&lines=3", headers: ["X-Request-Id": "the-request"])
        let process = try PipedProgram(
            ProbeProgram.path, environment: ProbeProgram.environment(["FUNCTION_NAME": "probe"]), input: ask.event)
        #expect(try process.waitForEnd() == 0)
        #expect(try Answer(event: process.output)["done"] == true)
        let lines = try process.errors.split(separator: UInt8(ascii: "\n")).map { try JSON(parsing: $0) }
        #expect(lines.compactMap { $0["message"]?.string } == ["line 0", "line 1", "line 2"])
        for line in lines {
            #expect(line["function"] == "probe")
            #expect(line["request_id"] == "the-request")
            #expect(line["time"]?.string.flatMap { Timestamp($0) } != nil)
        }
    }

    @Test("The process ends if its reader has gone") func aReaderThatHasGoneEndsTheProcess() throws {
        let event = String(decoding: Ask("GET", "do=bytes&bytes=1000000").event, as: UTF8.self)
        let (readEnd, writeEnd) = try LocalConnection.pipe()
        let program = try Program(
            ProbeProgram.path, environment: ProbeProgram.environment(["FUNCTION_EVENT": event]),
            descriptors: [-1, writeEnd, -1])
        close(writeEnd)
        readEnd.hangUp()
        #expect(program.waitForEnd() == 1)
    }

    @Test("The CPU limit ends an endless loop") func theCPULimitEndsAnEndlessLoop() throws {
        let process = try PipedProgram(
            ProbeProgram.path, environment: ProbeProgram.environment(["FUNCTION_CPU_SECONDS": "1"]),
            input: Ask("GET", "do=spin").event)
        #expect(try process.waitForEnd() == 128 + SIGXCPU)
        #expect(process.output.isEmpty)
    }

    @Test(
        "An endpoint has no schedule: the run fails, and the exit status says so",
        arguments: [
            #"{"detail-type":"Scheduled Event","source":"aws.events","time":"2026-01-01T00:00:00Z","detail":{}}"#,
            #"{"detail-type":"Scheduled Event","source":"aws.scheduler","time":"2026-01-01T00:00:00Z","detail":"{}"}"#,
        ])
    func scheduledEvents(_ event: String) throws {
        let process = try PipedProgram(
            ProbeProgram.path, environment: ProbeProgram.environment([:]), input: Array(event.utf8))
        #expect(try process.waitForEnd() == 1)
        try expectError(404, try Answer(event: process.output))
        // An event of another kind is a request, though a bad one, and has got its answer.
        try expectError(400, try Place.standardInput.ask(Array(event.replacing("aws.", with: "my.").utf8)))
    }
}

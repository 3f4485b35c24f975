import Base
import Foundation
import TestSupport
import Testing

/// CGI/1.1 and OpenFaaS's watchdog, whose requests come in variables with arbitrary values.
@Suite struct CGITests {
    private func run(_ variables: [String: String], input: [UInt8] = []) throws -> Answer {
        var all = ProbeProgram.environment(variables)
        all["GATEWAY_INTERFACE"] = "CGI/1.1"
        let process = try PipedProgram(ProbeProgram.path, environment: all, input: input)
        try #require(try process.waitForEnd() == 0)
        return try Answer(cgi: process.output)
    }

    @Test(
        "A CGI request with malformed variables gets 400",
        arguments: [
            [:], ["REQUEST_METHOD": ""],
            ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "x"], ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "-1"],
            ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "1 "], ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "0x1"],
            ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "+3"], ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "3,3"],
            ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "-0"],
            // The declared length exceeds the body.
            ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "4"], ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "1000000"],
        ])
    func malformedVariablesAreRefused(_ variables: [String: String]) throws {
        try expectError(400, try run(variables, input: Array("abc".utf8)))
    }

    @Test(
        "A declared length above the limit gets 413",
        arguments: ["1048577", "99999999999", "18446744073709551616", String(repeating: "9", count: 1_000)])
    func bodiesThatSayTheyAreTooLongAreRefused(_ length: String) throws {
        try expectError(413, try run(["REQUEST_METHOD": "POST", "CONTENT_LENGTH": length], input: Array("abc".utf8)))
    }

    @Test("No more of the body is read than its declared length") func noMoreIsReadThanTheLengthSays() throws {
        let answer = try run(["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "3"], input: Array("abcdef".utf8))
        #expect(answer["length"] == 3)
        // A body without a declared length is not waited for.
        #expect(try run(["REQUEST_METHOD": "POST"], input: Array("abc".utf8))["length"] == 0)
        #expect(try run(["REQUEST_METHOD": "POST", "CONTENT_LENGTH": ""], input: Array("abc".utf8))["length"] == 0)
    }

    /// A server that sends chunks declares no length, and need not close the input (RFC 3875 §4.2).
    @Test("A body of unknown length gets 411") func aBodyOfUnknownLengthIsRefused() throws {
        let variables = ["REQUEST_METHOD": "POST", "HTTP_TRANSFER_ENCODING": "chunked"]
        try expectError(411, try run(variables, input: Array("abc".utf8)))
        var known = variables
        known["CONTENT_LENGTH"] = "3"
        #expect(try run(known, input: Array("abc".utf8))["length"] == 3)
    }

    /// A server that can't write the whole body would not read the response.
    @Test(
        "The body of a refused request is read to its end",
        arguments: [
            ["CONTENT_LENGTH": "4194304"], ["CONTENT_LENGTH": "x"], ["HTTP_TRANSFER_ENCODING": "chunked"],
        ])
    func theInputOfARefusedRequestIsRead(_ variables: [String: String]) throws {
        let (theirs, ours) = try LocalConnection.pipe()
        let (output, outputEnd) = try LocalConnection.pipe()
        var all = ProbeProgram.environment(variables.merging(["REQUEST_METHOD": "POST"]) { $1 })
        all["GATEWAY_INTERFACE"] = "CGI/1.1"
        let program = try Program(ProbeProgram.path, environment: all, descriptors: [ours, outputEnd, -1])
        close(ours)
        close(outputEnd)
        #expect(theirs.send([UInt8](repeating: 0x61, count: 4 << 20)))
        theirs.finishSending()
        let answer = try Answer(cgi: output.readToEnd())
        #expect([400, 411, 413].contains(answer.status))
        #expect(program.waitForEnd() == 0)
    }

    /// A server that keeps the input open is answered too, and an endless body is not read to its end.
    @Test("An endless body of a refused request is not read to its end") func anInputWithoutEndIsLeft() throws {
        for length in ["x", "99999999999"] {
            let (theirs, ours) = try LocalConnection.pipe()
            let (output, outputEnd) = try LocalConnection.pipe()
            var all = ProbeProgram.environment(["REQUEST_METHOD": "POST", "CONTENT_LENGTH": length])
            all["GATEWAY_INTERFACE"] = "CGI/1.1"
            let program = try Program(ProbeProgram.path, environment: all, descriptors: [ours, outputEnd, -1])
            close(ours)
            close(outputEnd)
            if length != "x" {
                var sent = 0
                let part = [UInt8](repeating: 0x61, count: 1 << 20)
                while sent < 200 << 20, theirs.send(part) { sent += part.count }
                #expect(sent >= 64 << 20 && sent < 70 << 20)
            }
            #expect(try Answer(cgi: output.readToEnd()).status == (length == "x" ? 400 : 413))
            #expect(program.waitForEnd() == 0)
        }
    }

    @Test("A stream that fails before its first byte is an error with status 500")
    func aStreamThatFailsAtOnceIsAnError() throws {
        try expectError(500, try run(Ask("GET", "do=stream-fails&bytes=0").variables))
    }

    @Test("A stream that loses its database before the first byte is an error with status 503")
    func streamWithoutDatabase() throws {
        try expectError(503, try run(Ask("GET", "do=stream-outage&bytes=0").variables))
    }

    @Test("A refused request keeps its request id") func theRequestIDOfARefusalIsTheRequests() throws {
        let answer = try run(["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "9", "HTTP_X_REQUEST_ID": "the-request"])
        try expectError(400, answer)
        #expect(try answer.field("X-Request-Id") == "the-request")
    }

    @Test("The Proxy header field is dropped") func theProxyFieldIsDropped() throws {
        let answer = try run([
            "REQUEST_METHOD": "GET", "HTTP_PROXY": "http://evil.example", "HTTP_X_PROXY": "kept",
            "HTTP_CONTENT_LENGTH": "5", "HTTP_CONTENT_TYPE": "a/b",
        ])
        #expect(answer["headers"] == ["x-proxy": "kept"])
    }

    @Test("The path comes from REQUEST_URI, or else from SCRIPT_NAME and PATH_INFO")
    func thePathIsTheURIsOrElseTheScripts() throws {
        let both = ["REQUEST_METHOD": "GET", "SCRIPT_NAME": "/a", "PATH_INFO": "/b"]
        #expect(try run(both)["path"] == "/a/b")
        #expect(try run(both.merging(["REQUEST_URI": "/c%20d?e?f"]) { $1 })["path"] == "/c%20d")
        #expect(try run(both.merging(["REQUEST_URI": "?e"]) { $1 })["path"] == "")
    }

    @Test("Control characters and long values in variables do no harm") func bytesThatAreNoTextDoNoHarm() throws {
        let (value, size) = (String(repeating: "v", count: 60_000), "60000")
        let answer = try run([
            "REQUEST_METHOD": "GET", "HTTP_X_A": "\u{1}\r\n\t\u{7F}ä", "HTTP_": "none", "HTTP_X_LONG": value,
        ])
        #expect(answer.status == 200)
        #expect(answer["headers"]?["x-a"] == "\u{1}\r\n\t\u{7F}ä")
        #expect(answer["headers"]?["x-long"]?.string?.utf8.count == Int(size))
    }

    @Test("A line break in a header value can't start another header", arguments: Way.allCases.filter { $0.hasHead })
    func aLineBreakInAFieldBeginsNoOther(_ way: Way) throws {
        for injected in ["a%0D%0AX-Evil:%201", "a%0AX-Evil:%201", "a%0D%0A%0D%0Abody", "%00a"] {
            let answer = try way.ask(Ask("GET", "do=field&name=X-Good&value=" + injected))
            #expect(answer["done"] == true)
            #expect(!answer.fields.contains { $0.name == "X-Evil" })
            try expectSecured(answer)
        }
    }

    @Test("A response with large headers is sent completely") func largeHeadsGoOut() throws {
        for way in Way.allCases where way.hasHead {
            let answer = try way.ask(Ask("GET", "do=big-headers&bytes=300000"))
            #expect(answer.fields.count { $0.name.hasPrefix("X-Filler-") && $0.value.count == 1_000 } == 300)
        }
    }

    @Test("The process ends if the server has gone") func aServerThatHasGoneEndsTheProcess() throws {
        let (readEnd, writeEnd) = try LocalConnection.pipe()
        let program = try Program(
            ProbeProgram.path, environment: ProbeProgram.environment(Ask("GET", "do=stream&bytes=90000000").variables),
            descriptors: [-1, writeEnd, -1])
        close(writeEnd)
        readEnd.hangUp()
        #expect(program.waitForEnd() == 1)
    }

    @Test("A stream that fails ends the process with status 1 and a log line")
    func aStreamThatFailsShowsInTheExitStatus() throws {
        let process = try PipedProgram(
            ProbeProgram.path,
            environment: ProbeProgram.environment(Ask("GET", "do=stream-fails&bytes=100000").variables))
        #expect(try process.waitForEnd() == 1)
        #expect(try JSON(parsing: process.errors)["level"] == "error")
    }

    @Test("A crash leaves nothing on standard output") func aCrashLeavesNothingOnTheOutput() throws {
        for (how, status) in [
            ("trap", [128 + SIGILL, 128 + SIGTRAP, 128 + SIGABRT]), ("11", [128 + SIGSEGV]), ("9", [128 + SIGKILL]),
        ] {
            let process = try PipedProgram(
                ProbeProgram.path, environment: ProbeProgram.environment(Ask("GET", "do=crash&how=\(how)").variables))
            #expect(status.contains(try process.waitForEnd()), "\(how)")
            #expect(process.output.isEmpty)
        }
    }

    // MARK: The watchdog

    @Test(
        "The watchdog gets errors as bodies",
        arguments: [
            (["Http_Method": "PUT"], "method"), (["Http_Method": "POST", "Http_Query": "%"], "query string"),
        ])
    func theWatchdogGetsErrorsAsBodies(_ variables: [String: String], _ word: String) throws {
        let process = try PipedProgram(ProbeProgram.path, environment: ProbeProgram.environment(variables))
        try #require(try process.waitForEnd() == 0)
        let answer = Answer(status: nil, body: process.output)
        try expectError(400, answer)
        #expect(answer["error"]?.string?.contains(word) == true)
    }

    @Test("The watchdog needs to send only a method") func theWatchdogNeedsNoMoreThanAMethod() throws {
        let process = try PipedProgram(
            ProbeProgram.path, environment: ProbeProgram.environment(["Http_Method": "GET"]))
        try #require(try process.waitForEnd() == 0)
        #expect(Answer(status: nil, body: process.output)["path"] == "/")
    }
}

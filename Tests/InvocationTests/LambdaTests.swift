import Base
import Crypto
import Foundation
import TestSupport
import Testing

/// AWS Lambda's custom runtime, with a Runtime API that the test implements.
@Suite struct LambdaTests {
    private func bad(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("One process serves one invocation after the other")
    func oneProcessServesOneInvocationAfterTheOther() throws {
        let api = try RuntimeAPI()
        for id in ["a", "b", "c"] {
            try api.takeNext()
            try api.invoke(id, Ask("GET", "id=\(id)").event, trace: "Root=1-\(id)")
            let answer = try api.takeAnswer(id)
            #expect(answer["query"] == .string("id=\(id)"))
            #expect(answer["process"] == .integer(Int(api.program.id)))
            #expect(answer["trace"] == .string("Root=1-\(id)"))
            #expect(answer["peer"] == "192.0.2.7")
        }
    }

    @Test("Malformed events get 400, and the process continues") func malformedEventsAreAnswered() throws {
        let api = try RuntimeAPI()
        let events = ["", "x", "[]", "{}", #"{"rawPath":"/"}"#, String(repeating: "[", count: 10_000)]
        for (index, event) in events.enumerated() {
            try api.takeNext()
            try api.invoke("\(index)", bad(event))
            try expectError(400, try api.takeAnswer("\(index)"))
        }
        try api.takeNext()
        try api.invoke("last", Ask().event)
        #expect(try api.takeAnswer("last").status == 200)
    }

    @Test("A body that is not text is sent in Base64") func bodiesThatAreNotTextGoInBase64() throws {
        let api = try RuntimeAPI()
        try api.takeNext()
        try api.invoke("a", Ask("GET", "do=bytes&bytes=1000").event)
        let call = try api.takeResponse("a")
        #expect(try JSON(parsing: call.body)["isBase64Encoded"] == true)
        #expect(try RuntimeAPI.decode(call).body == ProbeProgram.filler(1_000))
    }

    @Test("A large response is streamed") func largeResponsesAreStreamed() throws {
        let api = try RuntimeAPI(streams: true)
        let count = 20 << 20
        try api.takeNext()
        try api.invoke("a", Ask("GET", "do=stream&bytes=\(count)").event)
        let call = try api.takeResponse("a")
        #expect(call.fields["lambda-runtime-function-response-mode"] == "streaming")
        #expect(call.trailers.isEmpty)
        try api.answer(202)
        let answer = try RuntimeAPI.decode(call)
        #expect(SHA256.hexadecimal(answer.body) == SHA256.hexadecimal(try ProbeProgram.filler(count)))
        try expectSecured(answer)
        try api.takeNext()
    }

    /// A Function URL shows the envelope of a response in the other mode as the body of a 200.
    @Test("The invoke mode decides about all responses to requests", arguments: [true, false])
    func invokeMode(_ streams: Bool) throws {
        let api = try RuntimeAPI(streams: streams)
        for (id, ask) in [("a", Ask("GET", "do=stream&bytes=1000")), ("b", Ask()), ("c", Ask("PUT"))] {
            try api.takeNext()
            try api.invoke(id, ask.event)
            let call = try api.takeResponse(id)
            let mode = call.fields["lambda-runtime-function-response-mode"]
            #expect(mode == (streams ? "streaming" : nil), "\(id)")
            try api.answer(202)
            let answer = try RuntimeAPI.decode(call)
            #expect(answer.status == (id == "c" ? 405 : 200), "\(id)")
            if id == "a" { #expect(try answer.body == ProbeProgram.filler(1_000)) }
        }
    }

    @Test("If a stream fails before a buffered response is sent, the response is a 500") func bufferedFailure() throws {
        let api = try RuntimeAPI()
        try api.takeNext()
        try api.invoke("a", Ask("GET", "do=stream-fails&bytes=1000").event)
        #expect(try api.takeAnswer("a").status == 500)
    }

    @Test("A stream that fails ends with an error trailer") func aStreamThatFailsEndsWithAnErrorTrailer() throws {
        let api = try RuntimeAPI(streams: true)
        try api.takeNext()
        try api.invoke("a", Ask("GET", "do=stream-fails&bytes=1000").event)
        let call = try api.takeResponse("a")
        #expect(call.fields["trailer"] == "Lambda-Runtime-Function-Error-Type")
        #expect(call.trailers["lambda-runtime-function-error-type"]?.isEmpty == false)
        try api.answer(202)
        try api.takeNext()
    }

    @Test("A scheduled run that fails is the invocation's error", arguments: ["aws.events", "aws.scheduler"])
    func failedRunsAreReported(_ source: String) throws {
        let api = try RuntimeAPI()
        for id in ["a", "b"] {
            try api.takeNext()
            try api.invoke(id, bad(#"{"detail-type":"Scheduled Event","source":"\#(source)","detail":"{}"}"#))
            #expect(try api.takeError(id) == "Function.ScheduledRunFailed")
        }
        try api.takeNext()
    }

    @Test("A response that the API refuses is reported as an error", arguments: [400, 403, 413])
    func aResponseThatIsRefusedIsReported(_ status: Int) throws {
        for streams in [false, true] {
            let api = try RuntimeAPI(streams: streams)
            for (id, query) in [("a", ""), ("b", "do=stream&bytes=100")] {
                try api.takeNext()
                try api.invoke(id, Ask("GET", query).event)
                _ = try api.takeResponse(id)
                try api.answer(status, [:], bad(#"{"errorMessage":"no","errorType":"RequestEntityTooLarge"}"#))
                #expect(try api.takeError(id).isEmpty == false)
            }
            try api.takeNext()
        }
    }

    @Test("A failing API ends the process") func aFailingAPIEndsTheProcess() throws {
        let api = try RuntimeAPI()
        try api.takeNext()
        try api.invoke("a", Ask().event)
        _ = try api.takeResponse("a")
        try api.answer(500)
        #expect(api.program.waitForEnd() == 1)
    }

    @Test(
        "An API that answers nonsense ends the process",
        arguments: [
            "", "nonsense\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
        ])
    func anAPIThatMakesNoSenseEndsTheProcess(_ answer: String) throws {
        let api = try RuntimeAPI()
        try api.takeNext()
        try api.send(bad(answer))
        api.hangUp()
        #expect(api.program.waitForEnd() == 1)
    }

    @Test("Chunked events are read") func chunkedEventsAreRead() throws {
        let api = try RuntimeAPI()
        let event = Ask("GET", "a=1").event
        try api.takeNext()
        var text = "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        for start in stride(from: 0, to: event.count, by: 50) {
            let part = event[start..<min(start + 50, event.count)]
            text += String(part.count, radix: 16) + "\r\n" + String(decoding: part, as: UTF8.self) + "\r\n"
        }
        try api.send(bad(text + "0\r\n\r\n"))
        #expect(try api.takeAnswer("a")["query"] == "a=1")
    }

    @Test("A connection that is to be closed is replaced") func aConnectionThatIsToBeClosedIsReplaced() throws {
        let api = try RuntimeAPI()
        try api.takeNext()
        try api.answer(200, ["Lambda-Runtime-Aws-Request-Id": "a", "Connection": "close"], Ask().event)
        api.hangUp()
        #expect(try api.takeAnswer("a").status == 200)
    }

    @Test("An invalid address of the API ends the process with a log line")
    func anAddressThatIsNoneEndsTheProcess() throws {
        for address in ["", ":", "x:1", "127.0.0.1:99999", "127.0.0.1:0", "127.0.0.1:1:2", "[::1]:80"]
        where !address.isEmpty {
            let process = try PipedProgram(
                ProbeProgram.path, environment: ProbeProgram.environment(["AWS_LAMBDA_RUNTIME_API": address]))
            #expect(try process.waitForEnd() == 1, "\(address)")
            #expect(process.output.isEmpty)
            #expect(try JSON(parsing: process.errors)["level"] == "error")
        }
    }
}

import Base
import Crypto
import Foundation
import TestSupport
import Testing

/// Behaviour that is the same for every way of invocation.
@Suite struct WayTests {
    @Test("A request arrives unchanged", arguments: Way.allCases)
    func theRequestArrivesAsItWasSent(_ way: Way) throws {
        let body = Array("{\"name\":\"Grüße\\u0000\"}\n".utf8)
        let answer = try way.ask(
            Ask(
                "POST", "a=1&b=%20x&empty=",
                headers: ["Authorization": "Bearer abc.def", "X-Api-Key": "k", "Content-Type": "application/json"],
                body: body))
        #expect(answer["method"] == "POST")
        #expect(answer["path"] == "/api/probe")
        #expect(answer["query"] == "a=1&b=%20x&empty=")
        #expect(answer["headers"]?["authorization"] == "Bearer abc.def")
        #expect(answer["headers"]?["x-api-key"] == "k")
        #expect(answer["headers"]?["content-type"] == "application/json")
        #expect(answer["length"] == .integer(body.count))
        #expect(answer["sha256"] == .string(SHA256.hexadecimal(body)))
        guard way.hasHead else { return }
        #expect(answer["peer"] == "192.0.2.7")
        #expect(answer.status == 200)
        #expect(try answer.field("Content-Length") == String(answer.body.count))
        try expectSecured(answer)
    }

    @Test("A body of arbitrary bytes arrives unchanged", arguments: Way.allCases)
    func bodiesOfAnyBytesArrive(_ way: Way) throws {
        let body = try ProbeProgram.filler(way.takesLargeBodies ? 1 << 20 : 70_000)
        let answer = try way.ask(Ask("POST", body: body))
        #expect(answer["length"] == .integer(body.count))
        #expect(answer["sha256"] == .string(SHA256.hexadecimal(body)))
    }

    @Test("HEAD gets the headers of GET and no body", arguments: Way.allCases)
    func headHasTheFieldsOfGetAndNoBody(_ way: Way) throws {
        let get = try way.ask(Ask("GET", "do=bytes&bytes=5000"))
        let head = try way.ask(Ask("HEAD", "do=bytes&bytes=5000"))
        let streamed = try way.ask(Ask("HEAD", "do=stream&bytes=5000"))
        #expect(get.body.count == 5_000)
        #expect(head.body.isEmpty)
        #expect(streamed.body.isEmpty)
        guard way.hasHead else { return }
        #expect(head.status == 200)
        #expect(try head.field("Content-Length") == "5000")
        #expect(Set(head.fields.map(\.name)) == Set(get.fields.map(\.name)))
    }

    @Test("A large response arrives completely", arguments: Way.allCases, ["stream", "bytes"])
    func largeResponsesArriveWhole(_ way: Way, _ kind: String) throws {
        let count = 3 << 20
        let answer = try way.ask(Ask("GET", "do=\(kind)&bytes=\(count + 1)"))
        #expect(answer.body.count == count + 1)
        #expect(SHA256.hexadecimal(answer.body) == SHA256.hexadecimal(try ProbeProgram.filler(count + 1)))
        guard way.hasHead else { return }
        #expect(try answer.field("Content-Type") == "application/octet-stream")
        #expect(answer.fields.contains { $0.name == "Content-Length" } == (kind == "bytes"))
        try expectSecured(answer)
    }

    @Test("Work after the response runs after it", arguments: Way.allCases)
    func workAfterTheResponseRunsAfterIt(_ way: Way) throws {
        let folder = try TemporaryFolder()
        let (file, go) = (folder.path("file"), folder.path("go"))
        let answer = try way.ask(Ask("POST", "do=wait-until&file=\(file)&go=\(go)", body: Array("{}".utf8))) { answer in
            #expect(answer["done"] == true)
            #expect(!FileManager.default.fileExists(atPath: file))
            try folder.write("go", "")
        }
        #expect(answer["done"] == true)
        let line = try #require(folder.read("file").wholeMatch(of: /done on descriptor ([0-9]+)\n/))
        // A file that the work opens must not become standard input, output or error.
        #expect(Int(line.1) ?? 0 > 2)
    }

    @Test("A handler that fails answers 500", arguments: Way.allCases)
    func aHandlerThatFailsAnswers500(_ way: Way) throws {
        try expectError(500, try way.ask(Ask("GET", "do=fails")))
    }

    @Test("Other methods get 405", arguments: Way.allCases)
    func otherMethodsAreNotAllowed(_ way: Way) throws {
        for method in ["PUT", "get", "OPTIONS", "TRACE", "X"] {
            let answer = try way.ask(Ask(method))
            try expectError(405, answer)
            if way.hasHead { #expect(try answer.field("Allow") == "GET, HEAD, POST, DELETE") }
        }
    }

    @Test("A preflight request from a listed origin is answered", arguments: Way.allCases.filter(\.hasHead))
    func preflight(_ way: Way) throws {
        let fields = ["Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"]
        let answer = try way.ask(Ask("OPTIONS", headers: fields))
        #expect(answer.status == 204 && answer.body.isEmpty)
        #expect(try answer.field("Access-Control-Allow-Origin") == "https://app.example.com")
        #expect(try answer.field("Access-Control-Allow-Methods") == "GET, HEAD, POST, DELETE")
        #expect(try answer.field("Vary") == "Origin")
        let other = fields.merging(["Origin": "https://evil.example"]) { $1 }
        try expectError(405, try way.ask(Ask("OPTIONS", headers: other)))
    }

    @Test(
        "Pages of a listed origin may read responses, errors and failed streams included",
        arguments: Way.allCases.filter(\.hasHead), ["do=echo", "do=fails", "do=stream-fails&bytes=0"])
    func listedOrigin(_ way: Way, _ query: String) throws {
        let answer = try way.ask(Ask("GET", query, headers: ["Origin": "https://app.example.com"]))
        #expect(answer.status == (query == "do=echo" ? 200 : 500))
        #expect(try answer.field("Access-Control-Allow-Origin") == "https://app.example.com")
        #expect(try answer.field("Vary") == "Origin")
        let other = try way.ask(Ask("GET", query, headers: ["Origin": "https://evil.example"]))
        #expect(!other.fields.contains { $0.name.lowercased().hasPrefix("access-control-") })
        #expect(try other.field("Vary") == "Origin")
    }

    @Test("A body above the limit gets 413", arguments: Way.allCases.filter(\.takesLargeBodies))
    func bodiesOverTheLimitAreRefused(_ way: Way) throws {
        try expectError(413, try way.ask(Ask("POST", body: [UInt8](repeating: 0x61, count: (1 << 20) + 1))))
    }

    @Test("A safe request id of the caller is kept, and an unsafe one is replaced", arguments: Way.allCases)
    func theRequestIDIsTheCallersIfItIsHarmless(_ way: Way) throws {
        guard way.hasHead else { return }
        let given = try way.ask(Ask(headers: ["X-Request-Id": "abc-123_x.Y"]))
        #expect(try given.field("X-Request-Id") == "abc-123_x.Y")
        for harmful in ["a b", "a\r\nX-Evil: 1", String(repeating: "a", count: 65), "ä", "a\"b", "a\u{7F}"] {
            let answer = try way.ask(Ask(headers: ["X-Request-Id": harmful]))
            #expect(Identifier(try answer.field("X-Request-Id")) != nil, "\(harmful.debugDescription)")
            #expect(!answer.fields.contains { $0.name == "X-Evil" })
        }
    }
}

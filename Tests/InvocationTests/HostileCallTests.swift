import Base
import FastCGI
import Glibc
import HTTP
import TestSupport
import Testing

@testable import Invocation

/// The readers of events, CGI variables, FastCGI records and the Runtime API's answers get hostile bytes, which they
/// read or refuse without a trap.
@Suite struct HostileCallTests {
    @Test("Hostile events are refused or answered") func eventsAreRefusedOrAnswered() throws {
        let samples = [
            #"""
            {"version":"2.0","rawPath":"/api","rawQueryString":"a=1","headers":{"a":"b"},"body":"e30=",
            "isBase64Encoded":true,"requestContext":{"http":{"method":"POST","sourceIp":"1.2.3.4"}}}
            """#,
            #"{"detail-type":"Scheduled Event","source":"aws.events","time":"2026-04-15T12:30:00Z"}"#,
        ]
        var statuses: Set<Int> = []
        for bytes in HostileInputs(samples, count: 3_000) {
            let response = Event.answer(Echo(), to: bytes).response
            statuses.insert(response.status)
            #expect(try JSON(parsing: EventResponse.encode(response))["statusCode"]?.integer == response.status)
        }
        #expect(statuses.isSuperset(of: [200, 400]) && statuses.isSubset(of: [200, 400, 413]))
    }

    @Test("Hostile CGI variables are refused or become a request") func variablesAreRefusedOrMakeARequest() {
        let lines = "REQUEST_METHOD=POST\nREQUEST_URI=/a?b\nCONTENT_LENGTH=12\nHTTP_X_A=b\nHTTP_PROXY=p\nQUERY_STRING=b"
        for bytes in HostileInputs([lines]) {
            var variables = CGIVariables()
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
                let pair = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                variables.set(String(pair[0]), pair.count == 2 ? String(pair[1]) : "")
            }
            #expect((try? variables.contentLength()).map { $0 >= 0 } ?? true)
            #expect((try? variables.request()).map { !$0.method.rawValue.isEmpty } ?? true)
        }
    }

    private static func record(_ type: RecordType, _ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendRecord(type, requestID: 1, content: content)
        return bytes
    }

    private static var conversation: [UInt8] {
        var pairs: [UInt8] = []
        NameValuePairs.append("REQUEST_METHOD", "POST", to: &pairs)
        NameValuePairs.append("CONTENT_LENGTH", "5", to: &pairs)
        NameValuePairs.append("HTTP_X", String(repeating: "x", count: 200), to: &pairs)
        var bytes: [UInt8] = []
        bytes.appendBeginRequest(requestID: 1, keepConnection: true)
        return bytes + record(.params, pairs) + record(.params, []) + record(.stdin, Array("hello".utf8))
            + record(.stdin, [])
    }

    @Test("Hostile name-value pairs are refused or read completely") func pairsAreRefusedOrReadWhole() {
        var pairs: [UInt8] = []
        NameValuePairs.append("A", "b", to: &pairs)
        NameValuePairs.append(String(repeating: "N", count: 130), String(repeating: "v", count: 300), to: &pairs)
        for bytes in HostileInputs([String(decoding: pairs, as: UTF8.self), "\u{1}\u{1}AB", "\u{7F}"]) {
            var length = 0
            let isWhole = NameValuePairs.decode(bytes) { length += $0.utf8.count + $1.utf8.count }
            #expect(!isWhole || bytes.isEmpty || length <= bytes.count * 3)
        }
    }

    /// Calls `read` with a descriptor from which it can read the bytes and then the end of the connection.
    private func sending<Result>(_ bytes: [UInt8], _ read: (Descriptor) throws -> Result) rethrows -> Result {
        var ends: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { ends.forEach { close($0) } }
        #expect(send(ends[0], bytes, bytes.count, 0) == bytes.count)
        shutdown(ends[0], Int32(SHUT_WR))
        return try read(Descriptor(number: ends[1]))
    }

    @Test("Hostile FastCGI records are refused or answered") func recordsAreRefusedOrAnswered() {
        let samples = [Self.conversation, Self.record(.getValues, [14, 0] + Array("FCGI_MAX_CONNS".utf8))]
        var kept = 0
        // Changes the bytes directly, because a text could not represent the lengths.
        for (number, change) in HostileInputs(["\u{1}", "\u{0}\u{5}", "x"], count: 2_000).enumerated() {
            var bytes = samples[number % samples.count]
            let place = number &* 7 % bytes.count
            bytes.replaceSubrange(place..<min(bytes.count, place + change.count), with: change)
            sending(bytes) { descriptor in
                let connection = FastCGIConnection(descriptor, Echo(), Environment([:]))
                if connection.serveRequest() == .keepConnection { kept += 1 }
            }
        }
        #expect(kept > 0)
    }

    @Test("Hostile answers of the Runtime API are refused or read") func answersOfTheRuntimeAPIAreRefusedOrRead() {
        let samples = [
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: a\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n0\r\n\r\n",
        ]
        var read = 0
        for bytes in HostileInputs(samples) {
            sending(bytes) { descriptor in
                var reader = AnswerReader(descriptor)
                if (try? reader.read()) != nil { read += 1 }
            }
        }
        #expect(read > 0)
    }
}

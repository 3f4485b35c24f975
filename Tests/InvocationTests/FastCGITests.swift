import Base
import Crypto
import Foundation
import TestSupport
import Testing

/// The FastCGI responder, record by record (FastCGI Specification 1.0). References are to its sections.
@Suite struct FastCGITests {
    private let get = Ask("GET", "a=1").variables

    /// Calls `body` with a connection to a new responder, and expects that the responder still serves others
    /// afterwards, and ends on request.
    private func withPeer(_ body: (FastCGIPeer) throws -> Void, _ place: SourceLocation = #_sourceLocation) throws {
        let server = try FastCGIProgram()
        do {
            let peer = try server.connect()
            try body(peer)
            peer.connection.hangUp()
        }
        let other = try server.connect()
        other.request(9, get)
        #expect(try other.readAnswer(9)["query"] == "a=1", sourceLocation: place)
        try server.terminate(place)
    }

    // MARK: Requests

    @Test("Name-value pairs may be split across records") func pairsMayStraddleRecords() throws {
        for size in [1, 2, 3, 7, 100] {
            try withPeer { peer throws in
                let pairs = FastCGIPeer.pairs(get)
                peer.connection.send(
                    FastCGIPeer.begin(1) + FastCGIPeer.stream(4, 1, pairs, size: size) + FastCGIPeer.stream(5, 1, []))
                #expect(try peer.readAnswer()["query"] == "a=1")
            }
        }
    }

    @Test("A request may arrive byte by byte") func bytesMayComeOneByOne() throws {
        try withPeer { peer throws in
            let body = Array("hello".utf8)
            for byte in FastCGIPeer.records(1, Ask("POST", body: body).variables, body: body) {
                peer.connection.send([byte])
            }
            #expect(try peer.readAnswer()["sha256"] == .string(SHA256.hexadecimal(body)))
        }
    }

    @Test("Lengths may be encoded in four bytes") func lengthsMayTakeFourBytes() throws {
        try withPeer { peer throws in
            var variables = get
            variables["HTTP_X_LONG"] = String(repeating: "v", count: 100_000)
            variables["HTTP_" + String(repeating: "N", count: 300)] = "long name"
            peer.connection.send(
                FastCGIPeer.begin(1) + FastCGIPeer.stream(4, 1, FastCGIPeer.pairs(variables, long: true))
                    + FastCGIPeer.stream(5, 1, []))
            let headers = try peer.readAnswer()["headers"]
            #expect(headers?["x-long"]?.string?.count == 100_000)
            #expect(headers?[String(repeating: "n", count: 300)] == "long name")
        }
    }

    @Test("Records may have padding", arguments: [1, 7, 255])
    func recordsMayBePadded(_ padding: Int) throws {
        try withPeer { peer throws in
            let body = try ProbeProgram.filler(200_000)
            let variables = Ask("POST", body: body).variables
            peer.connection.send(
                FastCGIPeer.begin(1) + FastCGIPeer.stream(4, 1, FastCGIPeer.pairs(variables), padding: padding)
                    + FastCGIPeer.stream(5, 1, body, size: 8_000, padding: padding))
            #expect(try peer.readAnswer()["sha256"] == .string(SHA256.hexadecimal(body)))
        }
    }

    @Test("A kept connection serves several requests in turn")
    func aKeptConnectionServesOneRequestAfterTheOther() throws {
        let server = try FastCGIProgram()
        let peer = try server.connect()
        var processes: Set<Int> = []
        for id in [1, 2, 1, 65_535] as [UInt16] {
            peer.request(id, get, keepsConnection: true)
            processes.insert(try #require(try peer.readAnswer(id)["process"]?.integer))
        }
        #expect(processes == [Int(server.program.id)])
        peer.request(5, get)
        _ = try peer.readAnswer(5)
        #expect(try peer.next() == nil)
        try server.terminate()
    }

    @Test("Requests may be sent ahead on a kept connection") func requestsMayBeSentAhead() throws {
        try withPeer { peer throws in
            peer.connection.send(
                FastCGIPeer.records(1, get, keepsConnection: true) + FastCGIPeer.records(2, get, keepsConnection: true))
            #expect(try peer.readAnswer(1).status == 200)
            #expect(try peer.readAnswer(2).status == 200)
        }
    }

    /// Each process keeps a connection open, as it was asked to (§3.5). To serve the next connection, it must close the
    /// one that it keeps.
    @Test("Kept connections give way to new ones", arguments: [1, 2])
    func keptConnectionsGiveWayToOthers(_ processes: Int) throws {
        let server = try FastCGIProgram()
        // The other processes end with the test.
        let others = try (1..<processes).map { _ in try server.another() }
        defer { withExtendedLifetime(others) {} }
        var kept: [FastCGIPeer] = []
        for number in 0..<processes + 6 {
            let peer = try server.connect()
            peer.request(1, get, keepsConnection: true)
            #expect(try peer.readAnswer().status == 200, "\(number)")
            kept.append(peer)
        }
        // At most one connection per process is still open, and the others were closed.
        var open = 0
        for peer in kept {
            peer.request(2, get)
            if try peer.next() != nil { open += 1 }
        }
        #expect(open <= processes && open > 0)
    }

    /// Both requests arrive while the process is stopped.
    @Test("A request on a kept connection is served before the connection gives way")
    func aRequestOnAKeptConnectionIsServedBeforeItGivesWay() throws {
        let server = try FastCGIProgram()
        let kept = try server.connect()
        kept.request(1, get, keepsConnection: true)
        #expect(try kept.readAnswer().status == 200)
        server.program.send(SIGSTOP)
        let other = try server.connect()
        other.request(1, get, keepsConnection: true)
        kept.request(2, get, keepsConnection: true)
        server.program.send(SIGCONT)
        #expect(try kept.readAnswer(2).status == 200)
        #expect(try other.readAnswer().status == 200)
        #expect(try kept.next() == nil)
        try server.terminate()
    }

    // MARK: Allowed web servers

    @Test(
        "Web servers in the list may connect",
        arguments: ["127.0.0.1", "192.0.2.1,127.0.0.1", "192.0.2.1, 127.0.0.0/8"], [false, true])
    func webServersThatAreListedMayConnect(_ list: String, _ isolated: Bool) throws {
        let server = try FastCGIProgram(
            isolated: isolated, on: .tcp, environment: ["FCGI_WEB_SERVER_ADDRS": list])
        let peer = try server.connect()
        peer.request(1, get)
        #expect(try peer.readAnswer().status == 200)
        try server.terminate()
    }

    /// A connection that is not TCP fails the check too, and so does every connection if the list is empty (§3.2).
    @Test("Web servers outside of the list may not connect", arguments: [false, true])
    func othersMayNotConnect(_ isolated: Bool) throws {
        for (family, list) in [
            (LocalListener.Family.tcp, "192.0.2.1,127.0.0.2"), (.unix, "127.0.0.1"), (.tcp, ""), (.tcp, " , "),
        ] {
            let server = try FastCGIProgram(
                isolated: isolated, on: family, environment: ["FCGI_WEB_SERVER_ADDRS": list])
            for _ in 0..<3 {
                let peer = try server.connect()
                peer.request(1, get)
                #expect(try peer.next() == nil)
            }
            try server.terminate()
        }
    }

    @Test("With a malformed list of web servers, the process ends")
    func aMisspeltListOfWebServersServesNobody() throws {
        let server = try FastCGIProgram(on: .tcp, environment: ["FCGI_WEB_SERVER_ADDRS": "127.0.0.1;10.0.0.1"])
        #expect(server.program.waitForEnd() == 1)
    }

    @Test("An idle connection does not delay the end of the process")
    func anIdleConnectionDoesNotHoldBackTheEnd() throws {
        let server = try FastCGIProgram()
        let peer = try server.connect()
        peer.request(1, get, keepsConnection: true)
        _ = try peer.readAnswer()
        try server.terminate()
        #expect(try peer.next() == nil)
    }

    @Test("A large response is sent in parts") func aLargeResponseComesInParts() throws {
        try withPeer { peer throws in
            let count = 40 << 20
            peer.request(1, Ask("GET", "do=stream&bytes=\(count)").variables)
            let answer = try peer.readAnswer()
            #expect(SHA256.hexadecimal(answer.body) == SHA256.hexadecimal(try ProbeProgram.filler(count)))
        }
    }

    @Test("A stream that fails is cut off") func aStreamThatFailsIsCutOff() throws {
        try withPeer { peer throws in
            peer.request(1, Ask("GET", "do=stream-fails&bytes=500000").variables, keepsConnection: true)
            #expect(throws: Answer.Malformed.self) { try peer.readStream() }
        }
    }

    @Test("A lost database gives 503 before the first byte of a stream, and cuts the stream off later")
    func streamWithoutDatabase() throws {
        try withPeer { peer throws in
            peer.request(1, Ask("GET", "do=stream-outage&bytes=0").variables)
            try expectError(503, try peer.readAnswer())
        }
        try withPeer { peer throws in
            peer.request(1, Ask("GET", "do=stream-outage&bytes=500000").variables, keepsConnection: true)
            #expect(throws: Answer.Malformed.self) { try peer.readStream() }
        }
    }

    @Test("A stream that fails before its first byte is an error with status 500")
    func aStreamThatFailsAtOnceIsAnError() throws {
        try withPeer { peer throws in
            peer.request(1, Ask("GET", "do=stream-fails&bytes=0", headers: ["X-Request-Id": "mine"]).variables)
            let answer = try peer.readAnswer()
            try expectError(500, answer)
            #expect(try answer.field("X-Request-Id") == "mine")
        }
    }

    // MARK: Management records

    @Test("Management questions are answered with the supported values") func valuesAreTold() throws {
        try withPeer { peer throws in
            let names = ["FCGI_MAX_CONNS": "", "FCGI_MAX_REQS": "", "FCGI_MPXS_CONNS": "", "FCGI_OTHER": ""]
            peer.connection.send(FastCGIPeer.record(9, 0, FastCGIPeer.pairs(names)))
            let values = ["FCGI_MAX_CONNS": "1", "FCGI_MAX_REQS": "1", "FCGI_MPXS_CONNS": "0"]
            let answer = try #require(try peer.next())
            #expect(answer.type == 10 && answer.id == 0)
            #expect(answer.content == FastCGIPeer.pairs(values))
        }
    }

    @Test("An unknown management record is answered as unknown") func unknownManagementRecordsAreNamed() throws {
        try withPeer { peer throws in
            for type in [12, 77, 255] as [UInt8] {
                peer.connection.send(FastCGIPeer.record(type, 0, [1, 2, 3], padding: 5))
                #expect(try peer.next() == .init(type: 11, id: 0, content: [type, 0, 0, 0, 0, 0, 0, 0]))
            }
            // A record that belongs to a request is no management record.
            peer.connection.send(FastCGIPeer.record(77, 3, [1]) + FastCGIPeer.records(1, get))
            #expect(try peer.readAnswer().status == 200)
        }
    }

    // MARK: Refusals

    @Test(
        "Other roles are refused, and the connection is kept if it was asked for",
        arguments: [2, 3, 0, 255] as [UInt8])
    func otherRolesAreRefused(_ role: UInt8) throws {
        try withPeer { peer throws in
            peer.connection.send(FastCGIPeer.begin(4, role: role, keepsConnection: true))
            #expect(try peer.readEnd(4) == .unknownRole)
            peer.connection.send(FastCGIPeer.stream(4, 4, FastCGIPeer.pairs(get)) + FastCGIPeer.records(5, get))
            #expect(try peer.readAnswer(5).status == 200)
        }
    }

    /// FCGI_KEEP_CONN tells which side closes the connection (§3.5).
    @Test("After refusing a role, a connection that is not to be kept is closed", arguments: [2, 0] as [UInt8])
    func otherRolesEndAConnectionThatIsNotKept(_ role: UInt8) throws {
        try withPeer { peer throws in
            peer.connection.send(FastCGIPeer.begin(4, role: role))
            #expect(try peer.readEnd(4) == .unknownRole)
            #expect(try peer.next() == nil)
        }
    }

    @Test("A second request during the first is refused") func aSecondRequestAtOnceIsRefused() throws {
        try withPeer { peer throws in
            peer.connection.send(FastCGIPeer.begin(1) + FastCGIPeer.begin(2))
            #expect(try peer.readEnd(2) == .cannotMultiplex)
            peer.connection.send(
                FastCGIPeer.stream(4, 2, FastCGIPeer.pairs(Ask("GET", "a=2").variables))
                    + FastCGIPeer.stream(4, 1, FastCGIPeer.pairs(get)) + FastCGIPeer.stream(5, 2, [])
                    + FastCGIPeer.stream(5, 1, []))
            #expect(try peer.readAnswer(1)["query"] == "a=1")
        }
    }

    @Test("An aborted request ends") func anAbortedRequestEnds() throws {
        try withPeer { peer throws in
            peer.connection.send(
                FastCGIPeer.begin(1, keepsConnection: true) + FastCGIPeer.record(4, 1, [1])
                    + FastCGIPeer.record(2, 1, []))
            #expect(try peer.readEnd(1) == .complete)
            peer.connection.send(FastCGIPeer.record(2, 1, []) + FastCGIPeer.records(2, get))
            #expect(try peer.readAnswer(2).status == 200)
        }
        try withPeer { peer throws in
            peer.connection.send(FastCGIPeer.begin(1) + FastCGIPeer.record(2, 1, []))
            #expect(try peer.readEnd(1) == .complete)
            #expect(try peer.next() == nil)
        }
    }

    @Test("Malformed parameters get 400") func malformedParametersAreRefused() throws {
        let pairs: [[UInt8]] = [
            [1], [5, 5, 65], [0x80], [0x80, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0, 1],
            [127, 127] + [UInt8](repeating: 65, count: 10), FastCGIPeer.pairs(get) + [3],
        ]
        for pairs in pairs {
            try withPeer { peer throws in
                peer.connection.send(
                    FastCGIPeer.begin(1) + FastCGIPeer.stream(4, 1, pairs) + FastCGIPeer.stream(5, 1, []))
                try expectError(400, try peer.readAnswer())
            }
        }
    }

    @Test("A body length that differs from the body gets 400") func lengthsThatLieAreRefused() throws {
        for (length, body) in [
            ("5", "abc"), ("2", "abc"), ("0", "abc"), ("x", "abc"), ("-3", "abc"), ("99999999999", "a"),
        ] {
            try withPeer { peer throws in
                var variables = Ask("POST", headers: ["X-Request-Id": "mine"]).variables
                variables["CONTENT_LENGTH"] = length
                peer.request(1, variables, body: Array(body.utf8))
                let answer = try peer.readAnswer()
                try expectError(400, answer)
                #expect(try answer.field("X-Request-Id") == "mine")
            }
        }
    }

    /// Servers that do not wait for a chunked body declare no length, or an empty one; the end of the stream is the end
    /// of the body (§5.3).
    @Test("A body without a length ends with its stream", arguments: [nil, ""])
    func aBodyWithoutALengthEndsWithItsStream(_ length: String?) throws {
        for body in [[], Array("abc".utf8), try ProbeProgram.filler(200_000), try ProbeProgram.filler(1 << 20)] {
            try withPeer { peer throws in
                var variables = Ask("POST", headers: ["Transfer-Encoding": "chunked"]).variables
                variables["CONTENT_LENGTH"] = length
                peer.request(1, variables, body: body)
                #expect(try peer.readAnswer()["sha256"] == .string(SHA256.hexadecimal(body)))
            }
        }
        try withPeer { peer throws in
            var variables = Ask("POST").variables
            variables["CONTENT_LENGTH"] = length
            peer.request(1, variables, body: [UInt8](repeating: 0, count: (1 << 20) + 1))
            try expectError(413, try peer.readAnswer())
        }
    }

    /// Bytes beyond the limit are dropped, but at most 64 MiB of them.
    @Test("An endless body gets 413 and the connection is closed")
    func aBodyWithoutEndIsAnsweredAndTheConnectionClosed() throws {
        try withPeer { peer throws in
            peer.connection.send(
                FastCGIPeer.begin(1, keepsConnection: true)
                    + FastCGIPeer.stream(4, 1, FastCGIPeer.pairs(Ask("POST").variables)))
            let part = FastCGIPeer.record(5, 1, [UInt8](repeating: 0, count: 65_535))
            var sent = 0
            while sent < 200 << 20, peer.connection.send(part) { sent += part.count }
            // One MiB is accepted, 64 are dropped, and the socket's buffer has been sent too.
            #expect(sent > 65 << 20 && sent < 70 << 20)
            try expectError(413, try peer.readAnswer())
        }
    }

    @Test("Parameters may contain any bytes") func parametersMayHoldAnyBytes() throws {
        try withPeer { peer throws in
            var pairs = FastCGIPeer.pairs(get)
            let (name, value) = (Array("HTTP_X_RAW".utf8), [0, 10, 13, 0xFF, 0x80] as [UInt8])
            pairs += [UInt8(name.count), UInt8(value.count)] + name + value + [0, 0] + [5, 0] + Array("HTTP_".utf8)
            peer.connection.send(
                FastCGIPeer.begin(1) + FastCGIPeer.stream(4, 1, pairs) + FastCGIPeer.stream(5, 1, []))
            #expect(try peer.readAnswer()["headers"]?["x-raw"] == "\0\n\r\u{FFFD}\u{FFFD}")
        }
    }

    @Test("Endless parameters close the connection") func parametersWithoutEndCloseTheConnection() throws {
        try withPeer { peer throws in
            peer.connection.send(FastCGIPeer.begin(1))
            let part = FastCGIPeer.record(4, 1, [UInt8](repeating: 0, count: 65_535))
            while peer.connection.send(part) {}
            #expect(throws: Never.self) { try peer.next() }
        }
    }

    @Test("Bytes that are not a record close the connection") func whatIsNoRecordClosesTheConnection() throws {
        let garbage: [[UInt8]] = [
            Array("GET / HTTP/1.1\r\n\r\n".utf8), [0, 0, 0, 0, 0, 0, 0, 0],
            [2, 1, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0],
            // Requests with the id of management records, without a role, and with the body before the parameters.
            FastCGIPeer.begin(0), FastCGIPeer.record(1, 1, [0, 1]), FastCGIPeer.record(1, 1, []),
            FastCGIPeer.begin(1) + FastCGIPeer.stream(5, 1, []),
        ]
        for bytes in garbage {
            try withPeer { peer throws in
                peer.connection.send(bytes)
                #expect(try peer.next() == nil)
            }
        }
    }

    @Test("A connection that is cut within a request does no harm") func aConnectionMayBeCutAnywhere() throws {
        let body = Array("0123456789".utf8)
        let bytes = FastCGIPeer.records(1, Ask("POST", body: body).variables, body: body)
        let server = try FastCGIProgram()
        for end in stride(from: 0, to: bytes.count, by: 11) {
            let peer = try server.connect()
            peer.connection.send(Array(bytes[..<end]))
            peer.connection.finishSending()
            #expect(try peer.next() == nil)
        }
        let peer = try server.connect()
        peer.connection.send(bytes)
        #expect(try peer.readAnswer()["length"] == 10)
        try server.terminate()
    }

    @Test("A web server that disconnects during a response does no harm")
    func aServerThatHangsUpWithinAResponseIsForgotten() throws {
        try withPeer { peer throws in
            peer.request(1, Ask("GET", "do=stream&bytes=50000000").variables)
            _ = try peer.connection.read(exactly: 100_000)
        }
    }

    @Test("Records of other requests are ignored") func recordsOfOtherRequestsAreIgnored() throws {
        try withPeer { peer throws in
            peer.connection.send(
                FastCGIPeer.record(4, 7, [9, 9]) + FastCGIPeer.record(5, 7, []) + FastCGIPeer.record(2, 7, [])
                    + FastCGIPeer.record(8, 7, [1]) + FastCGIPeer.records(1, get))
            #expect(try peer.readAnswer().status == 200)
        }
    }
}

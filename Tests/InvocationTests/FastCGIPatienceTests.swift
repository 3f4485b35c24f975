import Foundation
import TestSupport
import Testing

/// Peers that connect and send nothing, stop within a request, or do not read their response. A process serves one
/// connection at a time, so each of them would block the others.
@Suite struct FastCGIPatienceTests {
    private let get = Ask("GET", "a=1").variables

    @Test("A connection without a request gives way to another one")
    func aConnectionWithoutARequestGivesWayToOthers() throws {
        let server = try FastCGIProgram()
        let question = FastCGIPeer.record(9, 0, FastCGIPeer.pairs(["FCGI_MPXS_CONNS": ""]))
        let aborted = FastCGIPeer.begin(1, keepsConnection: true) + FastCGIPeer.record(2, 1, [])
        for beginning in [[], question, aborted] {
            let silent = try server.connect()
            silent.connection.send(beginning)
            if !beginning.isEmpty { #expect(try silent.next() != nil) }
            let other = try server.connect()
            other.request(1, get)
            #expect(try other.readAnswer().status == 200)
            #expect(try silent.next() == nil)
        }
        try server.terminate()
    }

    /// A web server's connections may reach a process in another order than their requests.
    @Test("A connection is kept until its request can have arrived")
    func aConnectionIsNotGivenUpBeforeItsRequestCanHaveCome() throws {
        let server = try FastCGIProgram()
        let first = try server.connect()
        let second = try server.connect()
        second.request(1, get)
        // Waits as long as a web server may take for its next step on a busy machine.
        usleep(200_000)
        first.request(1, get)
        #expect(try first.readAnswer().status == 200)
        #expect(try second.readAnswer().status == 200)
        try server.terminate()
    }

    /// Management records before a request do not count as the request.
    @Test("A management record may come before the request", arguments: [false, true])
    func aQuestionMayComeBeforeTheRequest(_ isolated: Bool) throws {
        let server = try FastCGIProgram(isolated: isolated)
        let peer = try server.connect()
        for _ in 0..<2 {
            peer.connection.send(FastCGIPeer.record(9, 0, FastCGIPeer.pairs(["FCGI_MPXS_CONNS": ""])))
            #expect(try peer.next()?.type == 10)
        }
        peer.request(1, get)
        #expect(try peer.readAnswer().status == 200)
        #expect(try peer.next() == nil)
        try server.terminate()
    }

    /// All cases run at the same time, because each takes half a minute.
    @Test("An incomplete request is given up after half a minute") func halfARequestIsGivenUpAfterHalfAMinute() throws {
        var variables = Ask("POST").variables
        variables["CONTENT_LENGTH"] = "1000"
        let pairs = FastCGIPeer.pairs(variables)
        let parameters = FastCGIPeer.begin(1, keepsConnection: true) + FastCGIPeer.stream(4, 1, pairs)
        let halves: [(bytes: [UInt8], status: Int?)] = [
            ([1, 1, 0], nil), (FastCGIPeer.begin(1), nil), (Array(parameters.dropLast(20)), nil),
            (parameters + FastCGIPeer.record(5, 1, Array("hello".utf8)), 408),
        ]
        let start = Date()
        var waiting: [(server: FastCGIProgram, peer: FastCGIPeer, status: Int?)] = []
        for isolated in [false, true] {
            for half in halves + (isolated ? [([], nil)] : []) {
                let server = try FastCGIProgram(isolated: isolated)
                let peer = try server.connect(seconds: 60)
                peer.connection.send(half.bytes)
                waiting.append((server, peer, half.status))
            }
        }
        // The parts of a body that arrives byte by byte, as records and within one record.
        let slow = try [[UInt8]](
            [FastCGIPeer.record(5, 1, [UInt8(ascii: "x")]), [UInt8(ascii: "x")]]
        ).map { part in
            let server = try FastCGIProgram()
            let peer = try server.connect(seconds: 60)
            peer.connection.send(parameters + (part.count == 1 ? [1, 5, 0, 1, 3, 0, 0, 0] : []))
            return (server, peer, part)
        }
        // This response is not read. Reading a part of it starts another half minute.
        let deaf = try FastCGIProgram()
        let unread = try deaf.connect()
        unread.request(1, Ask("GET", "do=stream&bytes=50000000").variables, keepsConnection: true)
        let afterwards = try deaf.connect(seconds: 90)
        afterwards.request(1, get)

        for (_, peer, part) in slow {
            // Sends the part until the connection ends.
            while Date().timeIntervalSince(start) < 60, peer.connection.send(part) { usleep(500_000) }
            #expect((29..<45).contains(Date().timeIntervalSince(start)))
        }
        for (_, peer, status) in waiting {
            if let status { try expectError(status, try peer.readAnswer()) }
            #expect(try peer.next() == nil)
        }
        #expect(try afterwards.readAnswer().status == 200)
        #expect((29..<90).contains(Date().timeIntervalSince(start)))
        // The processes still serve others.
        for (server, _, _) in waiting {
            let peer = try server.connect()
            peer.request(1, get)
            #expect(try peer.readAnswer().status == 200)
        }
    }
}

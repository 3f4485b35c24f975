import Base
import Foundation
import TestSupport
import Testing

/// FastCGI with FUNCTION_DISPATCH=isolated: a template that forks a child for each connection, and reports each fork
/// and each child's end to the runner on descriptor 3.
@Suite struct IsolatedTests {
    private let get = Ask("GET", "a=1").variables

    @Test("Each request has its own process") func eachRequestHasAProcessOfItsOwn() throws {
        let server = try FastCGIProgram(isolated: true)
        var processes: Set<Int> = [Int(server.program.id)]
        for _ in 0..<5 {
            let peer = try server.connect()
            // A child serves one request, even if the server asks to keep the connection.
            peer.request(1, get, keepsConnection: true)
            let process = try #require(try peer.readAnswer()["process"]?.integer)
            #expect(try peer.next() == nil)
            #expect(processes.insert(process).inserted)
            #expect(try server.nextMessage() == .init(process: Int32(process), status: nil))
            #expect(try server.nextMessage() == .init(process: Int32(process), status: 0))
        }
        try server.terminate()
        #expect(try server.nextMessage() == nil)
    }

    @Test("Forks are reported in the order of the connections") func forksAreToldInTheOrderOfTheConnections() throws {
        let server = try FastCGIProgram(isolated: true)
        let peers = try (0..<20).map { _ in try server.connect() }
        let forks = try peers.map { _ in try #require(try server.nextMessage()) }
        #expect(forks.allSatisfy { $0.status == nil })
        // Sends the requests in the opposite order of the connections. The forks were reported in the order of the
        // connections.
        for (peer, fork) in zip(peers, forks).reversed() {
            peer.request(1, get)
            #expect(try peer.readAnswer()["process"] == .integer(Int(fork.process)))
            #expect(try server.nextMessage() == .init(process: fork.process, status: 0))
        }
        try server.terminate()
    }

    @Test(
        "The exit status of a child is reported",
        arguments: [
            ("do=crash&how=9", 128 + SIGKILL), ("do=crash&how=11", 128 + SIGSEGV), ("do=exit&status=3", 3),
            ("do=exit&status=255", 255),
        ])
    func howAChildEndsIsTold(_ query: String, _ status: Int32) throws {
        let server = try FastCGIProgram(isolated: true)
        let peer = try server.connect()
        peer.request(1, Ask("GET", query).variables)
        #expect(try peer.next() == nil)
        let fork = try #require(try server.nextMessage())
        #expect(try server.nextMessage() == .init(process: fork.process, status: status))
        try expectServes(server)
    }

    @Test("A trap ends only its own child") func aTrapEndsTheChildOnly() throws {
        let server = try FastCGIProgram(isolated: true)
        let peer = try server.connect()
        peer.request(1, Ask("GET", "do=crash&how=trap").variables)
        #expect(try peer.next() == nil)
        _ = try server.nextMessage()
        #expect(try server.nextMessage()?.status ?? 0 > 128)
        try expectServes(server)
    }

    @Test("The CPU limit applies to each request separately") func theCPULimitIsEachRequestsOwn() throws {
        let server = try FastCGIProgram(isolated: true, environment: ["FUNCTION_CPU_SECONDS": "1"])
        let peer = try server.connect()
        peer.request(1, Ask("GET", "do=spin").variables)
        #expect(try peer.next() == nil)
        _ = try server.nextMessage()
        #expect(try server.nextMessage()?.status == 128 + SIGXCPU)
        try expectServes(server)
    }

    @Test("The end of a child is reported after its work in the background")
    func theEndIsToldAfterTheWorkThatWaited() throws {
        let server = try FastCGIProgram(isolated: true)
        let folder = try TemporaryFolder()
        let (file, go) = (folder.path("file"), folder.path("go"))
        let peer = try server.connect()
        peer.request(1, Ask("GET", "do=wait-until&file=\(file)&go=\(go)").variables)
        #expect(try Answer(cgi: peer.readStream())["done"] == true)
        let fork = try #require(try server.nextMessage())
        // Another request is served first, and its end is reported first.
        let other = try server.connect()
        other.request(1, get)
        #expect(try other.readAnswer().status == 200)
        let otherFork = try #require(try server.nextMessage())
        #expect(try server.nextMessage() == .init(process: otherFork.process, status: 0))
        try folder.write("go", "")
        #expect(try peer.readEnd() == .complete)
        #expect(try server.nextMessage() == .init(process: fork.process, status: 0))
        #expect(!folder.read("file").isEmpty)
        try server.terminate()
    }

    @Test("Children end with their template") func childrenEndWithTheirTemplate() throws {
        let server = try FastCGIProgram(isolated: true)
        let peer = try server.connect()
        let fork = try #require(try server.nextMessage())
        server.program.send(SIGKILL)
        #expect(server.program.waitForEnd() == 128 + SIGKILL)
        #expect(poll { !ProcessTable.isAlive(fork.process) })
        #expect(try peer.next() == nil)
    }

    @Test("Invalid bytes end only their own child") func garbageHurtsNobody() throws {
        let server = try FastCGIProgram(isolated: true)
        for bytes in [[], [0], Array("GET / HTTP/1.1\r\n\r\n".utf8), FastCGIPeer.begin(1)] as [[UInt8]] {
            let peer = try server.connect()
            peer.connection.send(bytes)
            peer.connection.finishSending()
            #expect(try peer.next() == nil)
            _ = try server.nextMessage()
            #expect(try server.nextMessage()?.status == 0)
        }
        try expectServes(server)
    }

    @Test("A child's memory is not kept by the template") func whatARequestLeavesInMemoryIsGone() throws {
        let server = try FastCGIProgram(isolated: true)
        for _ in 0..<3 {
            let peer = try server.connect()
            peer.request(1, Ask("GET", "do=allocate&bytes=200000000").variables)
            #expect(try peer.readAnswer()["sum"] == 200_000_000)
        }
        #expect(ProcessTable.residentKilobytes(server.program.id) ?? .max < 100_000)
        try server.terminate()
    }

    private func expectServes(_ server: FastCGIProgram, _ place: SourceLocation = #_sourceLocation) throws {
        let peer = try server.connect()
        peer.request(1, get)
        #expect(try peer.readAnswer().status == 200, sourceLocation: place)
        try server.terminate(place)
    }
}

import Base
import Crypto
import TestSupport
import Testing

/// The probe behind real web servers, with the requests and failures that different web servers handle differently.
@Suite struct WebServerTests {
    /// The paths at which each server calls the probe.
    static let targets: [(WebServer.Kind, [String])] = [
        (.nginx, ["/fcgi", "/unbuffered", "/tcp", "/kept/one"]), (.lighttpd, ["/fcgi", "/tcp", "/probe.cgi"]),
        (.apache2, ["/fcgi", "/tcp", "/probe.cgi"]),
    ]

    @Test("A body arrives with and without a known length", arguments: targets)
    func bodies(_ kind: WebServer.Kind, _ targets: [String]) throws {
        let server = try WebServer(kind)
        let body = try ProbeProgram.filler(200_000)
        for target in targets {
            let whole = try server.ask(target, body: body)
            #expect(whole.json["sha256"] == .string(SHA256.hexadecimal(body)), "\(target)")
            let chunked = try server.ask(target, body: body, chunked: true)
            // Apache's mod_cgid does not wait for the body, and CGI has no other way to mark its end.
            if kind == .apache2, target == "/probe.cgi" {
                #expect(chunked.status == 411 && chunked.json == ["error": "The request needs a Content-Length."])
            } else {
                #expect(chunked.json["sha256"] == .string(SHA256.hexadecimal(body)), "\(target)")
            }
        }
    }

    @Test("A body that is too long gets 413", arguments: targets)
    func longBodies(_ kind: WebServer.Kind, _ targets: [String]) throws {
        let server = try WebServer(kind)
        for target in targets {
            for chunked in [false, true] {
                let reply = try server.ask(target, body: [UInt8](repeating: 0x61, count: 2 << 20), chunked: chunked)
                let expected = kind == .apache2 && target == "/probe.cgi" && chunked ? 411 : 413
                #expect(reply.status == expected && reply.json["error"] != nil, "\(target), chunked: \(chunked)")
            }
        }
    }

    /// lighttpd notices a response that breaks off only with server.stream-response-body, which the packaged
    /// configuration sets. On a TCP port it does not always notice it: it may take the reset for the end of the
    /// response.
    @Test("A response that breaks off does not look complete", arguments: targets)
    func brokenResponses(_ kind: WebServer.Kind, _ targets: [String]) throws {
        let server = try WebServer(kind)
        for target in targets where target != "/probe.cgi" && !(kind == .lighttpd && target == "/tcp") {
            let late = try server.ask(target + "?do=stream-fails&bytes=1000000")
            #expect(late.status == 200 && late.exitStatus != 0, "\(target)")
            let whole = try server.ask(target + "?do=stream&bytes=1000000")
            #expect(whole.exitStatus == 0 && whole.body.count == 1_000_000, "\(target)")
        }
        for target in targets {
            let early = try server.ask(target + "?do=stream-fails&bytes=0")
            #expect(early.status == 500 && early.json["error"] != nil, "\(target)")
        }
    }

    /// One of nginx's upstreams keeps a connection to the only process, and the other upstream needs that process.
    @Test("A connection that nginx keeps does not delay the next one")
    func keptConnections() throws {
        let server = try WebServer(.nginx)
        var processes: Set<Int?> = []
        for round in 0..<10 {
            let reply = try server.ask(round.isMultiple(of: 3) ? "/kept/two" : "/kept/one")
            #expect(reply.status == 200)
            processes.insert(reply.json["process"]?.integer)
        }
        #expect(processes.count == 1)
    }

    @Test("The function learns the client's address", arguments: targets)
    func addresses(_ kind: WebServer.Kind, _ targets: [String]) throws {
        let server = try WebServer(kind)
        for target in targets { #expect(try server.ask(target).json["peer"] == "127.0.0.1", "\(target)") }
    }
}

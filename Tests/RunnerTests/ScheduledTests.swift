import Base
import Foundation
import TestSupport
import Testing

@testable import local_runner

/// Cron triggers of a running runner, and /cdn-cgi/*, which fires them by hand.
@Suite(.serialized) struct ScheduledTests {
    private static let path = "/cdn-cgi/handler/scheduled?cron=0+0+1+1+*"

    @Test("A trigger can be fired by hand, from this machine only")
    func firesTriggersByHandForThisMachineOnly() throws {
        let runner = try Runner()
        let client = try runner.connect()
        let token = runner.localAuthorization
        func status(_ fields: [String], _ path: String = Self.path) throws -> Int {
            try client.request("GET", path, fields).status
        }
        let reply = try client.request("POST", Self.path, [token])
        #expect(reply.status == 200)
        #expect(
            reply.text
                == #"{"cron":"0 0 1 1 *","results":[{"function":"scheduled-fixture","statusCode":200}]}"#)
        #expect(try status([token, "Origin: http://localhost"]) == 200)
        #expect(try status([token, "Origin: http://evil.example"]) == 403)
        for (site, expected) in [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)] {
            #expect(try status([token, "Sec-Fetch-Site: \(site)"]) == expected)
        }
        let unknown = try client.request("GET", "/cdn-cgi/handler/scheduled?cron=x", [token])
        #expect(
            unknown.status == 404 && unknown.text.contains("No trigger has the cron expression x; known: 0 0 1 1 *"))
        #expect(try status([token], "/cdn-cgi/handler/scheduled") == 400)
        #expect(try status([token], "/cdn-cgi/other") == 404)
        try client.send("GET \(Self.path) HTTP/1.1\r\nHost: evil.example\r\n\(token)\r\n\r\n")
        #expect(try client.readReply().status == 403)
    }

    @Test("A request that came through a proxy is not from this machine") func aProxyIsNotThisMachine() throws {
        let runner = try Runner()
        let client = try runner.connect()
        for field in [
            "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "x-forwarded-host: localhost", "X-Forwarded-X: y",
            "Forwarded: for=127.0.0.1", "CF-Connecting-IP: 127.0.0.1", "X-Real-IP: 127.0.0.1", "Via: 1.1 nginx",
            "True-Client-IP: 127.0.0.1",
        ] {
            for path in [Self.path, "/cdn-cgi/other"] {
                #expect(try client.request("POST", path, [runner.localAuthorization, field]).status == 403, "\(field)")
            }
        }
        #expect(!runner.log.contains("CRON"))
    }

    @Test("Firing a trigger needs the token") func callersNeedTheToken() throws {
        let runner = try Runner()
        let client = try runner.connect()
        let token = runner.localAuthorization
        for field in [
            "X: y", "Authorization: Bearer", "\(token)0", String(token.dropLast()), "Authorization: Bearer x",
        ] {
            let reply = try client.request("POST", Self.path, [field])
            #expect(reply.status == 401 && reply["www-authenticate"] == "Bearer", "\(field)")
            #expect(try client.request("POST", "/cdn-cgi/other", [field]).status == 401)
        }
        #expect(!runner.log.contains("CRON"))
    }

    @Test(
        "Only loopback addresses count as this machine",
        arguments: [
            ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("192.0.2.7", false), ("12.7.0.1", false),
            ("::1:2", false), ("2001:db8::1", false), ("", false),
        ])
    func onlyLoopbackIsThisMachine(_ peer: String, _ expected: Bool) {
        #expect(LocalHandler.isLoopback(Array(peer.utf8)) == expected)
    }

    @Test("A trigger runs once at a time") func aTriggerRunsOnceAtATime() throws {
        let runner = try Runner(.init(scheduledSleep: 1_000))
        let clients = try (0..<30).map { _ in
            let client = try runner.connect()
            try client.send("POST \(Self.path) HTTP/1.1\r\nHost: localhost\r\n\(runner.localAuthorization)\r\n\r\n")
            return client
        }
        let replies = try clients.map { try $0.readReply() }
        #expect(replies.map(\.status).sorted() == [200] + [Int](repeating: 409, count: 29))
        #expect(
            replies.last { $0.status == 409 }?.text == #"{"error":"The previous run of this trigger has not ended."}"#)
        #expect(try clients[0].request("POST", Self.path, [runner.localAuthorization]).status == 200)
        #expect(poll { runner.log.components(separatedBy: "CRON").count == 3 })
    }

    @Test("Two triggers of one function run at the same time") func twoTriggersOfOneFunctionRunAtOnce() throws {
        let runner = try Runner(.init(scheduledSleep: 1_000))
        let clients = try [Self.path, "/cdn-cgi/handler/scheduled?cron=0+0+2+1+*"].map { path in
            let client = try runner.connect()
            try client.send("POST \(path) HTTP/1.1\r\nHost: localhost\r\n\(runner.localAuthorization)\r\n\r\n")
            return client
        }
        #expect(poll { runner.children.count == 2 })
        for client in clients { #expect(try client.readReply().status == 200) }
    }

    @Test("Two triggers of one function may be due in the same minute")
    func twoTriggersOfOneFunctionAreDueInTheSameMinute() throws {
        let triggers = try ["0 * * * *", "*/30 * * * *", "30 * * * *"].map {
            CronTrigger(cron: try CronExpression($0), function: "tidy")
        }
        let start = try #require(Timestamp("2026-04-15T10:30:00Z"))
        var schedules = Schedules(triggers, now: start)
        #expect(schedules.due == start + 1_800)
        #expect(schedules.look(start + 1_799) { _ in }.isEmpty)
        let firings = schedules.look(start + 1_800) { _ in }
        #expect(firings.map(\.trigger.cron.description) == ["0 * * * *", "*/30 * * * *"])
        #expect(firings.allSatisfy { $0.time == start + 1_800 })
    }

    @Test("The runner waits for scheduled functions before it ends")
    func scheduledFunctionsEndBeforeTheRunnerDoes() throws {
        let runner = try Runner(.init(scheduledSleep: 1_500))
        let client = try runner.connect()
        try client.send("POST \(Self.path) HTTP/1.1\r\nHost: localhost\r\n\(runner.localAuthorization)\r\n\r\n")
        #expect(poll { runner.children.count == 1 })
        // The caller is gone, so the runner waits for no connection.
        client.reset()
        #expect(runner.logs(" 499 "))
        runner.process.send(SIGTERM)
        #expect(runner.logs("finishing running work without a limit (connections in use: 0, scheduled functions: 1)"))
        #expect(runner.process.waitForEnd() == 0)
        #expect(runner.log.contains("CRON 0 0 1 1 * 200"))
    }

    @Test("A second signal ends scheduled functions too") func aSecondSignalEndsScheduledFunctionsToo() throws {
        let runner = try Runner(.init(timeout: 60_000, scheduledSleep: 50_000))
        let client = try runner.connect()
        try client.send("POST \(Self.path) HTTP/1.1\r\nHost: localhost\r\n\(runner.localAuthorization)\r\n\r\n")
        #expect(poll { runner.children.count == 1 })
        let children = runner.children
        runner.process.send(SIGTERM)
        #expect(runner.logs("a second signal ends at once"))
        runner.process.send(SIGTERM)
        #expect(runner.process.waitForEnd(seconds: 5) == 0)
        #expect(poll { !children.contains(where: ProcessTable.isAlive) })
    }
}

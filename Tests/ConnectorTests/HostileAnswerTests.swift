import Base
import Foundation
import HTTP
import TestSupport
import Testing

@testable import Connectors
@testable import Upstream

/// Connectors get hostile answers: for GitLab, Jamf Pro and Okta the customer names the server.
@Suite struct HostileAnswerTests {
    @Test("Hostile XML is refused or read, and never traps") func xmlIsRefusedOrReadAgain() throws {
        let samples = [
            """
            <?xml version="1.0"?><!-- c --><ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">\
            <ListUsersResult><Users><member a='b'><UserName>é &amp; &#x41;</UserName></member></Users>\
            <IsTruncated>false</IsTruncated><![CDATA[<x>]]></ListUsersResult><e/></ListUsersResponse>
            """,
            "<a>&lt;&gt;&quot;&apos;</a>", "<a/>",
        ]
        var accepted = 0
        for bytes in HostileInputs(samples, count: 3_000) {
            guard let element = try? XMLElement(parsing: bytes) else { continue }
            accepted += 1
            #expect(try XMLElement(parsing: bytes + Array(" ".utf8)) == element)
        }
        #expect(accepted > 0)
    }

    private func response(_ fields: [(String, String)]) -> UpstreamResponse {
        var headers = Headers()
        for (name, value) in fields { headers.add(name, value) }
        return UpstreamResponse(status: 429, headers: headers, body: [])
    }

    @Test("Hostile Link fields are refused or lead to a valid URL") func linksAreRead() {
        let samples = [
            "<https://a.example/x?page=2>; rel=\"next\", <https://a.example/x>; rel=\"self\"", "<a>;rel=next", "<>;<",
        ]
        for bytes in HostileInputs(samples) {
            let text = String(decoding: bytes, as: UTF8.self)
            let response = response([("Link", text)])
            // The link to a next page must be requestable.
            if let link = try? response.nextLink()?.string { #expect(UpstreamURL("https://a.example" + link) != nil) }
            if let cursor = try? response.nextCursor("page") { #expect(cursor.string?.isEmpty == false) }
        }
    }

    /// The wait that a provider asks for must be a number of seconds that a clock can represent.
    @Test("Waits from hostile headers are finite and not negative") func waitsAreFinite() {
        let samples = ["120", "0.5", "Wed, 15 Apr 2026 12:30:00 GMT", "1776256200", "1e400", "nan"]
        for bytes in HostileInputs(samples) {
            let text = String(decoding: bytes, as: UTF8.self)
            let response = response([("Retry-After", text), ("Date", text), ("Reset", text)])
            for wait in [response.retryAfter, response.seconds(untilEpochIn: "Reset")] {
                #expect(wait.map { $0 >= 0 && $0.isFinite } ?? true)
            }
            let policy = RetryPolicy()
            if case .throttled(let seconds?) = policy.decision(response) {
                #expect(RetryPolicy.granted(seconds) != nil)
            }
        }
    }

    @Test("Hostile dates are refused or read as timestamps") func datesAreRefusedOrMoments() {
        let samples = [
            "2026-04-15T12:30:00.123+02:00", "2026-04-15 12:30", "2026-04-15T12:30:00Z", "9999-12-31T23:59:59-2359",
            "Wed, 15 Apr 2026 12:30:00 GMT",
        ]
        for bytes in HostileInputs(samples, count: 3_000) {
            let text = String(decoding: bytes, as: UTF8.self)
            for moment in [Timestamp(provider: text), Timestamp(httpDate: text)] {
                #expect(moment.map { Timestamp($0.description) != nil } ?? true)
            }
        }
    }

    @Test("Hostile URLs are refused, or read back unchanged") func urlsAreRefusedOrReadBack() {
        let samples = ["https://a.example:8443/x/y?z=1", "http://[2001:db8::1]:80/", "https://1.2.3.4", "https://a?b"]
        for bytes in HostileInputs(samples, count: 3_000) {
            guard let url = UpstreamURL(String(decoding: bytes, as: UTF8.self)) else { continue }
            #expect(UpstreamURL(url.description) == url)
            #expect(UpstreamURL(url.appending("/\("é/x")", query: [("a", "&")]).description) != nil)
        }
    }

    @Test("Hostile credential reports are read without a trap") func credentialReportsAreRead() {
        let report = """
            user,arn,user_creation_time,mfa_active,password_last_used,access_key_1_last_used_date
            <root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00+00:00,false,2026-04-01T10:00:00+00:00,N/A
            ada,arn:aws:iam::111122223333:user/ada,2020-01-01T00:00:00+00:00,true,no_information,N/A
            """
        #expect(AWSRecords.root(inReport: report)?.externalID == "arn:aws:iam::111122223333:root")
        for bytes in HostileInputs([report]) {
            let text = String(decoding: bytes, as: UTF8.self)
            guard let root = AWSRecords.root(inReport: text) else { continue }
            #expect(!root.externalID.isEmpty && Array(text.utf8).firstRange(of: Array(root.externalID.utf8)) != nil)
        }
    }

    @Test("A credential report with a million lines or columns is read")
    func aReportOfMillionsOfLinesAndColumnsIsRead() {
        let lines = String(repeating: "a\n", count: 1_000_000)
        #expect(AWSRecords.root(inReport: "user,arn\n" + lines + "<root_account>,r")?.externalID == "r")
        let columns = String(repeating: ",", count: 1_000_000)
        #expect(AWSRecords.root(inReport: "user,arn" + columns + "\n<root_account>,r" + columns)?.externalID == "r")
    }

    /// Each connector pulls from a provider that spoils one answer in four, in its head or its body.
    @Test("A provider with hostile answers leads to a connector error at most", arguments: ConnectorCase.all)
    func aHostileProviderIsAnError(_ example: ConnectorCase) throws {
        let rounds = ProcessInfo.processInfo.environment["THALIAN_HOSTILE_INPUTS"].flatMap { Int($0) }.map { $0 / 100 }
        for round in 0..<(rounds ?? 4) {
            let spoiler = Spoiler(round)
            let provider = try FakeProvider { request in example.org(request).map { spoiler.spoil($0) } }
            do {
                let connector = try example.connect(provider)
                for collection in connector.collections {
                    var (cursor, pages) = (JSON?.none, 0)
                    repeat {
                        cursor = try collection.page(cursor).next
                        pages += 1
                    } while cursor != nil && pages < 20
                }
            } catch let error as ConnectorError {
                #expect(!error.sentence.isEmpty)
            }
        }
    }

    private final class Spoiler: @unchecked Sendable {
        private let lock = NSLock()
        private var number: Int

        init(_ round: Int) { number = round }

        func spoil(_ reply: FakeProvider.Reply) -> FakeProvider.Reply {
            let number = lock.withLock {
                self.number += 1
                return self.number
            }
            guard number.isMultiple(of: 4) else { return reply }
            var reply = reply
            let body = String(decoding: reply.body, as: UTF8.self)
            // The number of the answer decides how it is spoiled.
            let spoiled = HostileInputs([body], count: number % 97 + 1).reduce(into: [UInt8]()) { $0 = $1 }
            if number.isMultiple(of: 8), let field = reply.headers.fields.first {
                let value = HostileInputs([field.value], count: number % 89 + 1).reduce(into: [UInt8]()) { $0 = $1 }
                let line = value.filter { $0 >= 0x20 && $0 != 0x7F }
                reply.headers[field.name] = String(decoding: line, as: UTF8.self)
            } else {
                reply.body = spoiled
            }
            return reply
        }
    }
}

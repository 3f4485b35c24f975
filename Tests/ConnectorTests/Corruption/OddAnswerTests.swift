import Base
import Foundation
import HTTP
import Integrations
import Synchronization
import TestSupport
import Testing

@testable import Connectors

/// Every connector gets unusual, partial and refused answers: no record is marked as gone.
@Suite struct OddAnswerTests {
    /// A connector without an example would be missed by the tests that go through all examples.
    @Test("Every connector has an example") func everyConnectorHasAnExample() {
        let examples = ConnectorCase.all.map { $0.connector.platform }
        let connectors = Connectors.all.map { $0.platform }
        for platforms in [examples, connectors] {
            #expect(Set(platforms) == Set(Platform.synced) && platforms.count == Platform.synced.count)
        }
    }

    // MARK: One answer

    /// Syncs with one corrupted page of a list: the first, the second or the third.
    @Test("A corrupted page removes no record", arguments: ConnectorCase.all)
    func oddPages(_ example: ConnectorCase) throws {
        let before = try Absence.records(of: example)
        for (index, corruption) in Corruption.allCases.enumerated() {
            let number = index % 3
            let corruptor = Corruptor()
            corruptor.begin(corruption, at: number, seed: index, of: example.isPage)
            let now = try absence(example, after: before, "\(corruption)") { corruptor.reply(to: $0, $1) }
            #expect(corruptor.requests > number, "There is no page \(number).")
            if corruption.isReadable { #expect(now?.keys == Set(before.byKey.keys), "\(corruption)") }
        }
    }

    /// Refuses one request at a time, repeatedly: a list, or a part of one such as one user's factors.
    @Test("A refused request removes no record; the sync fails or reports a missing part", arguments: ConnectorCase.all)
    func refusals(_ example: ConnectorCase) throws {
        let org = try FakeProvider(example.org)
        let connector = try example.connect(org)
        try connector.check()
        let checks = Set(org.requests.map(Self.name))
        let before = try pull { connector }
        let names = Set(org.requests.map(Self.name)).subtracting(checks).filter { !$0.contains("token") }.sorted()
        #expect(!names.isEmpty)
        // Tries at most three requests of each group that differs only in numbers, such as one request per user.
        for (_, alike) in Dictionary(grouping: names, by: { $0.replacing(/\d+/, with: "0") }) {
            for (name, status) in zip(alike, [401, 403, 500]) {
                let now = try absence(example, after: before, "\(status): \(name)") { request, _ in
                    Self.name(request) == name ? .json(["error": "refused"], status: status) : nil
                }
                if let now { #expect(!now.leftOut.isEmpty, "\(status): \(name)") }
            }
        }
    }

    /// Returns the text that identifies a request: its method, target and body.
    private static func name(_ request: FakeProvider.Request) -> String {
        request.method + " " + request.target + " " + request.text
    }

    // MARK: All answers

    @Test(
        "An unreadable link to the next page removes no record, and is not taken for the end of the list",
        arguments: ConnectorCase.all, [#"<https://a.example/?q=">"#, "<>"])
    func unreadableNextPages(_ example: ConnectorCase, _ link: String) throws {
        let before = try Absence.records(of: example)
        let changed = Mutex(0)
        let now = try absence(example, after: before, link) { _, original in
            var reply = original.replacingLinks { $0.contains("next") ? link + #"; rel="next""# : $0 }
            if reply.headers["After-Cursor"] != nil { reply.body = Array("{}".utf8) }
            let text = String(decoding: reply.body, as: UTF8.self)
            reply.body = Array(
                text.replacing(/("(?:\w*[nN]ext\w*|@odata.nextLink|endCursor|after\w*)":)"[^"]+"/) {
                    $0.output.1 + "[7]"
                }
                .replacing(/<Marker>[^<]*<\/Marker>/, with: "<Marker/>").utf8)
            if reply.body != original.body || reply.headers.fields.map(\.value) != original.headers.fields.map(\.value)
            {
                changed.withLock { $0 += 1 }
            }
            return reply
        }
        if let now { #expect(!now.leftOut.isEmpty || changed.withLock { $0 } == 0) }
    }

    @Test("A relative link, with its relation in upper case, leads to the next page", arguments: ConnectorCase.all)
    func relativeNextPages(_ example: ConnectorCase) throws {
        let before = try Absence.records(of: example)
        let now = try absence(example, after: before, "relative links") { _, reply in
            reply.replacingLinks { link in
                link.replacing(/https?:\/\/[^\/>]*/, with: "").replacing("rel=\"next\"", with: "REL=NEXT")
            }
        }
        #expect(now?.keys == Set(before.byKey.keys))
    }

    // MARK: Names

    /// Renames one user's login, wherever it appears.
    @Test("A renamed user keeps the account", arguments: ConnectorCase.all)
    func renamedLogins(_ example: ConnectorCase) throws {
        let before = try Absence.records(of: example)
        guard example.counts["account"] != nil else { return #expect(before.accounts.isEmpty) }
        let ids = before.accounts.keys
        let renamed = try #require(
            before.accounts.values.sorted { $0.externalID < $1.externalID }.filter { $0.status != .deprovisioned }
                .compactMap { $0.username ?? $0.email }.first { name in !ids.contains { $0.contains(name) } })
        let other = renamed.contains("@") ? "zz@renamed.example" : "zz-renamed"
        let provider = try FakeProvider { request in
            guard var reply = example.org(request.replacing(other, with: renamed)) else { return nil }
            let text = String(decoding: reply.body, as: UTF8.self)
            reply.body = Array(text.replacingOccurrences(of: renamed, with: other, options: .caseInsensitive).utf8)
            return reply
        }
        let now = try pull { try example.connect(provider) }
        #expect(provider.unexpected.isEmpty)
        #expect(Set(now.accounts.keys) == Set(before.accounts.keys))
        let names = now.accounts.values.compactMap { $0.username ?? $0.email }
        #expect(names.contains { $0.contains(other) }, "\(renamed) is renamed to \(other)")
    }

    /// Gives all machines the same serial number, such as a placeholder that a manufacturer leaves in all of its
    /// machines.
    @Test("Devices with the same serial number stay separate devices", arguments: ConnectorCase.all)
    func sharedSerials(_ example: ConnectorCase) throws {
        let before = try Absence.records(of: example)
        guard let count = example.counts["device"] else { return }
        let now = try absence(example, after: before, "serials") { _, reply in
            var reply = reply
            let text = String(decoding: reply.body, as: UTF8.self)
            reply.body = Array(
                text.replacing(/("serial_?[nN]umber":)"[^"]*"/) { $0.output.1 + #""C02SAME1""# }.utf8)
            return reply
        }
        let devices = (now?.records ?? []).compactMap { if case .device(let device) = $0 { device } else { nil } }
        #expect(Set(devices.map(\.externalID)).count == count)
        #expect(devices.count { $0.serialNumber == "C02SAME1" } > 1)
    }

    // MARK: Help

    /// Syncs with other answers and expects that no record is gone; nil if the sync failed because of one request.
    private func absence(
        _ example: ConnectorCase, after before: [SyncRecord], _ fault: String, _ answer: @escaping Absence.Answer
    ) throws -> Absence? {
        do {
            let now = try Absence(example, after: before, answer)
            #expect(now.gone == [], "\(fault)")
            return now
        } catch let error as ConnectorError {
            #expect(error.isAboutOneRequest, "\(fault): \(error)")
            return nil
        }
    }
}

extension FakeProvider.Reply {
    /// Returns the reply with changed Link fields.
    fileprivate func replacingLinks(_ change: (String) -> String) -> Self {
        var reply = self
        reply.headers = Headers()
        for field in headers.fields {
            reply.headers.add(field.name, field.name == "Link" ? change(field.value) : field.value)
        }
        return reply
    }
}

extension Absence {
    /// The records that were pulled, as `account/u1`.
    fileprivate var keys: Set<String> { Set(records.byKey.keys) }
}

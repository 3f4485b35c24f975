import Base
import Foundation
import Store
import TestSupport
import Testing

@testable import api_export_audit_log
@testable import local_runner

/// Checks exports from POST /api/export-audit-log, both genuine and forged, with the code of `local-runner
/// audit-verify`.
@Suite(.usesStore) struct AuditVerifyTests {
    private let store: TestStore
    private let export: [String: JSON]

    init() throws {
        store = try TestStore()
        let log = AuditLog(store.database, workspaceID: store.own.id)
        for number in 1...8 {
            try log.append(
                AuditEntry(
                    action: "test.\(number)", userID: store.own.members[.admin], targetType: "thing", targetID: "t",
                    details: ["number": .integer(number), "share": .number(0.25), "text": "a]}\",\\ é"],
                    createdAt: TestStore.now + number))
        }
        let call = Call("POST", body: ["workspaceId": .string(store.own.id.description)]).session(store.own.token())
        export = try #require(store.send(call, to: ExportAuditLog.self).json.object)
    }

    private var entries: [JSON] { export["entries"]?.array ?? [] }

    /// Writes the export with these entries to export.json; returns the fault that the check finds in it, or nil.
    private func fault(_ entries: [JSON], total: Int? = nil, text: ((String) -> String)? = nil) throws -> ChainCheck
        .Fault?
    {
        var document = export
        document["entries"] = .array(entries)
        document["total_entries"] = .integer(total ?? entries.count)
        let json = String(decoding: JSONWriter.bytes(JSON.object(document)), as: UTF8.self)
        let path = store.folder.path("export.json")
        try Data((text?(json) ?? json).utf8).write(to: URL(filePath: path))
        do {
            let check = try ChainCheck(ofExport: path)
            #expect(check.count == entries.count)
            return nil
        } catch let fault as ChainCheck.Fault {
            return fault
        }
    }

    private func changed(_ index: Int, _ name: String, _ value: JSON) -> [JSON] {
        var entries = entries
        var members = entries[index].object ?? [:]
        members[name] = value
        entries[index] = .object(members)
        return entries
    }

    /// Returns the entry with `changes` and both hashes recomputed, as an informed attacker would.
    private func forged(_ entry: JSON, _ changes: [String: JSON]) -> JSON {
        var members = (entry.object ?? [:]).merging(changes) { $1 }
        let content = AuditLog.contentHash(exported: members)
        members["content_hash"] = .string(content)
        let link = AuditLink(
            sequence: members["sequence_number"]?.integer ?? 0, id: members["id"]?.string ?? "",
            actorEmail: members["actor_email"]?.string, contentHash: content,
            previousHash: members["prev_hash"]?.string ?? "",
            version: members["hash_version"]?.integer.flatMap { AuditLink.Version(rawValue: $0) } ?? .first)
        members["row_hash"] = .string(link.rowHash)
        return .object(members)
    }

    /// Returns the entries. Those from `index` on have the changes that `changes` returns, and recomputed hashes.
    private func rewritten(from index: Int, _ changes: (Int) -> [String: JSON]) -> [JSON] {
        var entries = entries
        for place in index..<entries.count {
            let previous = place == 0 ? AuditLog.origin : entries[place - 1]["row_hash"]?.string ?? ""
            entries[place] = forged(entries[place], ["prev_hash": .string(previous)].merging(changes(place)) { $1 })
        }
        return entries
    }

    private func entry(_ json: JSON) -> ChainCheck.Entry { ChainCheck.Entry(json) }

    @Test("A genuine export is accepted, also after reformatting") func anUntouchedExportHolds() throws {
        #expect(entries.count == 10)
        #expect(try fault(entries) == nil)
        let key = try AuditSigningKey(store.environment()).publicKey
        #expect(export["signature"]?["public_key"]?.string == key)
        // Reformatted JSON has the same meaning.
        #expect(
            try fault(entries) { $0.replacing("\":", with: "\" : ").replacing("},{", with: "} ,\n {") + "\n" } == nil)
    }

    /// The signature names the first exported entry, so removed first entries are noticed.
    @Test("Entries removed at the beginning are detected") func entriesRemovedAtTheBeginningAreFound() throws {
        #expect(try fault(Array(entries.dropFirst(4))) == .notSigned)
    }

    @Test("Entries removed at the end are detected although the total was lowered")
    func entriesRemovedAtTheEndAreFoundWhateverTheTotalSays() throws {
        for count in 1...3 { #expect(try fault(entries.dropLast(count)) == .notSigned) }
        #expect(try fault([]) == .notSigned)
    }

    /// All entries from a certain one on are recomputed, so only the signature shows the forgery.
    @Test("A recomputed end of the chain is detected by the signature") func aRewrittenEndIsFound() throws {
        let forged = rewritten(from: 5) { $0 == 5 ? ["actor_email": "somebody@else.example"] : [:] }
        #expect(try fault(forged) == .notSigned)
        #expect(try fault(rewritten(from: 9) { _ in ["action": "something.harmless"] }) == .notSigned)
        // The forger's own signature is valid, but not made by the expected key.
        let other = try AuditSigningKey(
            store.environment(["AUDIT_SIGNING_KEY": String(repeating: "0b", count: 32)]))
        let last = try #require(forged.last)
        let head = AuditExportHead(
            workspaceID: store.own.id.description, exportedAt: export["exported_at"]?.string ?? "",
            count: forged.count,
            ends: .init(first: 0, last: forged.count - 1, rowHash: last["row_hash"]?.string ?? ""))
        var document = export
        document["entries"] = .array(forged)
        document["signature"] = try head.signature(by: other)
        let path = store.folder.path("export.json")
        try Data(JSONWriter.bytes(JSON.object(document))).write(to: URL(filePath: path))
        let expected = try AuditSigningKey(store.environment()).publicKey
        #expect(throws: ChainCheck.Fault.signedByOther(publicKey: other.publicKey)) {
            try ChainCheck(ofExport: path, signedBy: expected)
        }
        #expect(Main.run(["audit-verify", path, "--public-key", expected]) == 1)
        #expect(Main.run(["audit-verify", path, "--public-key", other.publicKey]) == 0)
    }

    /// An old export can't pass as a new one, nor one workspace's export as another's. Both would hide entries.
    @Test("A signature is valid for its time and its workspace only")
    func aSignatureIsForItsMomentAndItsWorkspace() throws {
        func holds(_ change: (inout [String: JSON]) -> Void) throws -> Bool {
            var document = export
            change(&document)
            let path = store.folder.path("export.json")
            try Data(JSONWriter.bytes(JSON.object(document))).write(to: URL(filePath: path))
            return Main.run(["audit-verify", path]) == 0
        }
        #expect(try holds { _ in })
        #expect(try !holds { $0["exported_at"] = "2027-01-01T00:00:00Z" })
        #expect(try !holds { $0["exported_at"] = nil })
        let key = try AuditSigningKey(store.environment())
        let own = store.own.id.description
        let empty = AuditExportHead(workspaceID: own, exportedAt: "2026-04-15T12:30:00Z", count: 0, ends: nil)
        let signature = try empty.signature(by: key)
        func holdsEmpty(_ workspace: String) throws -> Bool {
            try holds {
                $0 = [
                    "workspace_id": .string(workspace), "exported_at": "2026-04-15T12:30:00Z", "total_entries": 0,
                    "entries": [], "signature": signature,
                ]
            }
        }
        #expect(try holdsEmpty(own))
        #expect(try !holdsEmpty(store.other.id.description))
    }

    /// An entry can't pass as one of the older hash version, which covers fewer fields.
    @Test("A new entry that is given an older or an unknown hash version is detected") func versionsDoNotFall() throws {
        let older = rewritten(from: 5) { $0 == 5 ? ["hash_version": 1, "actor_email": "x@y.example"] : [:] }
        #expect(try fault(older) == .changed(entry(older[5])))
        let unknown = changed(4, "hash_version", 3)
        #expect(try fault(unknown) == .changed(entry(unknown[4])))
    }

    @Test("An unknown field in an entry or in the export is refused") func membersThatNoExportHasAreRefused() throws {
        let forged = changed(5, "user_name", "somebody else")
        #expect(try fault(forged) == .changed(entry(forged[5])))
        var document = export
        document["note"] = "approved"
        let path = store.folder.path("export.json")
        try Data(JSONWriter.bytes(JSON.object(document))).write(to: URL(filePath: path))
        #expect(Main.run(["audit-verify", path]) == 1)
    }

    @Test("An export without a signature is accepted only with --unsigned")
    func anExportWithoutASignatureNeedsAWord() throws {
        var document = export
        document["signature"] = nil
        let path = store.folder.path("export.json")
        try Data(JSONWriter.bytes(JSON.object(document))).write(to: URL(filePath: path))
        #expect(Main.run(["audit-verify", path]) == 1)
        #expect(Main.run(["audit-verify", path, "--unsigned"]) == 0)
        let key = String(repeating: "00", count: 32)
        #expect(Main.run(["audit-verify", path, "--unsigned", "--public-key", key]) == 1)
        _ = try fault(entries.dropLast())
        #expect(Main.run(["audit-verify", path, "--unsigned"]) == 1)
    }

    @Test(
        "Without a valid signing key, no audit log is exported",
        arguments: ["", "0a", String(repeating: "zz", count: 32), String(repeating: "0a", count: 33)])
    func withoutAKeyNothingIsExported(_ key: String) throws {
        let call = Call("POST", body: ["workspaceId": .string(store.own.id.description)]).session(store.own.token())
        let reply = store.send(call, to: ExportAuditLog.self, variables: ["AUDIT_SIGNING_KEY": key])
        #expect(reply.status == 500)
    }

    @Test(
        "A changed field of an entry is detected, and the entry is named",
        arguments: [
            ("action", "finding.dismissed"), ("created_at", "2026-04-15T12:59:59Z"), ("details", ["number": 0]),
            ("target_id", "other"), ("target_type", .null), ("user_id", .null), ("actor_email", "x@y.example"),
            ("actor_email", 7), ("actor_email", ["name": "Somebody else"]),
            ("id", "cccccccc-0000-4000-8000-000000000000"), ("hash_version", 1),
            ("workspace_id", "cccccccc-0000-4000-8000-000000000000"), ("content_hash", "00"), ("prev_hash", "00"),
            ("row_hash", "00"), ("sequence_number", 77),
        ] as [(String, JSON)])
    func aChangedEntryIsNamed(_ name: String, _ value: JSON) throws {
        for index in [1, 4, 9] {
            let entries = changed(index, name, value)
            #expect(try fault(entries) == .changed(entry(entries[index])), "\(name) of \(index)")
        }
    }

    /// The hash of an entry without an actor equals that of an entry whose actor is no string.
    @Test(
        "An entry without an actor can't be given one that is no string, or lose the field",
        arguments: [nil, 7, true, ["Somebody else"], ["name": "Somebody else"]] as [JSON?])
    func anEntryOfNobodyIsNotMadeSomebodys(_ actor: JSON?) throws {
        let index = try #require(entries.firstIndex { $0["actor_email"] == .null })
        var members = entries[index].object ?? [:]
        members["actor_email"] = actor
        var entries = entries
        entries[index] = .object(members)
        #expect(try fault(entries) == .changed(entry(entries[index])))
    }

    /// A forger may number the entries of an export at will.
    @Test("Extreme sequence numbers are reported as a fault", arguments: [Int.max, Int.max - 1, Int.min, -1])
    func anEntryMayHaveAnyNumber(_ number: Int) throws {
        let first = forged(entries[0], ["sequence_number": .integer(number)])
        let hash = first["row_hash"] ?? .null
        let second = forged(entries[1], ["sequence_number": .integer(.max), "prev_hash": hash])
        #expect(try fault([first, second, entries[2]]) != nil && fault([first], total: .min) != nil)
    }

    @Test("The first of several faults is named") func ofSeveralTheFirstIsNamed() throws {
        var entries = changed(3, "action", "x")
        entries[6] = changed(6, "action", "x")[6]
        entries.remove(at: 8)
        #expect(try fault(entries) == .changed(entry(entries[3])))
    }

    @Test("A changed entry with recomputed hashes is detected, and the entry is named")
    func aChangedEntryWithNewHashesIsNamed() throws {
        for index in 1...8 {
            var entries = entries
            entries[index] = forged(entries[index], ["action": "something.harmless"])
            #expect(try fault(entries) == .changed(entry(entries[index])))
        }
    }

    @Test("A removed entry is detected, and its number is named") func aRemovedEntryIsNamed() throws {
        for index in 1...8 {
            var entries = entries
            entries.remove(at: index)
            #expect(try fault(entries) == .removed(index))
            #expect(try fault(entries, total: 10) == .removed(index))
        }
        // At the end, the total shows the removal.
        #expect(try fault(entries.dropLast(), total: 10) == .removed(9))
        #expect(try fault([], total: 10) == .removed(0))
        #expect(try fault(Array(entries.dropFirst()), total: 10) == .removed(0))
        // The export begins with a later entry, so its sequence numbers can't tell on which side an entry is missing.
        #expect(try fault(Array(entries[4..<8]), total: 5) == .cutOff(1))
    }

    /// The gap is closed by renumbering the entries after it.
    @Test("A removed entry is detected although the later ones were renumbered")
    func aRemovedEntryIsFoundBehindNewNumbers() throws {
        var entries = entries
        entries.remove(at: 4)
        for index in 4..<entries.count { entries[index] = forged(entries[index], ["sequence_number": .integer(index)]) }
        #expect(try fault(entries) == .changed(entry(entries[4])))
    }

    @Test("An inserted entry is detected and named") func anInsertedEntryIsNamed() throws {
        for index in 1...8 {
            let copies = [
                // A copy of another entry.
                entries[2],
                // An entry with valid hashes, and with the number and the previous hash of the entry that follows it.
                forged(entries[index], ["action": "something.else"]),
                forged(entries[index], ["sequence_number": 99]),
                changed(index, "action", "x")[index],
            ]
            for (number, copy) in copies.enumerated() where !(number == 0 && index == 2 || number == 0 && index == 3) {
                var entries = entries
                entries.insert(copy, at: index)
                #expect(try fault(entries) == .inserted(entry(copy)), "\(number) at \(index)")
            }
        }
    }

    /// The signature covers the number of entries. If it is valid for the entries that are present, none was added or
    /// removed.
    @Test("A changed total is detected and named", arguments: [9, 11, 0, -1, .max, .min])
    func aChangedTotalIsNamed(_ total: Int) throws {
        #expect(try fault(entries, total: total) == .otherTotal(total, count: 10))
    }

    @Test("The signature covers the total") func theSignatureCoversTheTotal() throws {
        let signature = try #require(export["signature"])
        func holds(_ count: Int) throws -> Bool {
            let head = AuditExportHead(
                workspaceID: store.own.id.description, exportedAt: export["exported_at"]?.string ?? "", count: count,
                ends: .init(first: 0, last: 9, rowHash: entries[9]["row_hash"]?.string ?? ""))
            return head.publicKey(verifying: signature) != nil
        }
        #expect(try holds(10))
        for count in [0, 9, 11] { #expect(try !holds(count), "\(count)") }
    }

    /// Without a signature, an added entry and a lowered total look the same.
    @Test("Without a signature, a difference between the total and the entries is reported")
    func withoutASignatureTheTotalTells() throws {
        func unsigned(_ total: Int) throws -> ChainCheck.Fault? {
            var document = export
            document["total_entries"] = .integer(total)
            document["signature"] = nil
            let path = store.folder.path("export.json")
            try Data(JSONWriter.bytes(JSON.object(document))).write(to: URL(filePath: path))
            do {
                _ = try ChainCheck(ofExport: path, acceptsUnsigned: true)
                return nil
            } catch let fault as ChainCheck.Fault {
                return fault
            }
        }
        #expect(try unsigned(10) == nil)
        #expect(try unsigned(11) == .removed(10))
        #expect(try unsigned(9) == .surplus(total: 9, count: 10))
    }

    @Test("A repeated entry is detected and named") func aRepeatedEntryIsNamed() throws {
        var entries = entries
        entries.insert(entries[3], at: 3)
        #expect(try fault(entries) == .inserted(entry(entries[3])))
    }

    @Test("A moved entry is detected") func aMovedEntryIsFound() throws {
        for index in 1...7 {
            var entries = entries
            entries.swapAt(index, index + 1)
            #expect(try fault(entries) == .inserted(entry(entries[index])))
        }
        var moved = entries
        moved.append(moved.remove(at: 2))
        #expect(try fault(moved) == .removed(2))
    }

    @Test("Entries of another workspace are detected") func entriesOfAnotherWorkspaceAreFound() throws {
        var document = export
        document["workspace_id"] = .string(store.other.id.description)
        let path = store.folder.path("export.json")
        try Data(JSONWriter.bytes(JSON.object(document))).write(to: URL(filePath: path))
        #expect(throws: ChainCheck.Fault.inserted(entry(entries[0]))) { try ChainCheck(ofExport: path) }
    }

    @Test(
        "A file that is not an export is refused",
        arguments: [
            "", "{", "[]", "{}", "{\"entries\":[", "{\"entries\":[{}", "{\"entries\":[]}",
            "{\"entries\":[],\"entries\":[]}",
            "{\"entries\":7}", "{\"entries\":[]} x", "{\"entries\":[,]}", "{\"total_entries\":1,}", "not JSON",
        ])
    func whatIsNoExportIsNoSuccess(_ text: String) throws {
        let path = store.folder.path("export.json")
        try Data(text.utf8).write(to: URL(filePath: path))
        #expect(throws: (any Error).self) { try ChainCheck(ofExport: path) }
        #expect(Main.run(["audit-verify", path]) == 1)
    }

    @Test("The exit status is 0 for a valid export, 1 for an invalid or missing file, 2 for wrong arguments")
    func theStatusTellsWhetherItHolds() throws {
        _ = try fault(entries)
        let path = store.folder.path("export.json")
        #expect(Main.run(["audit-verify", path]) == 0)
        _ = try fault(changed(5, "action", "x"))
        #expect(Main.run(["audit-verify", path]) == 1)
        #expect(Main.run(["audit-verify", store.folder.path("missing.json")]) == 1)
        for key in ["abc", "", "00", String(repeating: "zz", count: 32), String(repeating: "0a", count: 33)] {
            #expect(Main.run(["audit-verify", path, "--public-key", key]) == 2, "\(key)")
        }
        #expect(Main.run(["audit-verify"]) == 2 && Main.run(["audit-verify", path, path]) == 2)
    }
}

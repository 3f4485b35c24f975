import Base
import Foundation
import Store
import TestSupport
import Testing

@testable import api_export_audit_log
@testable import local_runner

/// `local-runner audit-verify`, on what POST /api/export-audit-log answers and on what somebody made of that.
@Suite struct AuditVerifyTests {
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

    /// What is wrong with the export once its entries are these; nil when nothing is.
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

    /// With both hashes made anew, as somebody would who knows how.
    private func forged(_ entry: JSON, _ changes: [String: JSON]) -> JSON {
        var members = (entry.object ?? [:]).merging(changes) { $1 }
        let content = AuditLog.contentHash(exported: members)
        members["content_hash"] = .string(content)
        members["row_hash"] = .string(
            AuditLog.rowHash(
                contentHash: content, previousHash: members["prev_hash"]?.string ?? "",
                sequence: members["sequence_number"]?.integer ?? 0))
        return .object(members)
    }

    private func entry(_ json: JSON) -> ChainCheck.Entry { ChainCheck.Entry(json) }

    @Test func anUntouchedExportHolds() throws {
        #expect(entries.count == 10)
        #expect(try fault(entries) == nil)
        // Laid out otherwise it says the same.
        #expect(
            try fault(entries) { $0.replacing("\":", with: "\" : ").replacing("},{", with: "} ,\n {") + "\n" } == nil)
    }

    /// An export begins where its 365 days do.
    @Test func anExportMayBeginLater() throws { #expect(try fault(Array(entries.dropFirst(4))) == nil) }

    @Test(
        arguments: [
            ("action", "finding.dismissed"), ("created_at", "2026-04-15T12:59:59Z"), ("details", ["number": 0]),
            ("target_id", "other"), ("target_type", .null), ("user_id", .null),
            ("workspace_id", "cccccccc-0000-4000-8000-000000000000"), ("content_hash", "00"), ("prev_hash", "00"),
            ("row_hash", "00"), ("sequence_number", 77),
        ] as [(String, JSON)])
    func aChangedEntryIsNamed(_ name: String, _ value: JSON) throws {
        for index in [1, 4, 9] {
            let entries = changed(index, name, value)
            #expect(try fault(entries) == .changed(entry(entries[index])), "\(name) of \(index)")
        }
    }

    @Test func ofSeveralTheFirstIsNamed() throws {
        var entries = changed(3, "action", "x")
        entries[6] = changed(6, "action", "x")[6]
        entries.remove(at: 8)
        #expect(try fault(entries) == .changed(entry(entries[3])))
    }

    @Test func aChangedEntryWithNewHashesIsNamed() throws {
        for index in 1...8 {
            var entries = entries
            entries[index] = forged(entries[index], ["action": "something.harmless"])
            #expect(try fault(entries) == .changed(entry(entries[index])))
        }
    }

    @Test func aRemovedEntryIsNamed() throws {
        for index in 1...8 {
            var entries = entries
            entries.remove(at: index)
            #expect(try fault(entries) == .removed(index))
            #expect(try fault(entries, total: 10) == .removed(index))
        }
        // At the end, only the total tells.
        #expect(try fault(entries.dropLast(), total: 10) == .removed(9))
        #expect(try fault([], total: 10) == .removed(0))
        #expect(try fault(Array(entries.dropFirst()), total: 10) == .removed(0))
        // Of an export that does not begin with the first entry.
        #expect(try fault(Array(entries[4..<8]), total: 5) == .cutOff(1))
    }

    /// The gap is closed by numbering the entries behind it anew.
    @Test func aRemovedEntryIsFoundBehindNewNumbers() throws {
        var entries = entries
        entries.remove(at: 4)
        for index in 4..<entries.count { entries[index] = forged(entries[index], ["sequence_number": .integer(index)]) }
        #expect(try fault(entries) == .changed(entry(entries[4])))
    }

    @Test func anInsertedEntryIsNamed() throws {
        for index in 1...8 {
            let copies = [
                // As another one stands there.
                entries[2],
                // With hashes that hold, in the place of the one that follows.
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
        #expect(try fault(entries, total: 9) == .inserted(entry(entries[9])))
    }

    @Test func aRepeatedEntryIsNamed() throws {
        var entries = entries
        entries.insert(entries[3], at: 3)
        #expect(try fault(entries) == .inserted(entry(entries[3])))
    }

    @Test func aMovedEntryIsFound() throws {
        for index in 1...7 {
            var entries = entries
            entries.swapAt(index, index + 1)
            #expect(try fault(entries) == .inserted(entry(entries[index])))
        }
        var moved = entries
        moved.append(moved.remove(at: 2))
        #expect(try fault(moved) == .removed(2))
    }

    @Test func entriesOfAnotherWorkspaceAreFound() throws {
        var document = export
        document["workspace_id"] = .string(store.other.id.description)
        let path = store.folder.path("export.json")
        try Data(JSONWriter.bytes(JSON.object(document))).write(to: URL(filePath: path))
        #expect(throws: ChainCheck.Fault.inserted(entry(entries[0]))) { try ChainCheck(ofExport: path) }
    }

    @Test(arguments: [
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

    @Test func theStatusTellsWhetherItHolds() throws {
        _ = try fault(entries)
        let path = store.folder.path("export.json")
        #expect(Main.run(["audit-verify", path]) == 0)
        _ = try fault(changed(5, "action", "x"))
        #expect(Main.run(["audit-verify", path]) == 1)
        #expect(Main.run(["audit-verify", store.folder.path("missing.json")]) == 1)
        #expect(Main.run(["audit-verify"]) == 2 && Main.run(["audit-verify", path, path]) == 2)
    }
}

import Auth
import Base
import Store
import TestSupport
import Testing

@testable import Export
@testable import api_export_audit_log

@Suite(.usesStore) struct ExportAuditLogTests {
    private let store: TestStore

    init() throws {
        store = try TestStore(filled: true)
        let log = AuditLog(store.database, workspaceID: store.own.id)
        try log.append(
            AuditEntry(
                action: "finding.snoozed", userID: store.own.members[.agent], actorEmail: "agent@example.com",
                targetType: "finding", targetID: "f-1", details: ["days": 7, "note": "é \"quoted\""],
                createdAt: TestStore.now))
    }

    private func export(_ role: Role = .auditor, of workspace: TestWorkspace? = nil) -> Reply {
        let workspace = workspace ?? store.own
        let call = Call("POST", body: ["workspaceId": .string(workspace.id.description)])
        return store.send(call.session(workspace.token(role)), to: ExportAuditLog.self)
    }

    @Test("The exported audit log has the documented fields") func answersAsTheReferenceSays() throws {
        let reply = export()
        #expect(reply.status == 200 && reply.headers["Content-Type"] == "application/json")
        #expect(
            reply.headers["Content-Disposition"]?.wholeMatch(
                of: /attachment; filename="audit-log-\d{4}-\d\d-\d\d\.json"/) != nil)
        #expect(
            reply.json.object?.keys.sorted() == [
                "entries", "exported_at", "signature", "total_entries", "workspace_id",
            ])
        #expect(reply.json["exported_at"]?.string.flatMap { Timestamp($0) } != nil)
        #expect(reply.json["workspace_id"]?.string == store.own.id.description)
        let entries = try #require(reply.json["entries"]?.array)
        #expect(reply.json["total_entries"]?.integer == entries.count && entries.count == 3)
        let entry = entries[1]
        #expect(
            entry.object?.keys.sorted() == [
                "action", "actor_email", "content_hash", "created_at", "details", "hash_version", "id",
                "prev_hash", "row_hash", "sequence_number", "target_id", "target_type", "user_id", "workspace_id",
            ])
        #expect(entry["action"] == "finding.snoozed" && entry["actor_email"] == "agent@example.com")
        #expect(entry["user_id"]?.string == store.own.members[.agent]?.description)
        #expect(entry["target_type"] == "finding" && entry["target_id"] == "f-1")
        #expect(entry["details"] == ["days": 7, "note": "é \"quoted\""])
        #expect(entry["created_at"]?.string == TestStore.now.description)
        #expect(entry["workspace_id"]?.string == store.own.id.description)
        #expect(entry["id"]?.string.flatMap { Identifier($0) } != nil)
        #expect(entries[0]["user_id"] == .null && entries[0]["prev_hash"]?.string == AuditLog.origin)
    }

    @Test("The hashes in the export are computed over the exported fields") func theHashesAreOfWhatIsShown() throws {
        let entries = try #require(export().json["entries"]?.array)
        var previous = AuditLog.origin
        for (sequence, entry) in entries.enumerated() {
            let members = try #require(entry.object)
            let content = AuditLog.contentHash(exported: members)
            #expect(entry["content_hash"]?.string == content && entry["prev_hash"]?.string == previous)
            let link = AuditLink(
                sequence: sequence, id: try #require(entry["id"]?.string), actorEmail: entry["actor_email"]?.string,
                contentHash: content, previousHash: previous)
            previous = link.rowHash
            #expect(entry["row_hash"]?.string == previous && entry["sequence_number"]?.integer == sequence)
            #expect(entry["hash_version"]?.integer == 2)
        }
    }

    @Test("An export is recorded in the audit log and contains its own entry") func isWrittenDownAndHoldsThat() throws {
        let reply = export(.agent)
        let last = try #require(reply.json["entries"]?.array?.last)
        #expect(last["action"] == "audit_log.exported" && last["target_type"] == "workspace")
        #expect(last["user_id"]?.string == store.own.members[.agent]?.description)
        #expect(try store.own.auditEntries().last?.action == "audit_log.exported")
        try store.own.endAuditLog()
        #expect(export().status == 500)
    }

    @Test("Callers without the permission can't export the audit log, and leave no entry")
    func refusesWhoMayNot() throws {
        let call = Call("POST", body: ["workspaceId": .string(store.own.id.description)])
        #expect(store.send(call, to: ExportAuditLog.self).status == 401)
        #expect(store.send(call.key(store.own.writeKey), to: ExportAuditLog.self).status == 401)
        #expect(export(.viewer).error == "Your role does not allow this." && export(.viewer).status == 403)
        #expect(store.send(call.session(store.other.token()), to: ExportAuditLog.self).status == 403)
        #expect(try store.own.auditEntries().count == 1)
    }

    @Test("Only the Enterprise plan may export the audit log", arguments: [Plan.free, .trial, .pro])
    func isForTheEnterprisePlanOnly(_ plan: Plan) throws {
        try store.own.set(plan: plan, trialEnd: TestStore.now + .days(10))
        let reply = export(.superAdmin)
        #expect(reply.status == 403 && reply.error == "This is part of the Enterprise plan.")
        #expect(try store.own.auditEntries().count == 1)
    }

    /// The genesis entry is 100 days older than the test's entry.
    @Test(
        "An export goes back 365 days",
        arguments: [(365 - 101, 3), (365 - 100, 3), (365 - 99, 2), (365 - 1, 2), (365, 2), (366, 1)])
    func goesBack365Days(_ days: Int, _ count: Int) throws {
        let workspace = try #require(try SystemWorkspaces.workspace(store.own.id, in: store.database))
        let key = try AuditSigningKey(store.environment())
        let file = try AuditLogExport(of: workspace, signedBy: key, now: TestStore.now + .days(days)).file
        var bytes: [UInt8] = []
        try file.write { bytes.append(contentsOf: $0) }
        let json = try JSON(parsing: bytes)
        #expect(json["total_entries"]?.integer == count && json["entries"]?.array?.count == count)
        #expect(json["entries"]?.array?.first?["sequence_number"]?.integer == 3 - count)
    }

    @Test("The export contains only the own workspace's entries") func anothersLogIsItsOwn() throws {
        let theirs = try #require(export(of: store.other).json["entries"]?.array)
        #expect(theirs.map { $0["action"] } == ["audit_chain.genesis", "audit_log.exported"])
        #expect(theirs.allSatisfy { $0["workspace_id"]?.string == store.other.id.description })
        #expect(export().json["total_entries"] == 3)
    }
}

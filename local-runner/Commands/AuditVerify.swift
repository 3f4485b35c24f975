import Base

extension Verb {
    static let auditVerify = Verb(
        "audit-verify", operands: "FILE", "Checks an exported audit log, without the database.",
        details: """
            FILE is what POST /api/export-audit-log answered. Each entry's hashes are computed anew from what it says,
            and each must follow the one before it. The first entry that was changed, removed or inserted is named,
            and the exit status is 1. The hashes cover what an entry says apart from its id and actor_email.

            Entries cut off at either end, with total_entries made to fit, leave a chain that holds; so do entries that
            were all written anew from one on. Compare the last row_hash, which is printed, with another export.
            """,
        options: []
    ) { arguments in
        guard arguments.operands.count == 1 else { throw UsageError("name the file to check, and one only") }
        let check: ChainCheck
        do {
            check = try ChainCheck(ofExport: arguments.operands[0])
        } catch let fault as ChainCheck.Fault {
            throw Failure(fault.sentence)
        }
        guard let first = check.first, let last = check.last else {
            Terminal.say("The export has no entries.")
            return 0
        }
        Terminal.say(
            """
            \(check.count) entries, numbers \(first.sequence) to \(last.sequence), say what their hashes say, and each follows
            the one before it. The last row_hash is \(last.rowHash).
            """)
        return 0
    }
}

extension ChainCheck {
    /// Checks what POST /api/export-audit-log answered. Throws `Fault`, or what makes the file no such export.
    init(ofExport path: String) throws {
        self.init()
        var reader = try AuditExportReader(path)
        var total: Int?
        var workspaceID: String?
        while let part = try reader.next() {
            switch part {
            case .member("total_entries", let value): total = value.integer
            case .member("workspace_id", let value): workspaceID = value.string
            case .member: break
            case .entry(let json): try add(Entry(json))
            }
        }
        guard let total, let workspaceID else { throw Failure("total_entries or workspace_id is missing") }
        try end(total: total, workspaceID: workspaceID)
    }
}

extension ChainCheck.Fault {
    fileprivate var sentence: String {
        switch self {
        case .changed(let entry): "Entry \(entry.sequence) (\(entry.action), id \(entry.id)) was changed."
        case .inserted(let entry): "Entry \(entry.sequence) (\(entry.action), id \(entry.id)) was inserted, or moved."
        case .removed(let sequence): "Entry \(sequence) was removed, or moved."
        case .cutOff(1): "One entry was removed at the beginning or at the end."
        case .cutOff(let count): "\(count) entries were removed at the beginning or at the end."
        }
    }
}

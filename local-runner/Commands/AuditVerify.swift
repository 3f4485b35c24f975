import Base
import Store

extension Verb {
    static let auditVerify = Verb(
        "audit-verify", operands: "FILE", "Checks an exported audit log, without the database.",
        details: """
            FILE is the response of POST /api/export-audit-log. Each entry's hashes are computed anew from its fields, each
            entry must follow the one before it, and the signature must be one over all of them. The first entry that was
            changed, removed or inserted is named, and the exit status is 1.

            Whoever changes a file can sign it with a key of their own. So name the public key that you expect with
            --public-key; it is printed for each export, and stays the same as long as AUDIT_SIGNING_KEY does.

            Entries of releases before AUDIT_SIGNING_KEY have hashes that do not cover id and actor_email; the signature
            does not prove these two for them.
            """,
        options: [
            Option(
                "--public-key", "KEY", "the public key that must have signed the export, 64 hexadecimal digits"),
            Option("--unsigned", nil, "accept an export of a release that did not sign, where a cut end does not show"),
        ]
    ) { arguments in
        guard arguments.operands.count == 1 else { throw UsageError("name the file to check, and one only") }
        let expectedKey = arguments["--public-key"]
        if let expectedKey, Hex.decode(expectedKey)?.count != 32 {
            throw UsageError("--public-key \(expectedKey): write the 64 hexadecimal digits of the key")
        }
        let check: ChainCheck
        do {
            check = try ChainCheck(
                ofExport: arguments.operands[0], signedBy: expectedKey,
                acceptsUnsigned: arguments.has("--unsigned"))
        } catch let fault as ChainCheck.Fault {
            throw Failure(fault.sentence)
        }
        guard let first = check.first, let last = check.last else {
            Terminal.say("The export has no entries.")
            return 0
        }
        Terminal.say(
            """
            \(check.count) entries, numbers \(first.sequence) to \(last.sequence): each is as it was written, and follows the one
            before it. The last row_hash is \(last.rowHash).
            \(check.publicKey.map { "The export was signed by the key \($0)." } ?? "The export is not signed.")
            """)
        return 0
    }
}

extension ChainCheck {
    /// Checks the file of an export. A public key that is not the expected one makes it wrong, if one is given.
    ///
    /// - Throws: `Fault`, or the reason why the file is no export.
    init(ofExport path: String, signedBy expectedKey: String? = nil, acceptsUnsigned: Bool = false) throws {
        self.init()
        var reader = try AuditExportReader(path)
        var total: Int?
        var workspaceID: String?
        var exportedAt: String?
        var signature: JSON?
        while let part = try reader.next() {
            switch part {
            case .member("total_entries", let value): total = value.integer
            case .member("workspace_id", let value): workspaceID = value.string
            case .member("exported_at", let value): exportedAt = value.string
            case .member("signature", let value): signature = value
            case .member(let name, _):
                throw Failure("the file has a member \"\(name.prefix(40))\", which no export has")
            case .entry(let json): try add(Entry(json))
            }
        }
        guard let total, let workspaceID else { throw Failure("total_entries or workspace_id is missing") }
        try end(workspaceID: workspaceID)
        if signature == nil, expectedKey == nil, acceptsUnsigned {
            try compare(total: total)
            return
        }
        let ends: AuditExportHead.Ends? =
            if let first, let last {
                .init(first: first.sequence, last: last.sequence, rowHash: last.rowHash)
            } else {
                nil
            }
        // The signature covers the number of entries as they were counted here, and so total_entries too.
        let head = AuditExportHead(
            workspaceID: workspaceID, exportedAt: exportedAt ?? "", count: count, ends: ends)
        guard let signature, let key = head.publicKey(verifying: signature) else {
            try compare(total: total)
            throw Fault.notSigned
        }
        guard expectedKey == nil || expectedKey?.lowercased() == key else { throw Fault.signedByOther(publicKey: key) }
        guard total == count else { throw Fault.otherTotal(total, count: count) }
        publicKey = key
    }
}

extension ChainCheck.Fault {
    fileprivate var sentence: String {
        switch self {
        case .changed(let entry): "Entry \(entry.sequence) (\(entry.action), id \(entry.id)) was changed."
        case .inserted(let entry): "Entry \(entry.sequence) (\(entry.action), id \(entry.id)) was inserted, or moved."
        case .removed(let sequence): "Entry \(sequence) was removed, or moved."
        case .notSigned:
            """
            The signature is missing or does not hold: entries were removed at the end, the file was written anew from one
            entry on, or a release made it that did not sign (see --unsigned).
            """
        case .signedByOther(let key): "The export was signed by another key than the expected one: \(key)."
        case .surplus(let total, let count):
            "The export has \(count) entries, and total_entries is \(total): one of the two was changed."
        case .otherTotal(let total, let count):
            "total_entries was changed: it is \(total), and the signature is one over these \(count) entries."
        case .cutOff(1): "One entry was removed at the beginning or at the end."
        case .cutOff(let count): "\(count) entries were removed at the beginning or at the end."
        }
    }
}

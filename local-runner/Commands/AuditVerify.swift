import Base
import Store

extension Verb {
    static let auditVerify = Verb(
        "audit-verify", operands: "FILE", "Checks an exported audit log, without the database.",
        details: """
            FILE is the response of POST /api/export-audit-log. The check recomputes each entry's hashes from its
            fields, compares each entry with the one before it, and verifies the signature over all entries. If an
            entry was changed, removed or inserted, it prints the first such entry, and the exit status is 1.

            A person who changes a file can sign it with another key. So pass the public key that you expect with
            --public-key. Each check prints the key; it stays the same as long as AUDIT_SIGNING_KEY does.

            In entries of early releases, which had no AUDIT_SIGNING_KEY, the hashes do not cover id and actor_email,
            so the signature does not protect these two fields.
            """,
        options: [
            Option(
                "--public-key", "KEY", "the public key that the export must be signed with, 64 hexadecimal digits"),
            Option("--unsigned", nil, "accept an unsigned export of an early release, which can't prove its end"),
        ]
    ) { arguments in
        let file = try arguments.operand("FILE, the export to check,")
        let expectedKey = arguments["--public-key"]
        if let expectedKey, Hex.decode(expectedKey)?.count != 32 {
            throw UsageError("--public-key \(expectedKey): must be the 64 hexadecimal digits of a key")
        }
        let check: ChainCheck
        do {
            check = try ChainCheck(
                ofExport: file, signedBy: expectedKey,
                acceptsUnsigned: arguments.has("--unsigned"))
        } catch let fault as ChainCheck.Fault {
            throw Failure(fault.sentence)
        }
        guard let first = check.first, let last = check.last else {
            try Terminal.say("The export has no entries.")
            return 0
        }
        let entries = Terminal.counted(check.count, "entry", plural: "entries")
        try Terminal.say(
            """
            \(entries), numbers \(first.sequence) to \(last.sequence): none was changed, each follows
            the one before it. The last row_hash is \(last.rowHash).
            \(check.publicKey.map { "The export was signed by the key \($0)." } ?? "The export is not signed.")
            """)
        return 0
    }
}

extension ChainCheck {
    /// Checks the file of an export, and its signature. If `expectedKey` is given, the signature must be made with that
    /// key. An export without a signature is accepted only if `acceptsUnsigned` is true and no key is expected.
    ///
    /// - Throws: `Fault`, or the reason why the file is not an export.
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
                throw Failure("the file has an unknown member \"\(name.harmless(atMost: 40))\"")
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
        // The signature covers the number of entries. The number that this check has counted is used, so total_entries
        // is verified too.
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
            The signature is missing or does not hold: entries were removed at the end, entries were recomputed from one
            entry on, or an early release wrote it, which did not sign (see --unsigned).
            """
        case .signedByOther(let key): "The export was signed by an unexpected key: \(key)."
        case .surplus(let total, let count):
            "The export has \(count) entries but total_entries is \(total): one of the two was changed."
        case .otherTotal(let total, let count):
            "total_entries was changed: it is \(total), but the signature covers \(count) entries."
        case .cutOff(1): "One entry was removed at the beginning or at the end."
        case .cutOff(let count): "\(count) entries were removed at the beginning or at the end."
        }
    }
}

import Base
import Crypto

/// The signature of an exported audit log.
///
/// The hashes of a chain show that an entry was changed or removed from its middle. They do not show that the newest entries
/// were cut off, or that everything from one entry on was written anew: whoever has the file can compute them. So an export
/// is signed. The signature covers the number of entries, the first one's place and the last one's row_hash, and through
/// that every entry. Only the private key, which the function has, can make it.
public struct AuditExportHead: Sendable {
    let workspaceID: String
    let exportedAt: String
    let count: Int
    /// The first and the last entry's sequence_number and the last one's row_hash. Nil for an export without entries.
    let ends: Ends?

    /// An export's first and last entry.
    public struct Ends: Sendable {
        public let first: Int
        let last: Int
        let rowHash: String

        /// The ends with these parts.
        public init(first: Int, last: Int, rowHash: String) {
            self.first = first
            self.last = last
            self.rowHash = rowHash
        }
    }

    /// The head of an export of `count` entries; `exportedAt` is its exported_at.
    public init(workspaceID: String, exportedAt: String, count: Int, ends: Ends?) {
        self.workspaceID = workspaceID
        self.exportedAt = exportedAt
        self.count = count
        self.ends = ends
    }

    /// The text that is signed: canonical JSON (sorted names, no spaces).
    private var message: [UInt8] {
        var fields: [String: JSON] = [
            "type": "audit_export", "workspace_id": .string(workspaceID), "exported_at": .string(exportedAt),
            "total_entries": .integer(count),
        ]
        if let ends {
            fields["first_sequence_number"] = .integer(ends.first)
            fields["last_sequence_number"] = .integer(ends.last)
            fields["last_row_hash"] = .string(ends.rowHash)
        }
        return JSONWriter.bytes(JSON.object(fields))
    }

    /// The member `signature` of the export, by the private key.
    ///
    /// - Throws: `StoreError` if OpenSSL can't make the signature.
    public func signature(by key: AuditSigningKey) throws -> JSON {
        guard let signature = key.key.signature(of: message) else {
            throw StoreError.failed("an export can't be signed")
        }
        return [
            "algorithm": "Ed25519", "public_key": .string(key.publicKey),
            "signature": .string(Hex.encode(signature)),
        ]
    }

    /// The public key, in hexadecimal, by which a member `signature` holds. Nil if it does not hold.
    public func publicKey(verifying signature: JSON) -> String? {
        guard signature["algorithm"]?.string == "Ed25519", let key = signature["public_key"]?.string,
            let keyBytes = Hex.decode(key), let bytes = signature["signature"]?.string.flatMap({ Hex.decode($0) }),
            Ed25519.verifies(bytes, of: message, publicKey: keyBytes)
        else { return nil }
        return Hex.encode(keyBytes)
    }
}

/// The private key that signs exported audit logs.
public struct AuditSigningKey {
    fileprivate let key: Ed25519.SigningKey
    /// The public key, 32 bytes in hexadecimal, by which readers check signatures.
    public let publicKey: String

    /// Reads AUDIT_SIGNING_KEY: the seed of an Ed25519 key, 32 bytes in hexadecimal.
    ///
    /// - Throws: `EnvironmentError` if it is not set or malformed.
    public init(_ environment: Environment) throws(EnvironmentError) {
        guard let text = environment["AUDIT_SIGNING_KEY"] else {
            throw EnvironmentError("AUDIT_SIGNING_KEY is not set")
        }
        guard let seed = Hex.decode(text), let key = Ed25519.SigningKey(seed: seed) else {
            throw EnvironmentError("AUDIT_SIGNING_KEY is not 32 bytes in hexadecimal")
        }
        self.key = key
        publicKey = Hex.encode(key.publicKey)
    }
}

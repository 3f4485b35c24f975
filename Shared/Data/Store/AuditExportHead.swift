public import Base
import Crypto

/// The part of an exported audit log that its signature covers.
///
/// The chain of hashes shows if an entry in the middle was changed or removed. It can't show that the newest entries
/// were cut off, or that everything from some entry on was replaced, because anyone who has the file can compute
/// hashes. Therefore an export is signed. The signature covers the workspace, the time of the export, the number of
/// entries, the first and the last sequence_number and the last row_hash, and through the chain every entry. It can be
/// made only with the private key, which only the exporting function gets.
public struct AuditExportHead: Sendable {
    let workspaceID: String
    let exportedAt: String
    let count: Int
    /// The first and the last entry. Nil if the export has no entries.
    let ends: Ends?

    /// The sequence_number of an export's first and last entry, and the row_hash of the last.
    public struct Ends: Sendable {
        public let first: Int
        let last: Int
        let rowHash: String

        /// Creates the ends from their parts.
        public init(first: Int, last: Int, rowHash: String) {
            self.first = first
            self.last = last
            self.rowHash = rowHash
        }
    }

    /// Creates the head of an export of `count` entries. `exportedAt` is the export's exported_at.
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

    /// The schema of the export's member `signature`.
    public static var signatureSchema: JSONSchema {
        func hex(_ bytes: Int) -> JSONSchema {
            .string(pattern: "^[0-9a-f]{\(bytes * 2)}$").example(.string(String(repeating: "0a", count: bytes)))
        }
        return .object(
            .field("algorithm", .oneOf(["Ed25519"]), "The algorithm."),
            .field("public_key", hex(32), "The public key in hexadecimal."),
            .field("signature", hex(64), "The signature in hexadecimal."))
    }

    /// Returns the export's member `signature`, made with the private key.
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

    /// Returns the public key in hexadecimal if `signature` is valid for this head and the key that it names. Returns
    /// nil otherwise.
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
    /// The public key that verifies the signatures, 32 bytes in hexadecimal.
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

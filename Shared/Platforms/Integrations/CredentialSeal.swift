public import Base
import Crypto

/// Encrypts and decrypts the credentials of integrations, and other secret messages, with AES-256-GCM. The
/// integration's ids are authenticated with the ciphertext, so credentials that are copied to another row don't decrypt
/// there.
///
/// CREDENTIALS_KEY holds one or more keys of 32 bytes, each written `ID:BASE64` and separated by commas. White space
/// around an entry is ignored, and no two keys have the same id. The first key encrypts; all keys decrypt, so that keys
/// can be rotated. A sealed text begins with one byte for the length of the key's id, followed by the id.
public struct CredentialSeal: Sendable {
    private let keys: [(id: String, cipher: AESGCM)]

    /// Creates the seal with the keys in CREDENTIALS_KEY.
    ///
    /// - Throws: `EnvironmentError` if it is not set or malformed.
    public init(_ environment: Environment) throws(EnvironmentError) {
        guard let text = environment["CREDENTIALS_KEY"] else {
            throw EnvironmentError("CREDENTIALS_KEY is not set")
        }
        var keys: [(id: String, cipher: AESGCM)] = []
        for entry in text.split(separator: ",") {
            let parts = String(entry).trimmed.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, (1...32).contains(parts[0].utf8.count),
                !parts[0].unicodeScalars.contains(where: \.properties.isWhitespace),
                let cipher = Base64.standard.decode(parts[1]).flatMap(AESGCM.init)
            else { throw EnvironmentError("CREDENTIALS_KEY is not a list of ID:BASE64 with keys of 32 bytes") }
            let id = String(parts[0])
            guard !keys.contains(where: { $0.id == id }) else {
                throw EnvironmentError("CREDENTIALS_KEY holds two keys with the id \(id); give each key its own id")
            }
            keys.append((id: id, cipher: cipher))
        }
        guard !keys.isEmpty else { throw EnvironmentError("CREDENTIALS_KEY holds no key") }
        self.keys = keys
    }

    /// Encrypts credentials for storage with an integration.
    /// - Throws: `EnvironmentError` if the system provides no random bytes.
    public func seal(_ credentials: Credentials, for integration: IntegrationKey) throws -> [UInt8] {
        try seal(
            JSONWriter.bytes(JSON.object(credentials.all.mapValues(JSON.string))), boundTo: integration.bytes)
    }

    /// Encrypts a message for storage in one place. It decrypts only with the same `place`.
    /// - Throws: `EnvironmentError` if the system provides no random bytes.
    public func seal(_ message: [UInt8], boundTo place: [UInt8]) throws -> [UInt8] {
        guard let key = keys.first, let sealed = key.cipher.seal(message, authenticating: place) else {
            throw EnvironmentError("the system gives no random bytes")
        }
        return [UInt8(clamping: key.id.utf8.count)] + Array(key.id.utf8) + sealed
    }

    /// Decrypts the stored credentials of an integration. Returns nil if they were changed, or sealed for another
    /// integration or with a key that is not in CREDENTIALS_KEY.
    func open(_ stored: [UInt8], for integration: IntegrationKey) -> Credentials? {
        guard let values = open(stored, boundTo: integration.bytes).flatMap({ try? JSON(parsing: $0) })?.object
        else { return nil }
        return Credentials(stored: values.compactMapValues(\.string))
    }

    /// Decrypts a message that was stored in a place. Returns nil if it was changed, or sealed for another place or
    /// with a key that is not in CREDENTIALS_KEY.
    public func open(_ stored: [UInt8], boundTo place: [UInt8]) -> [UInt8]? {
        // Earlier builds kept white space around the id.
        guard let id = Self.keyID(of: stored), let key = keys.first(where: { $0.id == id.trimmed }) else { return nil }
        return key.cipher.open(Array(stored.dropFirst(id.utf8.count + 1)), authenticating: place)
    }

    /// The id of the key that seals.
    public var keyID: String { keys.first?.id ?? "" }

    /// Returns the id of the key that sealed a message. Returns nil if the bytes don't begin with an id.
    static func keyID(of stored: [UInt8]) -> String? {
        guard let length = stored.first.map(Int.init), length > 0, stored.count > length else { return nil }
        let bytes = stored.dropFirst().prefix(length)
        return String(validating: bytes, as: UTF8.self)
    }
}

/// The integration to which credentials are bound.
public struct IntegrationKey: Sendable {
    let workspaceID: Identifier
    let integrationID: Identifier
    let platform: Platform

    public init(workspaceID: Identifier, integrationID: Identifier, platform: Platform) {
        self.workspaceID = workspaceID
        self.integrationID = integrationID
        self.platform = platform
    }

    var bytes: [UInt8] { Array("\(workspaceID)/\(integrationID)/\(platform.rawValue)".utf8) }
}

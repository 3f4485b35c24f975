import Base
import Crypto
import Store

/// What encrypts integrations' credentials: AES-256-GCM with a key of the function's, bound to the integration, so that
/// credentials which are moved to another row don't open there.
///
/// CREDENTIALS_KEY holds one key or several, each `ID:BASE64` of 32 bytes, separated by commas: the first seals, all
/// open, so that keys can rotate. A sealed text begins with the length of the key's id and the id.
public struct CredentialSeal: Sendable {
    private let keys: [(id: String, cipher: AESGCM)]

    /// The seal that the variables name.
    public init(_ environment: Environment) throws(EnvironmentError) {
        guard let text = environment["CREDENTIALS_KEY"] else {
            throw EnvironmentError("CREDENTIALS_KEY is not set")
        }
        keys = try text.split(separator: ",").map { entry throws(EnvironmentError) in
            let parts = entry.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, (1...32).contains(parts[0].utf8.count),
                let cipher = Base64.standard.decode(parts[1]).flatMap(AESGCM.init)
            else { throw EnvironmentError("CREDENTIALS_KEY is not a list of ID:BASE64 with keys of 32 bytes") }
            return (id: String(parts[0]), cipher: cipher)
        }
        guard !keys.isEmpty else { throw EnvironmentError("CREDENTIALS_KEY holds no key") }
    }

    /// Credentials as they are stored for an integration. Throws when the system has no randomness.
    public func seal(_ credentials: Credentials, for integration: IntegrationKey) throws -> [UInt8] {
        try seal(
            JSONWriter.bytes(JSON.object(credentials.all.mapValues(JSON.string))), boundTo: integration.bytes)
    }

    /// A message as it is stored in one place: it opens only there. Throws when the system has no randomness.
    public func seal(_ message: [UInt8], boundTo place: [UInt8]) throws -> [UInt8] {
        guard let key = keys.first, let sealed = key.cipher.seal(message, authenticating: place) else {
            throw EnvironmentError("the system gives no random bytes")
        }
        return [UInt8(clamping: key.id.utf8.count)] + Array(key.id.utf8) + sealed
    }

    /// The credentials that were stored for an integration; nil when they were sealed for another, or by no key that we
    /// have.
    public func open(_ stored: [UInt8], for integration: IntegrationKey) -> Credentials? {
        guard let values = open(stored, boundTo: integration.bytes).flatMap({ try? JSON(parsing: $0) })?.object
        else { return nil }
        return Credentials(stored: values.compactMapValues(\.string))
    }

    /// The message that was stored in a place; nil when it was sealed for another, or by no key that we have.
    public func open(_ stored: [UInt8], boundTo place: [UInt8]) -> [UInt8]? {
        guard let length = stored.first.map(Int.init), length > 0, stored.count > length else { return nil }
        let id = String(decoding: stored.dropFirst().prefix(length), as: UTF8.self)
        guard let key = keys.first(where: { $0.id == id }) else { return nil }
        return key.cipher.open(Array(stored.dropFirst(length + 1)), authenticating: place)
    }
}

extension ConnectorError {
    /// The stored credentials can't be opened. The keys of the server are wrong, not the customer's credentials, so it is
    /// tried again by itself.
    public static let unopenedCredentials = ConnectorError.provider(
        "The stored credentials can't be opened with this server's keys. Its operator must check CREDENTIALS_KEY.")
}

/// What credentials are bound to.
public struct IntegrationKey: Sendable {
    let workspaceID: Identifier
    let integrationID: Identifier
    let platform: Platform

    /// The integration of a platform in a workspace.
    public init(workspaceID: Identifier, integrationID: Identifier, platform: Platform) {
        self.workspaceID = workspaceID
        self.integrationID = integrationID
        self.platform = platform
    }

    var bytes: [UInt8] { Array("\(workspaceID)/\(integrationID)/\(platform.rawValue)".utf8) }
}

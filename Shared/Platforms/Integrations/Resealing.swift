public import Auth
import Base
import Store

// Rotation of keys. The new key is added in front of the old one in CREDENTIALS_KEY, on every machine. From then on the
// new key encrypts, and both keys decrypt. Then all data that the old key encrypted is encrypted again, one workspace
// after the other, while the product keeps running. After that the old key is no longer needed. An interrupted run
// leaves each workspace either unchanged or done, and the next run does the rest.
//
// The old key may be removed only if everything can be opened without it. So data counts as sealed with the first key
// only if that key opens it: the id in front of the data alone proves nothing, because another key may have the same id,
// and the data may be damaged.

/// The result of sealing the data of a workspace again.
public struct Resealing: Sendable, Equatable {
    /// The number of credentials and of actions' secrets that were sealed again.
    public var resealed: Int
    /// The number of credentials and secrets that the first key had sealed already.
    public var current: Int
    /// The names of the data that could not be opened: `integration ID` and `action ID`.
    public var unopened: [String]

    /// Creates a result with these numbers.
    public init(resealed: Int = 0, current: Int = 0, unopened: [String] = []) {
        self.resealed = resealed
        self.current = current
        self.unopened = unopened
    }

    /// Counts a sealed message, and returns it sealed with the first key of `seal`. Returns nil if it already is, or if
    /// no key opens it, in which case `name` is added to `unopened`.
    ///
    /// - Throws: `EnvironmentError` if the system provides no random bytes.
    public mutating func add(
        _ stored: [UInt8], boundTo place: [UInt8], named name: String, with seal: CredentialSeal
    ) throws -> [UInt8]? {
        guard let message = seal.open(stored, boundTo: place) else {
            unopened.append(name)
            return nil
        }
        guard CredentialSeal.keyID(of: stored) != seal.keyID else {
            current += 1
            return nil
        }
        resealed += 1
        return try seal.seal(message, boundTo: place)
    }
}

extension Workspace {
    /// Seals the integrations' credentials again with the first key of `seal`, if they were sealed with another key.
    @_spi(System) public func resealIntegrations(_ seal: CredentialSeal, _ resealing: inout Resealing) throws {
        let stored = try rows(
            "SELECT id, platform, credentials FROM integrations WHERE workspace_id = $1 AND credentials IS NOT NULL"
        ) { row in (id: try row[0] as Identifier, platform: try row[1] as String, sealed: try row[2] as [UInt8]) }
        for one in stored {
            let name = "integration \(one.id)"
            guard let platform = Platform(rawValue: one.platform) else {
                resealing.unopened.append(name)
                continue
            }
            let key = IntegrationKey(workspaceID: id, integrationID: one.id, platform: platform)
            guard let sealed = try resealing.add(one.sealed, boundTo: key.bytes, named: name, with: seal) else {
                continue
            }
            try execute(
                "UPDATE integrations SET credentials = $3 WHERE workspace_id = $1 AND id = $2", one.id, sealed)
        }
    }
}

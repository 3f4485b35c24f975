public import Auth
import Base
import Store

// Rotation of keys. The new key is added in front of the old one in CREDENTIALS_KEY, on every machine. From then on the
// new key encrypts, and both keys decrypt. Then all data that the old key encrypted is encrypted again, one workspace
// after the other, while the product keeps running. After that the old key is no longer needed. An interrupted run
// leaves each workspace either unchanged or done, and the next run does the rest.

/// The result for the sealed data of a workspace.
public struct Resealing: Sendable, Equatable {
    /// The number of credentials and of actions' secrets that were sealed again.
    public var resealed: Int
    /// The number of credentials and secrets that were already sealed with the first key.
    public var current: Int
    /// The data that no key decrypts: `integration ID` and `action ID`.
    public var unopened: [String]

    /// Creates a result with these numbers.
    public init(resealed: Int = 0, current: Int = 0, unopened: [String] = []) {
        self.resealed = resealed
        self.current = current
        self.unopened = unopened
    }
}

extension Workspace {
    /// Seals the integrations' credentials again with the first key of `seal`, if they were sealed with another key.
    @_spi(System) public func resealIntegrations(_ seal: CredentialSeal, _ resealing: inout Resealing) throws {
        let stored = try rows(
            "SELECT id, platform, credentials FROM integrations WHERE workspace_id = $1 AND credentials IS NOT NULL"
        ) { row in (id: try row[0] as Identifier, platform: try row[1] as String, sealed: try row[2] as [UInt8]) }
        for one in stored {
            guard CredentialSeal.keyID(of: one.sealed) != seal.keyID else {
                resealing.current += 1
                continue
            }
            guard let platform = Platform(rawValue: one.platform),
                let sealed = try seal.resealed(
                    one.sealed, for: IntegrationKey(workspaceID: id, integrationID: one.id, platform: platform))
            else {
                resealing.unopened.append("integration \(one.id)")
                continue
            }
            try execute(
                "UPDATE integrations SET credentials = $3 WHERE workspace_id = $1 AND id = $2", one.id, sealed)
            resealing.resealed += 1
        }
    }
}

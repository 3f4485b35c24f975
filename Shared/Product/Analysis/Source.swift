public import Auth
import Base
import Integrations
import Store

/// A kind of platform of which one must be connected and have synced before a rule's results mean anything.
public enum Source: Hashable, Sendable {
    /// An identity provider.
    case identityProvider
    /// A platform other than an identity provider, on which people have accounts.
    case applications
    /// A platform of a category, such as `hr`, `mdm` or `edr`.
    case category(String)
    /// A platform that reports devices: device management or endpoint detection.
    case devices
    /// A platform that reports the state of devices, such as encryption and compliance: device management, or an
    /// identity provider that manages devices too.
    case deviceManagement
    /// One platform, such as `aws`.
    case platform(String)
    /// One of several platforms, any of which reports what the rule looks for.
    case oneOf([String])

    /// The identity providers that report the state of devices.
    static let managingProviders = ["google_workspace", "jumpcloud", "okta"]
}

extension Source: CustomStringConvertible {
    /// The missing platform in a few words, for a need that is not met.
    public var description: String {
        switch self {
        case .identityProvider: "an identity provider"
        case .applications: "a platform other than the identity providers"
        case .category("hr"): "an HR system"
        case .category(let category): "a platform of the category \(category)"
        case .devices: "device management or endpoint detection"
        case .deviceManagement: "device management"
        case .platform(let platform): PlatformNames.name(platform)
        case .oneOf(let platforms):
            "a platform that reports this (" + platforms.map(PlatformNames.name).joined(separator: ", ") + ")"
        }
    }
}

/// The platforms that are connected and have synced.
public struct ConnectedSources: Sendable {
    struct Integration: Sendable {
        let platform: String
        let category: String
        let isIdentityProvider: Bool
        let lastSyncAt: Timestamp
    }

    let integrations: [Integration]

    /// Returns the first of a rule's needs that is not met; nil if the rule can run.
    public func missing(for rule: Rule) -> Source? { rule.needs.first { platforms(for: $0).isEmpty } }

    /// The time of the latest successful sync of any of these platforms; nil if there are none.
    var lastSyncedAt: Timestamp? { integrations.map(\.lastSyncAt).max() }

    /// The time of the latest successful sync of each platform.
    var lastSyncs: [String: Timestamp] {
        Dictionary(integrations.map { ($0.platform, $0.lastSyncAt) }) { $1 }
    }

    /// Returns the platforms to which a rule's findings are attributed if the query's rows do not name any.
    func platforms(for rule: Rule) -> [String] { Array(Set(rule.needs.flatMap(platforms))).sorted() }

    private func platforms(for source: Source) -> [String] {
        integrations.filter { integration in
            switch source {
            case .identityProvider: integration.isIdentityProvider
            case .applications: !integration.isIdentityProvider && integration.category != "hr"
            case .category(let category): integration.category == category
            case .devices: ["mdm", "edr"].contains(integration.category)
            case .deviceManagement:
                integration.category == "mdm" || Source.managingProviders.contains(integration.platform)
            case .platform(let platform): integration.platform == platform
            case .oneOf(let platforms): platforms.contains(integration.platform)
            }
        }.map(\.platform)
    }
}

extension Workspace {
    /// Returns the platforms that are connected and have synced.
    public func connectedSources() throws -> ConnectedSources {
        ConnectedSources(
            integrations: try rows(
                """
                SELECT platform, category, idp_role, last_sync_at FROM integrations
                WHERE workspace_id = $1 AND status = 'connected' AND last_sync_at IS NOT NULL ORDER BY platform
                """
            ) { row in
                ConnectedSources.Integration(
                    platform: try row[0], category: try row[1], isIdentityProvider: !row.isNull(2),
                    lastSyncAt: try row[3])
            })
    }
}

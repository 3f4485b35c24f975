import Integrations

/// A platform that must be connected and have synced before a rule's results mean anything.
public enum Source: Hashable, Sendable {
    /// An identity provider.
    case identityProvider
    /// A platform with people's accounts, other than an identity provider.
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

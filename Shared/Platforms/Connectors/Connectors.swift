import Integrations

/// The list of all connectors.
public enum Connectors {
    /// The connectors of the platforms with data to sync.
    public static var all: [any Connector.Type] {
        [
            Okta.self,
            GoogleWorkspace.self,
            Entra.self,
            Intune.self,
            GitHub.self,
            AWS.self,
            JumpCloud.self,
            OneLogin.self,
            Jira.self,
            Slack.self,
            GitLab.self,
            CrowdStrike.self,
            JamfPro.self,
            Zoom.self,
            BambooHR.self,
        ]
    }

    /// The connectors of all platforms that can be connected, including the webhook.
    static var connectable: [any Connector.Type] { all + [Outbound.self] }

    /// Returns the type of a platform's connector; nil if no connector serves a platform with this identifier.
    public static func of(_ platform: String) -> (any Connector.Type)? {
        connectable.first { $0.platform.rawValue == platform }
    }
}

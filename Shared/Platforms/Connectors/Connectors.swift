import Integrations

/// The list of all connectors.
public enum Connectors {
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
        ]
    }

    /// Returns the type of a platform's connector; nil if no connector serves a platform with this identifier.
    public static func of(_ platform: String) -> (any Connector.Type)? {
        all.first { $0.platform.rawValue == platform }
    }
}

/// The platforms' connectors.
public enum Connectors {
    /// All of them.
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

    /// The connector of a platform; nil when it can't be connected.
    public static func of(_ platform: String) -> (any Connector.Type)? {
        all.first { $0.platform.rawValue == platform }
    }
}

import Base

/// A platform that can be connected.
public enum Platform: String, CaseIterable, Sendable {
    case okta
    case googleWorkspace = "google_workspace"
    case microsoftEntra = "microsoft_entra"
    case microsoftIntune = "microsoft_intune"
    case github
    case gitlab
    case aws
    case slack
    case crowdStrike = "crowdstrike"
    case jira
    case jamfPro = "jamf_pro"
    case jumpCloud = "jumpcloud"
    case oneLogin = "onelogin"
    case zoom

    /// Its name, as it writes it itself.
    public var name: String {
        switch self {
        case .okta: "Okta"
        case .googleWorkspace: "Google Workspace"
        case .microsoftEntra: "Microsoft Entra ID"
        case .microsoftIntune: "Microsoft Intune"
        case .github: "GitHub"
        case .gitlab: "GitLab"
        case .aws: "AWS"
        case .slack: "Slack"
        case .crowdStrike: "CrowdStrike"
        case .jira: "Jira"
        case .jamfPro: "Jamf Pro"
        case .jumpCloud: "JumpCloud"
        case .oneLogin: "OneLogin"
        case .zoom: "Zoom"
        }
    }

    /// How late an event may come into the platform's log, in seconds: each sync asks again for so much of what the
    /// last one has asked for already.
    ///
    /// Google (support.google.com/a/answer/7061566) says minutes for most logs and hours for some, and that a few
    /// events take longer. Microsoft's risk levels come up to two hours after the sign-in
    /// (learn.microsoft.com/entra/identity/monitoring-health/reference-log-latency). The others promise an hour or
    /// less, such as CloudTrail's five minutes on average, or nothing.
    public var eventDelay: Int {
        switch self {
        case .googleWorkspace: .hours(12)
        case .microsoftEntra: .hours(3)
        default: .hours(1)
        }
    }

    /// What it is for, as the API names it.
    public var category: String {
        switch self {
        case .okta, .googleWorkspace, .microsoftEntra, .jumpCloud, .oneLogin: "idp"
        case .microsoftIntune, .jamfPro: "mdm"
        case .crowdStrike: "edr"
        case .jira: "itsm"
        case .slack, .zoom: "communication"
        case .github, .gitlab: "developer"
        case .aws: "cloud"
        }
    }
}

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
    case bambooHR = "bamboohr"
    /// The customer's own server, to which the product sends events. It has no data to sync.
    case outbound

    /// The platforms with data to sync.
    public static let synced = allCases.filter(\.isSynced)

    /// True if the platform has data to sync.
    public var isSynced: Bool { self != .outbound }

    /// The name, as the platform's provider writes it.
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
        case .bambooHR: "BambooHR"
        case .outbound: "Outbound webhook"
        }
    }

    /// The delay, in seconds, with which almost all events appear in the platform's log. Each sync reads the last part
    /// of the previous sync's period once more, as long as this delay.
    ///
    /// Google (support.google.com/a/answer/7061566) states minutes for most logs and hours for some, and says that a
    /// few events take longer. Microsoft's risk levels arrive up to two hours after the sign-in
    /// (learn.microsoft.com/entra/identity/monitoring-health/reference-log-latency). The others state an hour or less,
    /// such as CloudTrail's five minutes on average, or nothing.
    public var eventDelay: Int {
        switch self {
        case .googleWorkspace: .hours(12)
        case .microsoftEntra: .hours(3)
        default: .hours(1)
        }
    }

    /// The platform's category, as the API names it.
    public var category: String {
        switch self {
        case .okta, .googleWorkspace, .microsoftEntra, .jumpCloud, .oneLogin: "idp"
        case .microsoftIntune, .jamfPro: "mdm"
        case .crowdStrike: "edr"
        case .jira: "itsm"
        case .slack, .zoom: "communication"
        case .github, .gitlab: "developer"
        case .aws: "cloud"
        case .bambooHR: "hr"
        case .outbound: "outbound"
        }
    }
}

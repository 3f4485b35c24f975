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

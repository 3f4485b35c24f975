/// The platforms that the company has connected, in the order of their connection.
enum Platform: String, CaseIterable {
    case okta
    case googleWorkspace = "google_workspace"
    case bambooHR = "bamboohr"
    case github
    case slack
    case jira
    case aws
    case crowdStrike = "crowdstrike"
    case zoom
    case jamfPro = "jamf_pro"

    var name: String {
        switch self {
        case .okta: "Okta"
        case .googleWorkspace: "Google Workspace"
        case .bambooHR: "BambooHR"
        case .github: "GitHub"
        case .slack: "Slack"
        case .jira: "Jira"
        case .aws: "AWS"
        case .crowdStrike: "CrowdStrike"
        case .zoom: "Zoom"
        case .jamfPro: "Jamf Pro"
        }
    }

    var category: String {
        switch self {
        case .okta, .googleWorkspace: "idp"
        case .bambooHR: "hr"
        case .github: "developer"
        case .slack, .zoom: "communication"
        case .jira: "itsm"
        case .aws: "cloud"
        case .crowdStrike: "edr"
        case .jamfPro: "mdm"
        }
    }

    /// The role among the identity providers; nil for other platforms.
    var idpRole: String? {
        switch self {
        case .okta: "primary_idp"
        case .googleWorkspace: "directory"
        default: nil
        }
    }

    /// The status of the integration. Zoom was paused, and Jamf Pro's credentials failed during its first sync.
    var status: String {
        switch self {
        case .zoom: "paused"
        case .jamfPro: "error"
        default: "connected"
        }
    }
}

import Integrations

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

    var name: String { PlatformNames.name(rawValue) }

    /// The category of the platform.
    var category: String { Integrations.Platform(rawValue: rawValue)?.category ?? "" }

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

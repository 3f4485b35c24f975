public import Integrations

/// The permission to act without a person: the workspace's setting `remediation_settings.tiers`, by action type.
public enum Tier: String, CaseIterable, Sendable {
    /// The action runs at once.
    case autoExecute = "auto_execute"
    /// The action runs at once, unless the finding is high or critical. In that case a person approves it.
    case autoQueue = "auto_queue"
    /// A person always approves the action.
    case never

    /// Returns the tier for a workspace without a setting.
    public static func standard(_ action: ActionType) -> Tier {
        switch action {
        case .createTicket, .notifyUser, .syncDevice, .sanctionApp: .autoExecute
        case .retireDevice, .deactivateUser, .lockDevice: .never
        default: .autoQueue
        }
    }
}

public import Integrations

/// The rule for requests of programs (API keys) that decides if a person must approve an action: the workspace's
/// setting `remediation_settings.tiers`, by action type. On a plan without automatic remediation, a person must always
/// approve.
public enum Tier: String, CaseIterable, Sendable {
    /// The action runs at once.
    case autoExecute = "auto_execute"
    /// The action runs at once, unless a finding about its records is high or critical. In that case a person must
    /// approve it.
    case autoQueue = "auto_queue"
    /// A person must always approve the action.
    case never

    /// Returns the tier of an action if the workspace has no setting for it.
    public static func standard(_ action: ActionType) -> Tier {
        switch action {
        case .createTicket, .notifyUser, .syncDevice, .sanctionApp: .autoExecute
        case .retireDevice, .deactivateUser, .lockDevice: .never
        default: .autoQueue
        }
    }
}

public import Auth
import Base
public import Integrations
import Store

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

/// The tiers of a workspace. A setting that can't be understood leaves nothing to programs.
public struct Tiers: Sendable {
    private let setting: JSON?

    fileprivate init(_ settings: JSON?) { setting = settings?["tiers"] }

    /// Returns the tier of an action.
    public func tier(of action: ActionType) -> Tier {
        guard let setting else { return .standard(action) }
        guard let named = setting.object else { return .never }
        guard let tier = named[action.rawValue] else { return .standard(action) }
        return tier.string.flatMap(Tier.init) ?? .never
    }
}

extension Workspace {
    /// Returns the workspace's tiers.
    public func tiers() throws -> Tiers {
        Tiers(
            try first("SELECT remediation_settings FROM workspaces WHERE workspaces.id = $1") { try $0[0] as JSON })
    }
}

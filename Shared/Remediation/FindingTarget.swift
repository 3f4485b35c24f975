import Base
import Findings

/// The target of an action.
struct RemediationTarget {
    /// The first platform from which the finding comes, unless the entity names its own.
    let platform: String
    let entityID: String
}

/// The parts of a finding that an action about it needs.
struct RemediableFinding {
    let title: String
    /// The action that the finding's rule recommends.
    let actionType: ActionType?
    /// The lists of affected entities, by kind.
    let affectedEntities: JSON
    /// The platforms whose data showed the problem.
    let sourceIntegrations: JSON
    /// The entities that the finding is about.
    let linked: [EntityType: Identifier]
    let severity: Severity

    /// Returns the target for an action: the entity that the finding is about, or else the only entity of a kind in its
    /// lists. Returns nil if there is none, or if there are several, since none may be chosen by chance.
    func target(of action: ActionType, in workspaceID: Identifier) -> RemediationTarget? {
        for kind in action.targets {
            guard let id = linked[kind]?.description else { continue }
            let entity = listed(kind).first { $0["id"]?.string == id }
            return RemediationTarget(platform: platform(of: entity), entityID: id)
        }
        for kind in action.targets {
            let entities = listed(kind)
            guard entities.count == 1, let id = entities[0]["id"]?.string ?? entities[0]["name"]?.string else {
                continue
            }
            return RemediationTarget(platform: platform(of: entities[0]), entityID: id)
        }
        guard action.targets.contains(.workspace) else { return nil }
        return RemediationTarget(platform: platform(of: nil), entityID: workspaceID.description)
    }

    /// Returns an entity's platform, or else the finding's. A finding without one comes from the product itself.
    private func platform(of entity: JSON?) -> String {
        entity?["platform"]?.string ?? sourceIntegrations.array?.first?.string ?? "thalian"
    }

    private func listed(_ kind: EntityType) -> [JSON] {
        func list(_ name: String) -> [JSON] { affectedEntities[name]?.array ?? [] }
        return switch kind {
        // An account that belongs to no known person has no identity.
        case .identity: list("identities") + list("accounts")
        case .application: list("applications")
        case .device: list("devices")
        case .integration: list("integrations")
        case .workspace: []
        }
    }
}

extension ActionType {
    /// The kinds of entities on which it can act, the likeliest first.
    var targets: [EntityType] {
        switch self {
        case .suspendUser, .unsuspendUser, .forcePasswordChange, .forceMFAEnroll, .revokeSessions, .revokeAllTokens,
            .deactivateUser, .offboardUser, .removeAdminRole, .removeFromGroup:
            [.identity]
        case .revokeOAuthToken, .revokeLicense: [.identity, .application]
        case .rotateCredentials: [.identity, .integration]
        case .sanctionApp, .blockApp, .flagApp: [.application]
        case .syncDevice, .lockDevice, .retireDevice, .containHost, .liftContainment: [.device]
        case .notifyUser: [.identity, .application, .device]
        case .createAccessReview: [.application, .identity, .integration, .workspace]
        case .createTicket: [.device, .application, .identity, .integration, .workspace]
        }
    }
}

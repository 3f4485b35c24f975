import Base
import Findings

/// What an action acts on.
struct RemediationTarget {
    /// The platform that the finding comes from first; an entity may name its own.
    let platform: String
    let entityID: String
}

/// A finding, as far as an action about it must know it.
struct RemediableFinding {
    let title: String
    /// The action that its rule recommends.
    let actionType: ActionType?
    /// Lists of entities by kind.
    let affectedEntities: JSON
    /// The platforms whose data showed it.
    let sourceIntegrations: JSON
    /// What it is about.
    let linked: [EntityType: Identifier]
    let severity: Severity

    /// What an action of this type acts on: what the finding is about, or else the only entity of a kind that it lists.
    /// Nil when that leaves none; also when it leaves several, of which none may be picked by chance.
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

    /// A finding that no platform's data shows is the product's own.
    private func platform(of entity: JSON?) -> String {
        entity?["platform"]?.string ?? sourceIntegrations.array?.first?.string ?? "thalian"
    }

    private func listed(_ kind: EntityType) -> [JSON] {
        func list(_ name: String) -> [JSON] { affectedEntities[name]?.array ?? [] }
        return switch kind {
        // An account of nobody whom the workspace knows has no identity.
        case .identity: list("identities") + list("accounts")
        case .application: list("applications")
        case .device: list("devices")
        case .integration: list("integrations")
        case .workspace: []
        }
    }
}

extension ActionType {
    /// The kinds of entity that it can act on, the likeliest first.
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

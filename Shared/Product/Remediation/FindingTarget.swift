import Base
import Findings
import Integrations

/// The target of an action about a finding.
struct RemediationTarget {
    /// The platform that the entity names, or else the first one from which the finding comes, or else the product
    /// itself.
    let platform: String
    let entityID: String
}

/// The parts of a finding that an action about it needs.
typealias RemediableFinding = HeldFinding

extension HeldFinding {
    /// Returns the target for an action: the entity that the finding is about, or else the only entity of a kind in its
    /// lists. If there is none, or if there are several, of which none may be chosen by chance, returns the workspace
    /// if the action can act on it, and otherwise nil.
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
        let lists: [AffectedEntities] =
            switch kind {
            // An account that belongs to no known person has no identity.
            case .identity: [.identities, .accounts]
            case .application: [.applications]
            case .device: [.devices]
            case .integration: [.integrations]
            case .workspace: []
            }
        return lists.flatMap { $0.list(in: affectedEntities) }
    }
}

extension ActionType {
    /// The kinds of entities on which the action can act, in the order in which a finding's are tried.
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

import Base
import Findings
import Integrations

/// The target of an action about a finding.
struct RemediationTarget {
    /// The platforms that the finding is about, at least one: the one that the entity names, or else those of the
    /// listed accounts of a person, or else those from which the finding comes, or else the product itself.
    let platforms: [String]
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
            return RemediationTarget(platforms: platforms(of: entity, kind), entityID: id)
        }
        for kind in action.targets {
            let entities = listed(kind)
            guard entities.count == 1, let id = entities[0]["id"]?.string ?? entities[0]["name"]?.string else {
                continue
            }
            return RemediationTarget(platforms: platforms(of: entities[0], kind), entityID: id)
        }
        guard action.targets.contains(.workspace) else { return nil }
        return RemediationTarget(platforms: platforms(of: nil, .workspace), entityID: workspaceID.description)
    }

    private func platforms(of entity: JSON?, _ kind: EntityType) -> [String] {
        if let platform = entity?["platform"]?.string { return [platform] }
        let accounts = kind == .identity ? AffectedEntities.accounts.list(in: affectedEntities) : []
        let named = accounts.compactMap { $0["platform"]?.string }
        let all = named.isEmpty ? sourceIntegrations.array?.compactMap(\.string) ?? [] : named
        let unique = all.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        return unique.isEmpty ? [Remediation.itself] : unique
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
    /// True if the action changes only the account on which it acts, such as its second factor or its roles. On a
    /// platform that a finding is not about, it would change another account of the person and not mend the problem.
    var mendsOneAccount: Bool {
        switch self {
        case .forcePasswordChange, .forceMFAEnroll, .removeAdminRole, .removeFromGroup, .revokeLicense,
            .revokeOAuthToken, .revokeAllTokens, .rotateCredentials:
            true
        default: false
        }
    }

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

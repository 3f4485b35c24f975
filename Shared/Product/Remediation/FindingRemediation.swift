public import Actions
public import Auth
public import Base
import Findings
public import Integrations
import Store

/// An action that was requested about a finding.
public struct RemediationRequest: Described {
    /// The action.
    public let action: RemediationAction
    let findingID: Identifier
    let actionType: ActionType

    public static var schema: JSONSchema {
        .object(
            .field("action_id", .uuid, "The action's id."),
            .field("finding_id", .uuid, "The finding's id."),
            .field("action_type", .oneOf(ActionType.self), "The action."),
            .field("status", .oneOf(RemediationAction.Status.self), "The status of the action."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("action_id", action.id)
            json.field("finding_id", findingID)
            json.field("action_type", actionType.rawValue)
            json.field("status", action.status.rawValue)
        }
    }
}

extension Remediation {
    /// Requests an action about a finding: the given type, or the one that the finding recommends. The action's target
    /// is the finding's subject, or else the only entity of a suitable kind in its lists. The action is for the first
    /// of the platforms that the finding is about that can do it and has the target. If none of them can do it, and the
    /// action does not change a single account, the action is for the first connected platform that can do it and has
    /// the target.
    ///
    /// - Throws: `FindingError` if the workspace has no such finding, or if it is neither open nor in progress.
    ///   `RemediationError` if the finding recommends no action or has no single target, if an action of the type is
    ///   already pending for it, if the plan does not include the action, or if no connected platform can carry it out
    ///   or has the target. `IntegrationError` if the finding's platform could do it, but is not connected.
    public func request(
        of findingID: Identifier, by chosen: ActionType?, reason: String?, in workspace: Workspace,
        now: Timestamp = .now
    ) throws -> RemediationRequest {
        try workspace.audited {
            let finding = try workspace.remediableFinding(findingID)
            guard let type = chosen ?? finding.actionType else {
                throw RemediationError.noRecommendedAction
            }
            try workspace.demandPlan(for: type)
            guard let target = finding.target(of: type, in: workspace.id) else {
                throw RemediationError.noTargetInFinding(type)
            }
            guard try !workspace.isActionWaiting(type, for: findingID) else {
                throw RemediationError.alreadyWaiting(type, for: "finding")
            }
            var (request, resolution) = try self.request(type, on: target, in: workspace)
            request.findingID = findingID
            request.reason = reason
            let (action, entry) = try queue(request, resolution, finding, in: workspace, now: now)
            return (RemediationRequest(action: action, findingID: findingID, actionType: type), entry)
        }
    }

    /// Returns the action on the platform for it, as `request(of:by:reason:in:)` says. A platform that needs a
    /// parameter for the action can't do it here, where none can be given.
    private func request(
        _ type: ActionType, on target: RemediationTarget, in workspace: Workspace
    ) throws -> (ActionRequest, Resolution) {
        var tried: [String] = []
        var unconnected: IntegrationError?
        func first(of platforms: [String]) throws -> (ActionRequest, Resolution)? {
            for platform in platforms where canAlone(type, on: platform) {
                let request = ActionRequest(type, on: platform, entityID: target.entityID)
                do {
                    return (request, try resolve(request, in: workspace))
                } catch let error as RemediationError where error.kind == .notFound {
                    tried.append(platform)
                } catch let error as RemediationError where error.kind == .invalid {
                    // The error's own sentence is about targetEntityId or extraParams, which this request does not
                    // have.
                    throw error.isAmbiguousTarget
                        ? RemediationError.ambiguousPerson(on: platform) : missingParameters(type, on: platform)
                } catch let error as IntegrationError {
                    unconnected = unconnected ?? error
                }
            }
            return nil
        }
        if let found = try first(of: target.platforms) { return found }
        if tried.isEmpty, let unconnected { throw unconnected }
        if tried.isEmpty, !type.mendsOneAccount, let found = try first(of: workspace.connectedPlatforms()) {
            return found
        }
        guard tried.isEmpty else { throw RemediationError.unknownFindingTarget(type, on: tried) }
        if let platform = target.platforms.first(where: { can(type, on: $0) }) {
            throw missingParameters(type, on: platform)
        }
        throw type.mendsOneAccount
            ? RemediationError.impossible(type, forFindingOn: target.platforms)
            : refusal(of: type, on: target.platforms.first ?? Self.itself)
    }

    private func missingParameters(_ type: ActionType, on platform: String) -> RemediationError {
        let names = declared(type, on: platform).filter(\.isRequired).map(\.name)
        return .needsParameters(names, for: type, on: platform)
    }
}

extension Workspace {
    /// Returns a finding that is open or in progress, and holds its row until the transaction ends. So no one can
    /// decide about the finding in the meantime, and of two requests about it, the second sees the action of the first.
    /// - Throws: `FindingError` if the workspace has no such finding, or if it is neither open nor in progress.
    func remediableFinding(_ findingID: Identifier) throws -> RemediableFinding {
        try holdFinding(findingID, toBe: "remediated")
    }
}

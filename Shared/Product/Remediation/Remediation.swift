public import Base
public import Connectors
import Findings
public import Integrations

/// The actions that mend problems: they are requested, approved if needed, carried out by jobs, and recorded.
public struct Remediation {
    let environment: Environment
    let connectors: [any Connector.Type]

    /// Creates remediation with these connectors. `environment` contains the key that decrypts credentials.
    public init(_ environment: Environment, connectors: [any Connector.Type] = Connectors.all) {
        self.environment = environment
        self.connectors = connectors
    }

    /// The ways of carrying out an action.
    enum Means {
        /// The product decides about the application itself.
        case policy(AppPolicy.Status)
        /// The platform carries out these actions in turn.
        case connector(any Connector.Type, [ActionType])
    }

    /// The product's name as the platform of its own decisions.
    static let itself = "thalian"

    /// Returns the way of carrying out an action on a platform; nil if there is none.
    func means(of action: ActionType, on platform: String) -> Means? {
        let connector = connectors.first { $0.platform.rawValue == platform }
        if let steps = connector.flatMap({ Self.steps(of: action, by: $0) }), let connector {
            return .connector(connector, steps)
        }
        let hasApplications = platform == Self.itself || Platform(rawValue: platform)?.isSynced == true
        guard let decision = action.decision, hasApplications else { return nil }
        return .policy(decision)
    }

    /// Returns true if an action can be carried out on a platform.
    public func can(_ action: ActionType, on platform: String) -> Bool { means(of: action, on: platform) != nil }

    /// Returns the parameters that an action takes on a platform. The product's own decisions take none.
    func declared(_ action: ActionType, on platform: String) -> [ActionParameter] {
        connectors.first { $0.platform.rawValue == platform }?.parameters[action] ?? []
    }

    /// Returns true if an action can be carried out on a platform without any parameter. A parameter that names a key
    /// does not count, since the target may be the key itself.
    public func canAlone(_ action: ActionType, on platform: String) -> Bool {
        can(action, on: platform)
            && declared(action, on: platform).allSatisfy { parameter in
                if case .key = parameter.kind { return true }
                return !parameter.isRequired
            }
    }

    /// Returns the error for an action that a platform can't do. It names the platforms that can.
    func refusal(of action: ActionType, on platform: String) -> RemediationError {
        let able = connectors.filter { Self.steps(of: action, by: $0) != nil }.map { $0.platform.rawValue }.sorted()
        let subject = Platform(rawValue: platform)?.rawValue ?? (platform == Self.itself ? platform : nil)
        let problem = subject.map { "\($0) can't do \(action.rawValue)." } ?? "targetPlatform is not known."
        let advice = able.isEmpty ? "No platform can do it." : "These platforms can: \(able.joined(separator: ", "))."
        return .impossible("\(problem) \(advice)")
    }

    /// Returns the actions of the platform that together carry out an action; nil if the platform can't do it.
    /// Offboarding consists of suspending, ending sessions and revoking tokens, as far as the platform can do these.
    private static func steps(of action: ActionType, by connector: any Connector.Type) -> [ActionType]? {
        if connector.actions.contains(action) { return [action] }
        guard action == .offboardUser, connector.actions.contains(.suspendUser) else { return nil }
        return [.suspendUser, .revokeSessions, .revokeAllTokens].filter { connector.actions.contains($0) }
    }
}

extension ActionType {
    /// The product's decision about an application that the action means; nil for all other actions. It is made if the
    /// platform can't do the action itself.
    var decision: AppPolicy.Status? {
        switch self {
        case .sanctionApp: .sanctioned
        case .flagApp: .unauthorized
        case .blockApp: .blocked
        default: nil
        }
    }
}

import Base
import Connectors
import Findings
import HTTP

/// Actions about findings: asked for, approved where that is needed, carried out by jobs, recorded.
public struct Remediation {
    let environment: Environment
    let connectors: [any Connector.Type]

    /// Remediation by these connectors; `environment` holds the key of the credentials.
    public init(_ environment: Environment, connectors: [any Connector.Type] = Connectors.all) {
        self.environment = environment
        self.connectors = connectors
    }

    /// How an action is carried out on a platform.
    enum Means {
        /// The product decides about the application itself.
        case policy(AppPolicy.Status)
        /// The platform does these in turn.
        case connector(any Connector.Type, [ActionType])
    }

    /// The product, as the platform of what it does itself.
    static let itself = "thalian"

    /// How an action is carried out on a platform; nil when that can't be done there.
    func means(of action: ActionType, on platform: String) -> Means? {
        let connector = connectors.first { $0.platform.rawValue == platform }
        if let steps = connector.flatMap({ Self.steps(of: action, by: $0) }), let connector {
            return .connector(connector, steps)
        }
        guard let decision = action.decision, platform == Self.itself || Platform(rawValue: platform) != nil else {
            return nil
        }
        return .policy(decision)
    }

    /// Whether an action can be carried out on a platform.
    public func can(_ action: ActionType, on platform: String) -> Bool { means(of: action, on: platform) != nil }

    /// The parameters that an action takes on a platform. The product's own decisions take none.
    func declared(_ action: ActionType, on platform: String) -> [ActionParameter] {
        connectors.first { $0.platform.rawValue == platform }?.parameters[action] ?? []
    }

    /// Returns true if an action can be carried out on a platform without any parameter.
    public func canAlone(_ action: ActionType, on platform: String) -> Bool {
        can(action, on: platform)
            && declared(action, on: platform).allSatisfy { parameter in
                if case .key = parameter.kind { return true }
                return !parameter.isRequired
            }
    }

    /// Why an action can't be done on a platform: which ones can.
    func refusal(of action: ActionType, on platform: String) -> HTTPError {
        let able = connectors.filter { Self.steps(of: action, by: $0) != nil }.map { $0.platform.rawValue }.sorted()
        let subject = Platform(rawValue: platform)?.rawValue ?? (platform == Self.itself ? platform : nil)
        let problem = subject.map { "\($0) can't do \(action.rawValue)." } ?? "targetPlatform is not known."
        let advice = able.isEmpty ? "No platform can do it." : "These platforms can: \(able.joined(separator: ", "))."
        return .badRequest("\(problem) \(advice)")
    }

    /// Offboarding is to suspend, to end sessions and to revoke tokens, as far as the platform can.
    private static func steps(of action: ActionType, by connector: any Connector.Type) -> [ActionType]? {
        if connector.actions.contains(action) { return [action] }
        guard action == .offboardUser, connector.actions.contains(.suspendUser) else { return nil }
        return [.suspendUser, .revokeSessions, .revokeAllTokens].filter { connector.actions.contains($0) }
    }
}

extension ActionType {
    /// What the product decides about the application, where the action is the product's own or the platform can't.
    var decision: AppPolicy.Status? {
        switch self {
        case .sanctionApp: .sanctioned
        case .flagApp: .unauthorized
        case .blockApp: .blocked
        default: nil
        }
    }
}

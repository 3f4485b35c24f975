import Base
import Findings
import Integrations
import Synchronization

@testable import Connectors

/// A provider in memory that connectors find by a name in their credentials.
final class TestProvider: Sendable {
    private static let all = Mutex<[String: TestProvider]>([:])

    let name = Identifier.random().description
    private let state = Mutex(State())

    private struct State {
        var calls: [String] = []
        var done: Set<String> = []
        var faults: [Fault] = []
        var tells = true
        var meanwhile: (@Sendable () -> Void)?
    }

    /// A fault of one call.
    struct Fault {
        let error: any Error
        /// True if the provider carries out the call despite the fault.
        var wasDone = false
        /// The action to which the fault is limited; nil for any action.
        var action: ActionType?
    }

    init() { Self.all.withLock { $0[name] = self } }

    static func named(_ name: String) -> TestProvider? { all.withLock { $0[name] } }

    /// The calls so far, in order.
    var calls: [String] { state.withLock { $0.calls } }
    /// The completed effects at the provider.
    var done: Set<String> { state.withLock { $0.done } }

    /// Makes the next call fail, or the next call of `action`.
    func fail(_ error: any Error, wasDone: Bool = false, on action: ActionType? = nil) {
        state.withLock { $0.faults.append(Fault(error: error, wasDone: wasDone, action: action)) }
    }

    /// Runs `body` during the next call.
    func meanwhile(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.meanwhile = body } }

    /// Makes the provider stop telling which calls were carried out.
    func fallSilent() { state.withLock { $0.tells = false } }

    /// Records an effect that another caller has caused.
    func note(_ call: String) { state.withLock { _ = $0.done.insert(call) } }

    func perform(_ action: ActionType, _ call: String) throws {
        let meanwhile = state.withLock { state in
            defer { state.meanwhile = nil }
            return state.meanwhile
        }
        meanwhile?()
        try state.withLock { state in
            state.calls.append(call)
            if let index = state.faults.firstIndex(where: { $0.action == nil || $0.action == action }) {
                let fault = state.faults.remove(at: index)
                if fault.wasDone { state.done.insert(call) }
                throw fault.error
            }
            state.done.insert(call)
        }
    }

    func holds(_ call: String) -> Bool? { state.withLock { $0.tells ? $0.done.contains(call) : nil } }
}

/// A connector of any platform to a provider in memory.
protocol TestConnector: Connector {
    var provider: TestProvider { get }
}

extension TestConnector {
    static var fields: [CredentialField] { [.secret("provider", "A provider of the tests.")] }
    var collections: [RecordCollection] { [] }
    func check() throws {}

    static func provider(_ credentials: Credentials) throws -> TestProvider {
        let name = credentials.secret("provider")?.reveal { $0 } ?? ""
        guard let provider = TestProvider.named(name) else { throw ConnectorError.credentials("No such provider.") }
        return provider
    }

    private func call(_ action: ActionType, _ target: ActionTarget) -> String {
        let parameters = (Self.parameters[action] ?? []).compactMap { parameter in
            let value = target.parameters[parameter] ?? target.parameters.secret(parameter)?.reveal { $0 }
            return value.map { " \(parameter.name)=\($0)" }
        }
        let finding = target.finding.map { " finding=\($0.title)" } ?? ""
        return "\(action.rawValue) \(target.externalID)\(parameters.joined())\(finding)"
    }

    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        try provider.perform(action, call(action, target))
        return ["platform": .string(Self.platform.rawValue), "external_id": .string(target.externalID)]
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? {
        provider.holds(call(action, target)).map { $0 ? .done(["platform": "told"]) : .notDone }
    }
}

struct Directory: TestConnector {
    static let platform = Platform.jumpCloud
    static let actions: Set<ActionType> = [
        .suspendUser, .revokeSessions, .revokeAllTokens, .lockDevice, .revokeOAuthToken, .deactivateUser, .syncDevice,
        .rotateCredentials, .revokeLicense,
    ]
    let provider: TestProvider
    init(_ credentials: Credentials, _ scope: ConnectorScope) throws { provider = try Self.provider(credentials) }
}

struct Tracker: TestConnector {
    static let platform = Platform.jira
    static let actions: Set<ActionType> = [.createTicket]
    static let parameters: [ActionType: [ActionParameter]] = [
        .createTicket: [.value("project_key", "the key of a project") { $0 == $0.uppercased() }] + Ticket.parameters
    ]
    let provider: TestProvider
    init(_ credentials: Credentials, _ scope: ConnectorScope) throws { provider = try Self.provider(credentials) }
}

/// A platform whose actions take parameters of every kind.
struct Vault: TestConnector {
    static let platform = Platform.gitlab
    static let actions: Set<ActionType> = [
        .rotateCredentials, .revokeOAuthToken, .retireDevice, .notifyUser, .createAccessReview,
    ]
    static let parameters: [ActionType: [ActionParameter]] = [
        .rotateCredentials: [.key("token_id", prefix: "token/", isRequired: true)],
        .revokeOAuthToken: [.grantedApplication("client_id")],
        .retireDevice: [.secret("pin", "six digits") { $0.utf8.count == 6 }],
        .notifyUser: [.text("message", 20)],
        .createAccessReview: [
            .value("group_id", "a group", isRequired: true) { $0.hasPrefix("g") }, .person("reviewer"),
        ],
    ]
    let provider: TestProvider
    init(_ credentials: Credentials, _ scope: ConnectorScope) throws { provider = try Self.provider(credentials) }
}

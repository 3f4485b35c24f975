import Base
import Connectors
import Crypto
import Integrations

/// An action's target and parameters, found among the workspace's records.
///
/// It is created when an action is requested, and again when the action is first carried out. Its `key` must be the
/// same both times, since only the first one was judged and perhaps approved. Every record that a parameter names
/// belongs to the target's integration, and a key or grant also to the target. It is judged like the target, and the
/// audit log shows it.
struct Resolution {
    /// The record that targetEntityId names.
    let named: ResolvedTarget
    /// The records on which the platform acts.
    let targets: [ResolvedTarget]
    /// The records that a parameter chose among the target's own, such as one of its keys; nil if none did.
    var chosen: [ResolvedTarget]?
    /// The records that parameters name, in the order of the declarations.
    var records: [(parameter: String, record: ResolvedTarget)] = []
    /// The parameters for the connector.
    var parameters = ActionParameters()

    /// Returns a digest of the action and its records. Two requests for an action on a platform have the same digest if
    /// they name the same records, even by different names, and give the same values other than secrets. Secrets make
    /// no difference: if a device got two PINs, it would not be known which one unlocks it.
    func key(of action: ActionType, on platform: String) -> String {
        // A decision about an application is the product's own, and applies to all applications with the name.
        let isDecision = named.recordID == nil && named.kind == .application
        var parts = [action.rawValue, isDecision ? "" : platform]
        parts += (chosen ?? [named]).map { $0.recordID?.description ?? $0.externalID }
        for (name, value) in parameters.plainValues.sorted(by: { $0.key < $1.key }) { parts += [name, value] }
        return SHA256.hexadecimal(JSONWriter.bytes(JSON.array(parts.map { .string($0.lowercased()) })))
    }

    /// All records that findings may be about.
    var all: [ResolvedTarget] { [named] + targets + records.map(\.record) }

    /// The first hundred records that parameters name, for the audit log; nil if there are none.
    var shownRecords: JSON? {
        var shown: [String: [JSON]] = [:]
        for (name, record) in records.prefix(100) {
            var members: [String: JSON] = ["external_id": .string(record.externalID)]
            members["name"] = record.label.map(JSON.string)
            shown[name, default: []].append(.object(members))
        }
        return shown.isEmpty ? nil : .object(shown.mapValues(JSON.array))
    }
}

extension TargetResolver {
    /// Returns the target and the parameters of an action.
    /// - Throws: `RemediationError` if the target or a record that a parameter names was not synced from the
    ///   integration or is not unique, or if the action does not take the parameters.
    func resolve(
        _ action: ActionType, _ given: [String: JSON], as declared: [ActionParameter]
    ) throws -> Resolution {
        let targets = try targets(of: action)
        var chosen: [ResolvedTarget]?
        var records: [(String, ResolvedTarget)] = []
        let parameters = try parameters(given, as: declared, of: action) { parameter, value in
            let found = try find(parameter, value, targets)
            records += found.map { (parameter.name, $0) }
            if parameter.kind != .person, !found.isEmpty { chosen = found }
            return found
        }
        return Resolution(
            named: targets.named, targets: chosen ?? targets.all, chosen: chosen, records: records,
            parameters: parameters)
    }

    /// Returns the parameters of an action whose targets were found in an earlier run. Only people are looked up: keys
    /// and grants are among the targets already.
    func parameters(
        _ given: [String: JSON], as declared: [ActionParameter], of action: ActionType
    ) throws -> ActionParameters {
        try parameters(given, as: declared, of: action) { parameter, value in
            guard parameter.kind == .person, let value else { return [] }
            return [try person(parameter, value)]
        }
    }

    private func parameters(
        _ given: [String: JSON], as declared: [ActionParameter], of action: ActionType,
        find: (ActionParameter, String?) throws -> [ResolvedTarget]
    ) throws -> ActionParameters {
        do {
            return try ActionParameters(given, as: declared, of: "\(action.rawValue) on \(platform)") {
                let found = try find($0, $1)
                return $0.kind == .person ? found.first?.externalID : nil
            }
        } catch let error as ActionParameterError {
            throw RemediationError.invalidParameter(error.sentence)
        }
    }

    private func find(
        _ parameter: ActionParameter, _ value: String?, _ targets: Targets
    ) throws -> [ResolvedTarget] {
        guard let value else {
            guard case .key = parameter.kind, parameter.isRequired, targets.named.kind == .account else { return [] }
            throw ActionParameterError(missing: parameter)
        }
        switch parameter.kind {
        case .value, .secret: return []
        case .person: return [try person(parameter, value)]
        case .key(let prefix):
            guard targets.named.kind == .account else {
                throw RemediationError.invalidParameter(
                    "extraParams.\(parameter.name) needs an account, but targetEntityId names something else.")
            }
            guard let key = try key(value, prefix: prefix, of: targets.named) else {
                throw notFound(parameter, "no key with this id for this account")
            }
            return [key]
        case .grantedApplication:
            let id = Identifier(value)
            let found = targets.all.filter { target in
                target.clientID == value || id != nil && target.applicationID == id
            }
            guard !found.isEmpty else { throw notFound(parameter, "no grant of this target to this application") }
            return found
        }
    }

    private func person(_ parameter: ActionParameter, _ value: String) throws -> ResolvedTarget {
        let found = try people(value)
        guard let person = found.first else { throw notFound(parameter, "no active user with this name") }
        guard found.count == 1 else {
            throw RemediationError.invalidParameter(
                "extraParams.\(parameter.name) names \(found.count) accounts. Name one of them by its own id.")
        }
        return person
    }

    private func notFound(_ parameter: ActionParameter, _ sentence: String) -> RemediationError {
        .unknownParameterRecord(
            "extraParams.\(parameter.name): \(sentence) was synced from \(platform).")
    }
}

/// A record of the workspace on which an action acts, or which a parameter names, as the platform knows it.
struct ResolvedTarget: Sendable, Equatable {
    /// The kind; nil in a step that was stored before kinds existed.
    let kind: ActionTarget.Kind?
    let externalID: String
    var username: String?
    var email: String?
    /// The record's own name.
    var label: String?
    /// The client id of an OAuth grant's application.
    var clientID: String?
    // Our ids of the record, of its account and of the other records to which it belongs. Findings may name them.
    var recordID: Identifier?
    var accountID: Identifier?
    var identityID: Identifier?
    var applicationID: Identifier?
    var deviceID: Identifier?

    init(_ kind: ActionTarget.Kind, _ externalID: String) {
        self.kind = kind
        self.externalID = externalID
    }

    init?(stored json: JSON) {
        guard let externalID = json["external_id"]?.string else { return nil }
        self.externalID = externalID
        kind = json["kind"]?.string.flatMap(ActionTarget.Kind.init)
        username = json["username"]?.string
        email = json["email"]?.string
        label = json["label"]?.string
    }

    var members: [String: JSON] {
        var members: [String: JSON] = ["external_id": .string(externalID)]
        members["kind"] = kind.map { .string($0.rawValue) }
        members["username"] = username.map(JSON.string)
        members["email"] = email.map(JSON.string)
        members["label"] = label.map(JSON.string)
        return members
    }
}

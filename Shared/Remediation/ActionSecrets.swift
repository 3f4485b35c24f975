import Auth
import Base
import Connectors
import Findings
import HTTP

// Secret parameters, such as the PIN that unlocks a Mac. They are encrypted with CREDENTIALS_KEY and bound to their
// action until the action ends (`StoredParameters`). Nothing shows them.

extension Remediation {
    /// Parameters as they are stored.
    func sealed(_ request: ActionRequest, as id: Identifier, in workspace: Workspace) throws -> [String: JSON] {
        var parameters = request.parameters
        for parameter in declared(request.type, on: request.platform) where parameter.kind == .secret {
            guard let text = parameters[parameter.name]?.string else { continue }
            let sealed = try CredentialSeal(environment).seal(
                Array(text.utf8), boundTo: Self.binding(id, parameter.name, in: workspace))
            parameters[parameter.name] = ["sealed": .string(Base64.standard.encode(sealed))]
        }
        return parameters
    }

    /// The parameters that the caller gave. Actions that were stored before secrets were sealed have them as texts.
    /// - Throws: 409 if one can't be opened any more.
    func opened(_ action: RemediationAction, in workspace: Workspace) throws -> [String: JSON] {
        var parameters = action.parameters
        for (name, value) in parameters {
            guard case .object(let members) = value else { continue }
            guard let bytes = members["sealed"]?.string.flatMap({ Base64.standard.decode($0) }),
                let text = try CredentialSeal(environment).open(
                    bytes, boundTo: Self.binding(action.id, name, in: workspace))
            else { throw HTTPError.conflict("extraParams.\(name) can't be opened any more. Request the action again.") }
            parameters[name] = .string(String(decoding: text, as: UTF8.self))
        }
        return parameters
    }

    private static func binding(_ id: Identifier, _ name: String, in workspace: Workspace) -> [UInt8] {
        Array("action parameter/\(workspace.id)/\(id)/\(name)".utf8)
    }

    /// Returns true if a request has the same parameters as a stored action. The secrets of an action that has ended are
    /// gone: they are not compared.
    func hasSameParameters(_ request: ActionRequest, as action: RemediationAction, in workspace: Workspace) -> Bool {
        var given = request.parameters
        let erased = action.parameters.filter { $0.value == StoredParameters.erased }.keys
        for name in erased where given[name] != nil { given[name] = StoredParameters.erased }
        guard !erased.isEmpty else { return (try? opened(action, in: workspace)) == given }
        return action.parameters == given
    }
}

extension RemediationAction {
    /// The parameters for the audit log.
    var shownParameters: [String: JSON] { StoredParameters.withoutSecrets(parameters, replacement: "‹redacted›") }

    /// The parameters as they are kept once the action has ended.
    var keptParameters: JSON { .object(StoredParameters.withoutSecrets(parameters)) }
}

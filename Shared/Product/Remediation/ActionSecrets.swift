import Actions
import Auth
import Base
import Connectors
import Integrations

// Encryption of secret parameters, such as the PIN that unlocks a Mac. They are encrypted with CREDENTIALS_KEY and
// bound to their action until the action ends (`StoredParameters`). They are never shown.

extension Remediation {
    /// Returns a request's parameters in the form in which they are stored: the secrets are encrypted.
    func sealed(_ request: ActionRequest, as id: Identifier, in workspace: Workspace) throws -> [String: JSON] {
        var parameters = request.parameters
        for parameter in declared(request.type, on: request.platform) where parameter.kind == .secret {
            guard let text = parameters[parameter.name]?.string else { continue }
            let sealed = try CredentialSeal(environment).seal(
                Array(text.utf8), boundTo: StoredParameters.binding(id, parameter.name, in: workspace))
            parameters[parameter.name] = ["sealed": .string(Base64.standard.encode(sealed))]
        }
        return parameters
    }

    /// Returns the parameters as they were requested, with the secrets decrypted. An action that was stored before
    /// secrets were encrypted has them as text.
    /// - Throws: `RemediationError` if a secret was erased, or can no longer be decrypted.
    func opened(_ action: RemediationAction, in workspace: Workspace) throws -> [String: JSON] {
        var parameters = action.parameters
        for (name, value) in parameters {
            guard case .object(let members) = value else { continue }
            guard let bytes = members["sealed"]?.string.flatMap({ Base64.standard.decode($0) }),
                let text = try CredentialSeal(environment).open(
                    bytes, boundTo: StoredParameters.binding(action.id, name, in: workspace))
            else { throw RemediationError.unopenedSecret(name) }
            parameters[name] = .string(String(decoding: text, as: UTF8.self))
        }
        return parameters
    }

    /// Returns true if a request has the same parameters as a stored action. The secrets of an action that has ended
    /// are erased and are not compared.
    func hasSameParameters(_ request: ActionRequest, as action: RemediationAction, in workspace: Workspace) -> Bool {
        var given = request.parameters
        let erased = action.parameters.filter { $0.value == StoredParameters.erased }.keys
        for name in erased where given[name] != nil { given[name] = StoredParameters.erased }
        guard !erased.isEmpty else { return (try? opened(action, in: workspace)) == given }
        return action.parameters == given
    }
}

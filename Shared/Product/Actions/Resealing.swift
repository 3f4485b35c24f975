public import Auth
public import Base
@_spi(System) public import Integrations
import Store

extension Workspace {
    /// Encrypts credentials of integrations, and secret parameters of actions that have not ended, with the first key
    /// of `seal`, if they were encrypted with another key of `seal`. Data that no key opens stays as it is. The audit
    /// log gets an entry if any data was encrypted again.
    @_spi(System) public func reseal(with seal: CredentialSeal, now: Timestamp = .now) throws -> Resealing {
        try withWriteLock {
            var resealing = Resealing()
            try resealIntegrations(seal, &resealing)
            try resealActions(seal, &resealing)
            guard resealing.resealed > 0 else { return resealing }
            return try audited {
                let entry = AuditEntry(
                    action: "credentials.resealed", targetType: "workspace", targetID: id.description,
                    details: ["key_id": .string(seal.keyID), "resealed": .integer(resealing.resealed)], createdAt: now)
                return (resealing, entry)
            }
        }
    }

    private func resealActions(_ seal: CredentialSeal, _ resealing: inout Resealing) throws {
        let stored = try rows(
            """
            SELECT id, extra_params FROM remediation_actions
            WHERE workspace_id = $1 AND status IN ('pending_approval', 'queued', 'running')
            """
        ) { row in (id: try row[0] as Identifier, parameters: (try row[1] as JSON).object ?? [:]) }
        for one in stored {
            var parameters = one.parameters
            for (name, value) in one.parameters {
                guard let text = value["sealed"]?.string else { continue }
                let place = StoredParameters.binding(one.id, name, in: self)
                let sealed = try resealing.add(
                    Base64.standard.decode(text) ?? [], boundTo: place, named: "action \(one.id)", with: seal)
                if let sealed { parameters[name] = ["sealed": .string(Base64.standard.encode(sealed))] }
            }
            guard parameters != one.parameters else { continue }
            try execute(
                "UPDATE remediation_actions SET extra_params = $3 WHERE workspace_id = $1 AND id = $2", one.id,
                JSON.object(parameters))
        }
    }
}

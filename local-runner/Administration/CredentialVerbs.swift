@_spi(System) import Actions
@_spi(System) import Auth
import Base
import Integrations
import Store

extension Verb {
    static let credentialsReseal = Verb(
        "credentials reseal", "Encrypts all stored credentials with the first key of CREDENTIALS_KEY.",
        details: """
            To replace a key, put the new one in front of the old one on every machine (CREDENTIALS_KEY=k2:…,k1:…),
            run this verb, and then remove the old one if the exit status is 0. Each key needs its own id. The product
            keeps running. If this verb is interrupted, run it again.

            CREDENTIALS_KEY comes from the environment, from the file that CREDENTIALS_KEY_FILE names, or from
            .dev.vars next to the configuration.
            """,
        options: Option.changing
    ) { arguments in
        let seal = try seal(arguments)
        return try Administration.run(arguments) { administration in
            var total = Resealing()
            for known in try administration.access.workspaces() {
                guard let workspace = try administration.access.workspace(known.id, for: administration.actor)
                else { continue }
                let one: Resealing
                do { one = try workspace.reseal(with: seal) } catch is AuditLog.ClosedWorkspace {
                    // The workspace was deleted in the meantime, with its credentials.
                    continue
                }
                total.resealed += one.resealed
                total.current += one.current
                total.unopened += one.unopened
            }
            try administration.output.say([
                "key_id": .string(seal.keyID), "resealed": .integer(total.resealed),
                "already_sealed": .integer(total.current), "unopened": .array(total.unopened.map(JSON.string)),
            ]) {
                try Terminal.say(
                    "Encrypted \(Terminal.counted(total.resealed, "secret")) with the key \(seal.keyID); "
                        + "\(total.current) already \(total.current == 1 ? "was" : "were").")
            }
            guard total.unopened.isEmpty else {
                throw Failure(
                    "no key of CREDENTIALS_KEY decrypts \(total.unopened.joined(separator: ", ")); remove no key: "
                        + "add the key that encrypted them, and run this again, or connect these platforms again")
            }
        }
    }

    private static func seal(_ arguments: Arguments) throws -> CredentialSeal {
        let name = "CREDENTIALS_KEY"
        let given = try Environment.process[name] ?? configured(name, arguments)
        do throws(EnvironmentError) {
            return try CredentialSeal(Environment([name: given]))
        } catch {
            throw Failure("\(error); local-runner credentials reseal --help explains the rotation")
        }
    }

    /// Returns a secret of the configuration. Returns an empty text if there is no configuration or no such secret.
    private static func configured(_ name: String, _ arguments: Arguments) throws -> String {
        guard arguments.has("--config") || Configuration.find() != nil else { return "" }
        let configuration = try Project(arguments).configuration(needsSecrets: true, makesSecrets: false)
        return configuration.variables[name]?.reveal { $0 } ?? ""
    }
}

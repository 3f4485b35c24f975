import Base
import Store

extension ConfigurationReader {
    /// Variables by which a function recognises how it was called. A binding with such a name would mislead the
    /// function.
    private static let reserved = [
        "FUNCTION_NAME", "FUNCTION_CPU_SECONDS", "FUNCTION_DISPATCH", "FUNCTION_EVENT", "GATEWAY_INTERFACE",
        "AWS_LAMBDA_RUNTIME_API", "REQUEST_METHOD", "Http_Method",
    ]

    /// Returns the values of all variables and secrets by name.
    ///
    /// The first of these sources that has a value wins: .dev.vars; for a secret, the process's environment; for a
    /// variable, "vars", then the runner's default.
    mutating func variables(vars: Node?, secrets: Node?, wantsValues: Bool) -> [String: Secret] {
        var values = local.defaults.mapValues { Secret($0) }
        let variables = vars?.members(&problems) ?? [:]
        for name in variables.keys.sorted() {
            guard let node = variables[name] else { continue }
            checkName(name, node.place)
            // An empty variable is allowed and means "none".
            guard let value = node.value.string == "" ? "" : node.string(&problems) else { continue }
            values[name] = Secret(value)
        }
        let secrets = secrets?.members(known: ["required", "optional"], &problems) ?? [:]
        let required = secrets["required"]?.strings(&problems) ?? []
        let optional = secrets["optional"]?.strings(&problems) ?? []
        for (name, place) in required + optional {
            checkName(name, place)
            if let variable = variables[name] {
                problems.add(place, "\(name) is also a variable (\(variable.place)); keep one.")
            }
            values[name] = Secret("")
        }
        guard wantsValues else { return values }
        for (name, _) in required + optional {
            if let value = local.process[name] { values[name] = Secret(value) }
        }
        for (name, place) in required {
            let isMissing = (local.devVars.values[name] ?? values[name])?.reveal(\.isEmpty) ?? true
            if isMissing, local.needsSecrets { problems.add(place, missing(name)) }
        }
        // A misspelt name of an optional secret would otherwise go unnoticed.
        let unknown = local.devVars.values.keys.filter { values[$0] == nil }.sorted()
        for (name, place) in optional where local.devVars.values[name] == nil {
            guard let similar = NearestWord.nearest(to: name, in: unknown), values[name]?.reveal(\.isEmpty) ?? true
            else { continue }
            problems.add(
                place, "secret \(name) has no value, but \(local.devVarsFile) has \(similar); did you mean that one?")
        }
        for (name, value) in local.devVars.values where values[name] != nil { values[name] = value }
        for (name, place) in required + optional {
            if let problem = values[name]?.reveal({ Self.problem(of: name, $0) }) { problems.add(place, problem) }
        }
        return values
    }

    /// Returns the reason why a function would refuse the value of a secret; nil if there is none or the value is
    /// empty.
    private static func problem(of name: String, _ value: String) -> String? {
        let environment = Environment([name: value])
        do {
            switch name {
            case "SUPABASE_JWT_SECRET", "EXPORT_CURSOR_SECRET", "CONFIRMATION_SECRET", "STRIPE_WEBHOOK_SECRET":
                _ = try environment.hmacKey(name)
            case "AUDIT_SIGNING_KEY" where !value.isEmpty: _ = try AuditSigningKey(environment)
            default: break
            }
            return nil
        } catch {
            return "secret \(error.description); make one with: echo \"\(name)=\(DevVars.example(of: name))\""
        }
    }

    private func missing(_ name: String) -> String {
        let file = local.devVarsFile
        let similar = NearestWord.nearest(to: name, in: local.devVars.values.keys.sorted())
        if let similar, similar != name {
            return "secret \(name) has no value, but \(file) has \(similar); did you mean that one?"
        }
        return "secret \(name) has no value; add it with: echo \"\(name)=\(DevVars.example(of: name))\" >> \(file) "
            + "(or set it in the environment)."
    }

    private mutating func checkName(_ name: String, _ place: String) {
        if !DevVarsParser.isVariableName(name) {
            problems.add(place, "\"\(name)\" is not a variable name; use letters, digits and underscores.")
        } else if Self.reserved.contains(name) || name.hasPrefix("LD_") {
            problems.add(place, "\(name) is reserved, because it changes how a function starts; choose another name.")
        }
    }
}

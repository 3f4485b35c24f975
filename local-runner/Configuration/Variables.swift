import Base

extension ConfigurationReader {
    /// Variables by which a function recognises how it was called. A binding with such a name would mislead the
    /// function.
    private static let reserved = [
        "FUNCTION_NAME", "FUNCTION_CPU_SECONDS", "FUNCTION_DISPATCH", "FUNCTION_EVENT", "GATEWAY_INTERFACE",
        "AWS_LAMBDA_RUNTIME_API", "REQUEST_METHOD", "Http_Method",
    ]

    /// Returns the values of all variables and secrets by name. If `wantsValues` is false, secrets are empty, and
    /// variables have only their values from "vars" and the defaults.
    ///
    /// The first of these sources that has a value wins: for a secret, the process's environment, the file that the
    /// environment names with `_FILE` at the end of the secret's name, then .dev.vars in the same two ways; for a
    /// variable, .dev.vars, "vars", then the runner's default. In production the environment comes first for variables
    /// too, and there is no .dev.vars. The environment "development", in which providers may be replaced, must then be
    /// asked for by the process's environment.
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
        let secrets = secrets?.members(known: ConfigurationKeys.secrets, &problems) ?? [:]
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
        // The sources of the values that come neither from "vars" nor from a default, for messages.
        var sources: [String: String] = [:]
        for (name, place) in required + optional {
            if let (value, source) = given(name, place) { (values[name], sources[name]) = (value, source) }
        }
        for (name, place) in required where values[name]?.reveal(\.isEmpty) ?? true {
            let isReported = problems.list.contains { $0.place == place }
            if local.needsSecrets, !isReported { problems.add(place, missing(name)) }
        }
        // A misspelt name of an optional secret would otherwise go unnoticed.
        let files = (required + optional).map { $0.text + Environment.fileSuffix }
        let unknown = local.devVars.values.keys.filter { values[$0] == nil && !files.contains($0) }.sorted()
        for (name, place) in optional where local.devVars.values[name] == nil {
            guard let similar = NearestWord.nearest(to: name, in: unknown), values[name]?.reveal(\.isEmpty) ?? true
            else { continue }
            problems.add(
                place, "secret \(name) has no value, but \(local.devVarsFile) has \(similar); did you mean that one?")
        }
        for (name, value) in local.devVars.values where variables[name] != nil || local.defaults[name] != nil {
            (values[name], sources[name]) = (value, local.devVarsFile)
        }
        if local.isProduction {
            for name in Set(variables.keys).union(local.defaults.keys).sorted() {
                if let (value, source) = given(name, variables[name]?.place ?? name) {
                    (values[name], sources[name]) = (value, source)
                } else if name == "ENVIRONMENT", Self.isDevelopment(values) {
                    values[name] = Secret("production")
                }
            }
        }
        for (name, place) in required + optional {
            guard let problem = values[name]?.reveal({ VariableType.problem(of: name, $0) }) else { continue }
            problems.add(
                place, "secret \(problem); make one with: echo \"\(name)=\(DevVars.example(of: name))\"",
                source: sources[name])
        }
        for (name, node) in variables.sorted(by: { $0.key < $1.key }) {
            guard let problem = self.problem(of: name, values) else { continue }
            problems.add(node.place, problem + ".", source: sources[name])
        }
        warnings = values.sorted { $0.key < $1.key }.compactMap { name, value in
            value.reveal { VariableType.warning(of: name, $0) }
        }
        warnings += ignored(Set(variables.keys).union(local.defaults.keys), values)
        warnings += unknown.map { name in
            let nearest = NearestWord.nearest(to: name, in: values.keys.sorted())
            return "\(local.devVarsFile) has \(name), which the configuration does not name, so no function gets it"
                + (nearest.map { "; perhaps \($0) is meant" } ?? "")
        }
        return values
    }

    /// Returns a warning that names the variables whose values in this process's environment are not used, because
    /// outside production variables come from .dev.vars or "vars". The result is empty if there are none.
    private func ignored(_ names: Set<String>, _ values: [String: Secret]) -> [String] {
        guard !local.isProduction else { return [] }
        let ignored = names.sorted().filter { name in
            guard let given = local.process[name], !given.isEmpty else { return false }
            return values[name]?.reveal { $0 } != given
        }
        guard !ignored.isEmpty else { return [] }
        return [
            "variables come from \(local.devVarsFile) or \"vars\", so the environment's values of "
                + "these are not used: " + ignored.joined(separator: ", ")
        ]
    }

    /// Returns the reason why the value of a variable is not allowed. Returns nil if there is none.
    private func problem(of name: String, _ values: [String: Secret]) -> String? {
        guard let value = values[name], !value.reveal(\.isEmpty) else { return nil }
        if let problem = value.reveal({ VariableType.problem(of: name, $0) }) { return problem }
        guard !Self.isDevelopment(values) else { return nil }
        if VariableType.replacesProvider(name) { return "\(name) may be set only if ENVIRONMENT is development" }
        guard local.isProduction, name == "SUPABASE_URL", value.reveal(VariableType.namesThisMachine) else {
            return nil
        }
        return "SUPABASE_URL names this machine, which is allowed only for development; set the project's URL in the "
            + "environment, such as SUPABASE_URL=https://REF.supabase.co, or for development ENVIRONMENT=development"
    }

    private static func isDevelopment(_ values: [String: Secret]) -> Bool {
        values["ENVIRONMENT"]?.reveal { $0 } == "development"
    }

    /// Returns the value of a variable, or the content of its file, from the environment or else from .dev.vars, and
    /// the name of that source. Returns nil if neither has one. A file that can't be read is a problem.
    private mutating func given(_ name: String, _ place: String) -> (value: Secret, source: String)? {
        given(name, place, in: local.process.mapValues { Secret($0) }, "the environment")
            ?? given(name, place, in: local.devVars.values, local.devVarsFile)
    }

    /// Returns the value of a variable in one source of values, and the source's name. Returns nil if there is none, or
    /// after adding the problem that the file with the value can't be read.
    private mutating func given(
        _ name: String, _ place: String, in values: [String: Secret], _ source: String
    ) -> (value: Secret, source: String)? {
        if let value = values[name], !value.reveal(\.isEmpty) { return (value, source) }
        let fileName = name + Environment.fileSuffix
        guard let path = values[fileName]?.reveal({ $0 }), !path.isEmpty else { return nil }
        guard let content = Environment.content(ofFile: path) else {
            problems.add(place, "\(fileName) in \(source) names \(path), which can't be read.")
            return nil
        }
        return (Secret(content), source)
    }

    private func missing(_ name: String) -> String {
        if local.isProduction {
            return
                "secret \(name) has no value; set it in the environment, or set \(name)\(Environment.fileSuffix) to the "
                + "path of a file that contains it."
        }
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

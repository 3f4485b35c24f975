import Base

/// The values that a configuration needs and wrangler-like.json does not contain.
struct LocalValues {
    /// The values from .dev.vars. They win over "vars".
    var devVars = DevVars()
    /// The name of the file .dev.vars, for error messages.
    var devVarsFile = ".dev.vars"
    /// The process's environment. For secrets it wins over .dev.vars. A variable with `_FILE` at the end of a secret's
    /// name names a file that contains the secret.
    var process: [String: String] = [:]
    /// The default values of variables that wrangler-like.json may leave out.
    var defaults: [String: String] = [:]
    /// True if a required secret without a value is a problem. Otherwise its value is empty.
    var needsSecrets = true
    /// True in production: the process's environment wins for variables as well as for secrets, and there is no
    /// .dev.vars.
    var isProduction = false
}

/// Reads wrangler-like.json for one environment and collects all problems in it.
struct ConfigurationReader {
    /// The settings that an environment does not inherit from the top level of the file.
    private static let notInherited = ["vars", "secrets"]

    let local: LocalValues
    var problems = Problems()
    /// The warnings about the values of the chosen environment.
    var warnings: [String] = []

    /// Reads the document in `bytes`. Error messages call it `file`; `environment` is an entry of "env", or nil for the
    /// settings at the top.
    static func read(
        _ bytes: [UInt8], file: String, environment: String?, local: LocalValues
    ) throws(ConfigurationError) -> Configuration {
        var reader = ConfigurationReader(local: local)
        let document = reader.document(bytes).map { reader.configuration($0, environment: environment) }
        try reader.problems.check(file)
        guard let document, let configuration = document else {
            throw ConfigurationError(file: file, problems: [Problem(place: "", advice: "can't be read.")])
        }
        return configuration
    }

    private mutating func document(_ bytes: [UInt8]) -> Node? {
        do throws(JSONSyntaxError) {
            return Node(value: try JSON(parsing: CommentedJSON.plain(bytes)), place: "")
        } catch {
            problems.add("line \(error.line), column \(error.column)", error.advice + ".")
            return nil
        }
    }

    /// Reads the configuration of the chosen environment, and checks those of all others.
    private mutating func configuration(_ document: Node, environment: String?) -> Configuration? {
        let top = document.members(known: ConfigurationKeys.top, &problems)
        _ = top["$schema"]?.string(&problems)
        let environments = top["env"]?.members(&problems) ?? [:]
        let names = environments.keys.sorted()
        if let environment, !names.contains(environment) {
            problems.add("env", "has no \"\(environment)\"; \(NearestWord.advice(environment, names))")
        }
        var chosen = settings(top, values: environment == nil)
        for name in names {
            guard let node = environments[name] else { continue }
            let own = node.members(known: ConfigurationKeys.environment, &problems)
            let inherited = top.filter { !["env", "$schema"].contains($0.key) && !Self.notInherited.contains($0.key) }
            let configuration = settings(inherited.merging(own) { $1 }, values: environment == name)
            if environment == name { chosen = configuration }
        }
        return chosen
    }

    /// Reads the settings of one environment. Secrets need values only if `wantsValues` is true.
    private mutating func settings(_ members: [String: Node], values wantsValues: Bool) -> Configuration? {
        for key in ["name", "functions"] where members[key] == nil {
            problems.add("", "\"\(key)\" is missing; add it.")
        }
        let name = members["name"]?.string(&problems)
        if let name, !Self.isName(name), let place = members["name"]?.place {
            problems.add(place, "\"\(name)\" must be lower-case letters, digits and dashes.")
        }
        let date = members["compatibility_date"]?.string(&problems)
        if let date, let place = members["compatibility_date"]?.place, Timestamp(date + "T00:00:00Z") == nil {
            problems.add(place, "\"\(date)\" is not a date; write it like 2026-04-15.")
        }
        let listen = listenAddress(members["dev"])
        let limits = limits(members["limits"], over: Limits())
        let values = variables(vars: members["vars"], secrets: members["secrets"], wantsValues: wantsValues)
        let groups = bindingGroups(members["binding_groups"], variables: values)
        let functions = functions(members["functions"], limits: limits, variables: values, groups: groups)
        let crons = crons(members["triggers"], functions: functions)
        let result = functions.map(\.configuration)
        return Configuration(
            name: name ?? "", compatibilityDate: date ?? "2026-04-15", listen: listen, functions: result, crons: crons,
            variables: values, warnings: wantsValues ? warnings : [])
    }

    private mutating func listenAddress(_ node: Node?) -> ListenAddress {
        var listen = ListenAddress(ip: "127.0.0.1", port: 8788)
        let members = node?.members(known: ConfigurationKeys.dev, &problems) ?? [:]
        if let node = members["ip"], let ip = node.string(&problems) {
            if !ListenAddress.isIP(ip) {
                problems.add(node.place, "\"\(ip)\" is not an IP address; write one such as 127.0.0.1 or ::1.")
            }
            listen.ip = ip
        }
        if let port = members["port"]?.integer(0...65_535, "0 lets the system pick one", &problems) {
            listen.port = UInt16(clamping: port)
        }
        return listen
    }

    /// Reads the limits in `node`. Limits that it leaves out are taken from `general`.
    mutating func limits(_ node: Node?, over general: Limits) -> Limits {
        var limits = general
        let members = node?.members(known: ConfigurationKeys.limits, &problems) ?? [:]
        func read(
            _ key: String, _ range: ClosedRange<Int>, _ unit: String, _ limit: WritableKeyPath<Limits, Int>
        ) {
            if let value = members[key]?.integer(range, unit, &problems) { limits[keyPath: limit] = value }
        }
        read("timeout_ms", 1...900_000, "milliseconds", \.timeoutMilliseconds)
        read("max_body_bytes", 0...104_857_600, "bytes", \.maxBodyBytes)
        read("memory_mb", 64...65_536, "MiB", \.memoryMegabytes)
        read("concurrency", 1...1_000, "requests at once", \.concurrency)
        return limits
    }

    /// Returns true if `text` may be the name of a configuration, a function or a binding group: lower-case letters,
    /// digits and dashes, at most 63, not beginning with a dash.
    static func isName(_ text: String) -> Bool {
        !text.hasPrefix("-") && text.utf8.count <= 63
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "-")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
    }
}

import Base

/// An entry of "functions" and its place in the file.
struct FunctionEntry {
    let configuration: FunctionConfiguration
    let place: String
    /// True if "methods" is an empty list, so that no HTTP request reaches the function.
    let isScheduled: Bool
}

extension ConfigurationReader {
    /// The methods that a function can answer. HEAD comes with GET.
    static let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    /// Reads the entries of "functions". An entry without a valid route or function name adds problems and is left out.
    mutating func functions(
        _ node: Node?, limits general: Limits, variables: [String: Secret], groups: [String: [Binding]]
    ) -> [FunctionEntry] {
        var entries: [FunctionEntry] = []
        for element in node?.elements(&problems) ?? [] {
            guard let configuration = function(element, limits: general, variables: variables, groups: groups)
            else {
                continue
            }
            for earlier in entries {
                if earlier.configuration.route == configuration.route {
                    problems.add(
                        element.place + ".route",
                        "\(configuration.route) is also the route of \(earlier.place); "
                            + "one function serves a route, so list all its methods there.")
                }
                if earlier.configuration.function == configuration.function {
                    problems.add(
                        element.place + ".function",
                        "\(configuration.function) already serves \(earlier.place); "
                            + "a function has exactly one route.")
                }
            }
            let isScheduled = element.value["methods"] == .array([])
            entries.append(
                FunctionEntry(configuration: configuration, place: element.place, isScheduled: isScheduled))
        }
        return entries
    }

    private mutating func function(
        _ node: Node, limits general: Limits, variables: [String: Secret], groups: [String: [Binding]]
    ) -> FunctionConfiguration? {
        let members = node.members(known: ConfigurationKeys.function, &problems)
        for key in ["route", "function", "methods"] where node.value.object != nil && members[key] == nil {
            problems.add("\(node.place).\(key)", "is missing; add it.")
        }
        let route = members["route"].flatMap { self.route($0) }
        let function = members["function"].flatMap { functionName($0) }
        let methods = members["methods"].map { self.methods($0) } ?? []
        let environment = members["bindings"].map { bindings($0, variables, groups) } ?? []
        let dispatch = members["dispatch"]?.word(Dispatch.allCases.map(\.rawValue), &problems)
        let credentials = members["credentials"]?.word(Credentials.allCases.map(\.rawValue), &problems)
        let limits = limits(members["limits"], over: general)
        let streams = members["streams"]?.flag(&problems) ?? false
        guard let route, let function else { return nil }
        return FunctionConfiguration(
            route: route, function: function, methods: methods,
            dispatch: dispatch.flatMap(Dispatch.init) ?? .isolated,
            credentials: credentials.flatMap(Credentials.init), limits: limits, streams: streams,
            environment: environment)
    }

    private mutating func route(_ node: Node) -> String? {
        guard let route = node.string(&problems) else { return nil }
        let segments = route.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = route.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/-._~".utf8.contains(byte)
            }
        }
        if !route.hasPrefix("/") {
            problems.add(node.place, "\"\(route)\" must begin with a slash: \"/\(route)\".")
        } else if segments.count < 2 || segments.dropFirst().contains("") {
            problems.add(
                node.place,
                "\"\(route)\" has an empty part; write it without a slash at its end and without two in a row."
            )
        } else if segments.contains(".") || segments.contains("..") {
            problems.add(
                node.place, "\"\(route)\" is unreachable: clients remove . and .. from paths before they send them.")
        } else if route.hasPrefix("/cdn-cgi/") {
            problems.add(node.place, "\"\(route)\" is unreachable: paths below /cdn-cgi/ belong to the runner.")
        } else if !isPlain {
            problems.add(
                node.place,
                "\"\(route)\" must be letters, digits and - . _ ~ between slashes; a route has no patterns.")
        } else {
            return route
        }
        return nil
    }

    private mutating func functionName(_ node: Node) -> String? {
        guard let name = node.string(&problems) else { return nil }
        if Self.isName(name) { return name }
        problems.add(
            node.place, "\"\(name)\" must be lower-case letters, digits and dashes, such as api-health.")
        return nil
    }

    private mutating func methods(_ node: Node) -> [String] {
        node.strings(&problems).compactMap { method, place in
            if method == "HEAD" {
                problems.add(place, "HEAD comes with GET; remove it.")
                return nil
            }
            return Node(value: .string(method), place: place).word(Self.methods, &problems)
        }
    }

    /// A variable of a function's environment.
    typealias Binding = (name: String, value: Secret)

    /// Reads the lists of "binding_groups", by name. Several functions may use the same list.
    mutating func bindingGroups(_ node: Node?, variables: [String: Secret]) -> [String: [Binding]] {
        var groups: [String: [Binding]] = [:]
        for (name, list) in (node?.members(&problems) ?? [:]).sorted(by: { $0.key < $1.key }) {
            if !Self.isName(name) {
                problems.add(list.place, "\"\(name)\" must be lower-case letters, digits and dashes.")
            }
            groups[name] = bindings(list, variables, [:])
        }
        return groups
    }

    /// Returns the variables that a list names, each once. `@GROUP` stands for the variables of a group.
    private mutating func bindings(
        _ node: Node, _ variables: [String: Secret], _ groups: [String: [Binding]]
    ) -> [Binding] {
        var bindings: [Binding] = []
        for (name, place) in node.strings(&problems) {
            if name.hasPrefix("@"), !groups.isEmpty {
                if let group = groups[String(name.dropFirst())] {
                    bindings += group
                } else {
                    let advice = NearestWord.advice(name, groups.keys.sorted().map { "@" + $0 })
                    problems.add(place, "\(name) is not in \"binding_groups\"; \(advice)")
                }
            } else if let value = variables[name] {
                bindings.append((name, value))
            } else {
                let advice = NearestWord.advice(name, variables.keys.sorted())
                problems.add(place, "\(name) is neither in \"vars\" nor in \"secrets\"; \(advice)")
            }
        }
        var known: Set<String> = []
        return bindings.filter { known.insert($0.name).inserted }
    }
}

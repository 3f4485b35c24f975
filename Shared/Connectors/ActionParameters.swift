import Base

/// The parameters of an action as a connector reads them. The only way to make them is to check what a caller gave against
/// the declarations, so that nothing undeclared reaches a provider.
public struct ActionParameters: Sendable {
    private var values: [String: String] = [:]
    private var secrets: [String: Secret] = [:]

    /// No parameters.
    public init() {}

    /// Checks what a caller gave.
    ///
    /// - Parameters:
    ///   - given: values by name; null stands for nothing.
    ///   - declared: what the action takes.
    ///   - action: the action and its platform, such as "create_ticket on jira", for the errors.
    ///   - resolve: looks up the record that a parameter names, once all values have the declared form, and returns the
    ///     provider's id that the connector shall have; nil if the connector needs none. The value is nil if the caller gave
    ///     none.
    /// - Throws: `ActionParameterError`, and what `resolve` throws.
    public init(
        _ given: [String: JSON], as declared: [ActionParameter], of action: String,
        resolve: (ActionParameter, String?) throws -> String?
    ) throws {
        let names = declared.map(\.name)
        for name in given.keys.sorted() where !names.contains(name) {
            throw ActionParameterError(unknown: name, names, action)
        }
        let read = try declared.map { (parameter: $0, value: try Self.read(given[$0.name], as: $0)) }
        for (parameter, value) in read {
            switch parameter.kind {
            case .value: values[parameter.name] = value
            case .secret: secrets[parameter.name] = value.map { Secret($0) }
            case .key, .grantedApplication, .person: values[parameter.name] = try resolve(parameter, value)
            }
        }
    }

    /// The values that are no secrets, by name: plain, or the provider's id of the record that a value names.
    public var plainValues: [String: String] { values }

    /// A value: plain, or the provider's id of the record that it names.
    subscript(parameter: ActionParameter) -> String? { values[parameter.name] }

    /// A secret value.
    func secret(_ parameter: ActionParameter) -> Secret? { secrets[parameter.name] }

    /// A value of the declared form. Providers' ids may be numbers.
    private static func read(_ value: JSON?, as parameter: ActionParameter) throws(ActionParameterError) -> String? {
        guard let value, value != .null else {
            if case .key = parameter.kind { return nil }
            guard !parameter.isRequired else { throw ActionParameterError(missing: parameter) }
            return nil
        }
        guard let text = value.string ?? (parameter.kind == .secret ? nil : value.integer.map(String.init)),
            parameter.accepts(text)
        else { throw ActionParameterError("extraParams.\(parameter.name) must be \(parameter.form).") }
        return text
    }
}

/// Parameters that an action does not take as they are.
public struct ActionParameterError: Error, Equatable {
    /// The sentence that says what is wrong. It is safe to show.
    public let sentence: String

    init(_ sentence: String) { self.sentence = sentence }

    /// A name that the action does not take.
    fileprivate init(unknown name: String, _ names: [String], _ action: String) {
        var parts = ["extraParams.\(name.prefix(64)) is not known."]
        if let nearest = NearestWord.nearest(to: name, in: names) { parts.append("Did you mean \(nearest)?") }
        parts.append(
            names.isEmpty
                ? "\(action) takes no extraParams."
                : "\(action) takes these extraParams: \(names.joined(separator: ", ")).")
        sentence = parts.joined(separator: " ")
    }

    /// A parameter that was not given.
    public init(missing parameter: ActionParameter) {
        sentence = "extraParams.\(parameter.name) is required. It must be \(parameter.form)."
    }
}

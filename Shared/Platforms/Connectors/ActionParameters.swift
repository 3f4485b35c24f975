public import Base

/// The parameters of an action, as a connector reads them. Apart from the empty set, they are made only by checking a
/// caller's values against the declarations, so no undeclared parameter reaches a provider.
public struct ActionParameters: Sendable {
    private var values: [String: String] = [:]
    private var secrets: [String: Secret] = [:]

    /// Creates an empty set of parameters.
    public init() {}

    /// Checks a caller's values.
    ///
    /// - Parameters:
    ///   - given: The values by name; null counts as not given.
    ///   - declared: The parameters that the action takes.
    ///   - action: The action and its platform, such as "create_ticket on jira", for error messages.
    ///   - resolve: Looks up the record that a key, application or person parameter names, after all values were found
    ///     to have the declared form. The second argument is the caller's value; nil if the caller gave none. Returns
    ///     the provider's id for the connector, or nil if the connector needs none.
    /// - Throws: `ActionParameterError` for an unknown parameter, for a malformed value and for a missing required one
    ///   that is not a key; and the errors of `resolve`.
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

    /// The values that are not secret, by name: plain values, and the provider's ids of the records that values name.
    public var plainValues: [String: String] { values }

    /// Returns a plain value, or the provider's id of the record that the value names. Returns nil if there is none.
    subscript(parameter: ActionParameter) -> String? { values[parameter.name] }

    /// Returns a secret value; nil if it was not given.
    func secret(_ parameter: ActionParameter) -> Secret? { secrets[parameter.name] }

    /// Returns the value as text. Returns nil if it was left out and is not required; a missing key is left to
    /// `resolve`, even if it is required. Whole numbers are accepted, except for secrets, since providers' ids may be
    /// numbers. Throws an error if a required value is missing or a value does not have the declared form.
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

/// An error for parameters that an action does not accept.
public struct ActionParameterError: Error, Equatable {
    /// The sentence that says what is wrong. It is safe to show to the caller.
    public let sentence: String

    init(_ sentence: String) { self.sentence = sentence }

    /// Creates the error for a name that the action does not take.
    fileprivate init(unknown name: String, _ names: [String], _ action: String) {
        var parts = ["extraParams.\(name.harmless(atMost: 64)) is not known."]
        if let nearest = NearestWord.nearest(to: name, in: names) { parts.append("Did you mean \(nearest)?") }
        parts.append(
            names.isEmpty
                ? "\(action) takes no extraParams."
                : "\(action) takes these extraParams: \(names.joined(separator: ", ")).")
        sentence = parts.joined(separator: " ")
    }

    /// Creates the error for a required parameter that was not given.
    public init(missing parameter: ActionParameter) {
        sentence = "extraParams.\(parameter.name) is required. It must be \(parameter.form)."
    }
}

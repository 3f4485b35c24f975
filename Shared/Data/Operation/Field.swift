public import Base

/// One query parameter or body field of an operation or an endpoint. The validation of the value, the error message of
/// a 400 and the description for people and as JSON Schema are all derived from this declaration.
public struct Field<Value>: Sendable {
    /// The declaration.
    public let description: FieldDescription
    private let read: @Sendable (FieldInput?) throws(InputError) -> Value

    fileprivate init(
        description: FieldDescription,
        read: @escaping @Sendable (FieldInput?) throws(InputError) -> Value
    ) {
        self.description = description
        self.read = read
    }

    /// Returns the field's value among the inputs of a request.
    ///
    /// - Throws: `InputError` if the value is malformed or given more than once, or if it is missing and required.
    public func value(in inputs: any FieldInputs) throws(InputError) -> Value {
        try read(try inputs.value(description.name))
    }
}

/// The parts of a field's declaration that people read.
public struct FieldDescription: Sendable {
    /// The name of the parameter or the body field.
    public let name: String
    /// A description of the allowed values, such as `an integer from 1 to 100`. It is computed on each use, like the
    /// schema, because accepted requests don't need it.
    public var constraint: String { makeConstraint() }
    /// True if the field must be given.
    public let isRequired: Bool
    /// The purpose of the field, in one line.
    public let summary: String
    /// The schema of the value, with the summary and an example. It is computed on each use, because requests don't need
    /// it.
    public var schema: JSONSchema {
        let schema = makeSchema().described(summary)
        return example.map { schema.example($0) } ?? schema
    }

    fileprivate let example: JSON?
    fileprivate let makeConstraint: @Sendable () -> String
    fileprivate let makeSchema: @Sendable () -> JSONSchema
}

/// The value of a field, before it is validated.
public enum FieldInput {
    /// Text, in a query.
    case text(String)
    /// Any value, in a JSON body.
    case json(JSON)
}

/// The inputs of a request.
public protocol FieldInputs {
    /// Returns a field's value; nil if it was left out. Throws an error if it was given more than once.
    func value(_ name: String) throws(InputError) -> FieldInput?

    /// Checks that every name of an input is among `known`.
    ///
    /// - Throws: `InputError` that names the nearest known one.
    func checkNames(_ known: [String]) throws(InputError)
}

extension FieldInputs {
    /// Checks that no input is unknown, and that no required one is missing. All operations know workspaceId.
    ///
    /// - Throws: `InputError` that names the first unknown input, or else all missing ones.
    public func check(_ fields: [FieldDescription]) throws(InputError) {
        var missing: [String] = []
        for field in fields where field.isRequired {
            if try value(field.name) == nil { missing.append(field.name) }
        }
        var known = fields.map(\.name)
        if !known.contains("workspaceId") { known.append("workspaceId") }
        try checkNames(known)
        guard missing.isEmpty else { throw .missing(missing) }
    }
}

/// The members of a JSON object. A member that is null counts as left out.
extension [String: JSON]: FieldInputs {
    public func value(_ name: String) throws(InputError) -> FieldInput? {
        self[name].flatMap { $0 == .null ? nil : .json($0) }
    }

    public func checkNames(_ known: [String]) throws(InputError) {
        let unknown = keys.filter { !known.contains($0) }.min()
        if let unknown { throw .unknown(unknown, "field", known: known) }
    }
}

extension Field {
    /// Returns a field that must be given. `example` is a value for the documentation, from the demonstration workspace
    /// if possible.
    public static func required(
        _ name: String, _ type: FieldType<Value>, _ summary: String, example: JSON? = nil
    ) -> Field {
        Field(
            description: FieldDescription(
                name: name, isRequired: true, summary: summary, example: example,
                makeConstraint: type.constraint, makeSchema: type.schema)
        ) { input throws(InputError) in
            guard let input else { throw .missing([name]) }
            return try type.value(of: input, named: name)
        }
    }

    /// Returns a field that may be omitted. Its value is then `fallback`.
    public static func optional(
        _ name: String, _ type: FieldType<Value>, default fallback: Value, _ summary: String, example: JSON? = nil
    ) -> Field where Value: Sendable {
        Field(
            description: FieldDescription(
                name: name, isRequired: false, summary: summary, example: example,
                makeConstraint: type.constraint,
                makeSchema: {
                    let schema = type.schema()
                    return json(of: fallback).map { schema.withDefault($0) } ?? schema
                })
        ) { input throws(InputError) in
            guard let input else { return fallback }
            return try type.value(of: input, named: name)
        }
    }

    /// Returns a field that may be omitted. Its value is then nil.
    public static func optional<Wrapped>(
        _ name: String, _ type: FieldType<Wrapped>, _ summary: String, example: JSON? = nil
    ) -> Field where Value == Wrapped? {
        Field(
            description: FieldDescription(
                name: name, isRequired: false, summary: summary, example: example,
                makeConstraint: type.constraint, makeSchema: type.schema)
        ) { input throws(InputError) in
            guard let input else { return nil }
            return try type.value(of: input, named: name)
        }
    }
}

/// Returns a field's default value as JSON; nil if there is no such JSON, as for an empty list in a query.
private func json(of value: some Any) -> JSON? {
    switch value {
    case let value as Int: .integer(value)
    case let value as Bool: .bool(value)
    case let value as any RawRepresentable: (value.rawValue as? String).map(JSON.string)
    default: nil
    }
}

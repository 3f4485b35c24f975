public import Base
public import Function
import HTTP
import Synchronization
import Testing

/// Compares the answers of a function with its part of the OpenAPI document. `TestPipeline` does this with every answer,
/// so that all tests of endpoints test the declarations too.
struct AnswerCheck {
    private static let declarations = Mutex<[ObjectIdentifier: JSON]>([:])

    /// The header fields that HTTP itself defines for every response with a body.
    private static let usualFields: Set<String> = ["content-type", "content-length"]

    private let declaration: JSON

    init(_ function: any Function.Type) {
        declaration = Self.declarations.withLock { known in
            let id = ObjectIdentifier(function)
            if let declaration = known[id] { return declaration }
            let declaration = DeclaredOperation.declaration(of: function)
            known[id] = declaration
            return declaration
        }
    }

    /// Records an issue for each way in which an answer is not what the function declares. An answer to a method that
    /// the function does not have is not checked.
    func check(_ reply: Reply, to method: String, isCutOff: Bool) {
        let name = method == "HEAD" ? "GET" : method
        guard name == name.uppercased(), let operation = declaration["path"]?[name.lowercased()] else { return }
        let id = operation["operationId"]?.string ?? ""
        guard let response = operation["responses"]?[String(reply.status)] else {
            Issue.record("\(id) declares no status \(reply.status); the body was \(reply.text.prefix(500))")
            return
        }
        var problems = problems(of: reply, fields: response["headers"]?.object ?? [:])
        let mediaType = String((reply.headers["Content-Type"] ?? "").prefix { $0 != ";" })
        if let content = response["content"]?[mediaType] {
            if !isCutOff, method != "HEAD", let schema = content["schema"].map(resolved) {
                let checks = (schema["anyOf"]?.array?.map(resolved) ?? [schema]).map { SchemaCheck(reply.json, $0) }
                let check = checks.first { $0.problems.isEmpty } ?? checks.last
                problems += check?.problems ?? ["the schema has no alternative"]
                let seen = check?.seen ?? []
                FieldsSeen.current?.add(seen.map { "\(id) \(reply.status < 400 ? "" : "error ")\($0)" })
            }
        } else if response["content"] != nil || !reply.body.isEmpty {
            problems.append("the media type \(mediaType) is not declared")
        }
        for problem in problems { Issue.record("\(id) \(reply.status): \(problem)") }
    }

    private func problems(of reply: Reply, fields: [String: JSON]) -> [String] {
        var problems: [String] = []
        for (name, field) in fields {
            let field = resolved(field)
            guard let text = reply.headers[name] else {
                if field["required"] == true { problems.append("the field \(name) is missing") }
                continue
            }
            guard let schema = field["schema"] else { continue }
            let value = schema["type"] == "integer" ? Int(text).map(JSON.integer) ?? .string(text) : .string(text)
            problems += SchemaCheck(value, schema).problems.map { "\(name): \($0)" }
        }
        let declared = Set(fields.keys.map { $0.lowercased() }).union(Self.usualFields)
        for field in reply.headers.fields where !declared.contains(field.name.lowercased()) {
            problems.append("the field \(field.name) is not declared")
        }
        return problems
    }

    /// Returns a component for a reference to it.
    private func resolved(_ value: JSON) -> JSON {
        guard let reference = value["$ref"]?.string else { return value }
        return reference.split(separator: "/").dropFirst().reduce(declaration) { $0[String($1)] ?? .null }
    }
}

/// The fields of answers that the calls of a test have seen.
public final class FieldsSeen: Sendable {
    /// Collects the fields of all answers in its scope.
    @TaskLocal public static var current: FieldsSeen?

    private let names = Mutex<Set<String>>([])

    /// Creates an empty collection.
    public init() {}

    /// The names: the operation, and the field's place in the answer, such as `list_findings findings[].title`.
    public var all: Set<String> { names.withLock { $0 } }

    func add(_ more: [String]) { names.withLock { $0.formUnion(more) } }
}

/// An operation as a function's part of the OpenAPI document declares it.
public struct DeclaredOperation: Sendable {
    /// The method, such as GET.
    public let method: String
    /// The OpenAPI operation object.
    public let declaration: JSON

    /// The name of the operation.
    public var id: String { declaration["operationId"]?.string ?? "" }

    /// Returns the operations of a function.
    public static func all(of function: any Function.Type) -> [DeclaredOperation] {
        (declaration(of: function)["path"]?.object ?? [:]).map {
            DeclaredOperation(method: $0.uppercased(), declaration: $1)
        }
    }

    /// The schemas of the inputs by their names, in the query and in the body.
    public var inputs: [(name: String, isInQuery: Bool, isRequired: Bool, schema: JSON)] {
        let parameters = declaration["parameters"]?.array ?? []
        let inQuery = parameters.filter { $0["in"] == "query" }.map {
            (
                name: $0["name"]?.string ?? "", isInQuery: true, isRequired: $0["required"] == true,
                schema: $0["schema"] ?? .null
            )
        }
        let body = declaration["requestBody"]?["content"]?["application/json"]?["schema"]
        let required = body?["required"]?.array ?? []
        let inBody = (body?["properties"]?.object ?? [:]).map {
            (name: $0, isInQuery: false, isRequired: required.contains(.string($0)), schema: $1)
        }
        return inQuery + inBody.sorted { $0.name < $1.name }
    }

    /// The fields that answers without errors may have, in the form of `FieldsSeen`.
    public var outputFields: Set<String> {
        let schema = declaration["responses"]?["200"]?["content"]?["application/json"]?["schema"] ?? .null
        return Set(SchemaCheck.members(of: schema).map { "\(id) \($0)" })
    }

    static func declaration(of function: any Function.Type) -> JSON {
        Pipeline(function, Environment([:])).declaration()
    }
}

import Base
import HTTP
import Operation

/// The inputs of a request: the query's parameters for GET and HEAD, the body's fields for other methods.
enum Inputs: FieldInputs {
    case query(Query)
    /// The body's fields. `query` may name the workspace if `queryNamesWorkspace` is true, and nothing else.
    case body([String: JSON], query: Query, queryNamesWorkspace: Bool)

    /// Reads the inputs of a request. A request with an API key needs no body, and may name the workspace in the query,
    /// whatever its method.
    ///
    /// - Throws: 400 if the query string or the body is malformed, if the body has another type than JSON, or if it is
    ///   missing and `hasKey` is false.
    init(_ request: Request, hasKey: Bool) throws(InputError) {
        guard let query = Query(request.queryString) else { throw .unreadable("The query string is malformed.") }
        guard request.method != .get, request.method != .head else {
            self = .query(query)
            return
        }
        guard case .bytes(let bytes) = request.body, !bytes.isEmpty || hasKey else {
            throw .unreadable("The request needs a JSON body.")
        }
        guard !bytes.isEmpty else {
            self = .body([:], query: query, queryNamesWorkspace: hasKey)
            return
        }
        if let type = request.headers["Content-Type"] {
            // White space is allowed before the media type's parameters (RFC 9110 §5.6.6).
            let mediaType = type.prefix { $0 != ";" }.withoutOuterWhitespace
            guard mediaType.lowercased() == "application/json" else {
                throw .unreadable("Content-Type must be application/json.")
            }
        }
        guard let value = try? JSON(parsing: bytes) else { throw .unreadable("The body is not valid JSON.") }
        guard let members = value.object else { throw .unreadable("The body must be a JSON object.") }
        self = .body(members, query: query, queryNamesWorkspace: hasKey)
    }

    /// Reads the query of a request whose body is a message of its own form. The query may name the workspace.
    ///
    /// - Throws: 400 if the query string is malformed, or has another parameter.
    init(queryOf request: Request) throws(InputError) {
        guard let query = Query(request.queryString) else { throw .unreadable("The query string is malformed.") }
        try Self.checkNames(of: query, ["workspaceId"])
        self = .body([:], query: query, queryNamesWorkspace: true)
    }

    /// Returns the value of a field. Returns nil if the field is missing, or null in a body.
    ///
    /// - Throws: 400 if a query has the parameter more than once.
    func value(_ name: String) throws(InputError) -> FieldInput? {
        switch self {
        case .query(let query):
            let values = query.values(name)
            guard values.count <= 1 else { throw .unreadable("\(name) is given more than once.") }
            return values.first.map { .text($0) }
        case .body(let members, _, _): return try members.value(name)
        }
    }

    /// Checks that every name of a parameter or a field is among `known`.
    ///
    /// - Throws: 400 that names the nearest known one.
    func checkNames(_ known: [String]) throws(InputError) {
        switch self {
        case .query(let query): try Self.checkNames(of: query, known)
        case .body(let members, let query, let queryNamesWorkspace):
            try members.checkNames(known)
            try Self.checkNames(of: query, queryNamesWorkspace ? ["workspaceId"] : [])
        }
    }

    private static func checkNames(of query: Query, _ known: [String]) throws(InputError) {
        let unknown = query.names.first { !known.contains($0) }
        if let unknown { throw .unknown(unknown, "query parameter", known: known) }
    }
}

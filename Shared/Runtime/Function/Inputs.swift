import Base
import HTTP
import Operation

/// The inputs of a request: the query's parameters for GET and HEAD, the body's fields for other methods.
enum Inputs: FieldInputs {
    case query(Query)
    case body([String: JSON])

    /// Reads the inputs of a request.
    ///
    /// - Throws: 400 if the query string of a GET or HEAD request is malformed. For other methods, 400 if the body is
    ///   not a JSON object, if Content-Type names another type than JSON, or if the body is empty and `needsBody` is
    ///   true.
    init(_ request: Request, needsBody: Bool) throws(InputError) {
        guard request.method != .get, request.method != .head else {
            try self.init(queryOf: request)
            return
        }
        guard case .bytes(let bytes) = request.body, !bytes.isEmpty || !needsBody else {
            throw .unreadable("The request needs a JSON body.")
        }
        guard !bytes.isEmpty else {
            self = .body([:])
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
        self = .body(members)
    }

    /// Reads the parameters of a request's query, whatever its method.
    ///
    /// - Throws: 400 if the query string is malformed.
    init(queryOf request: Request) throws(InputError) {
        guard let query = Query(request.queryString) else { throw .unreadable("The query string is malformed.") }
        self = .query(query)
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
        case .body(let members):
            return members[name].flatMap { $0 == .null ? nil : .json($0) }
        }
    }
}

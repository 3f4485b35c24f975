import Base
import HTTP

/// The inputs of a request: the query's parameters of GET, the body's fields of other methods.
enum Inputs {
    case query(Query)
    case body([String: JSON])

    /// Throws 400 when the query string or the body is malformed, or there is no body where one is needed.
    init(_ request: Request, needsBody: Bool) throws(HTTPError) {
        guard request.method != .get, request.method != .head else {
            try self.init(queryOf: request)
            return
        }
        guard case .bytes(let bytes) = request.body, !bytes.isEmpty || !needsBody else {
            throw .badRequest("The request needs a JSON body.")
        }
        guard !bytes.isEmpty else {
            self = .body([:])
            return
        }
        if let type = request.headers["Content-Type"] {
            // White space may stand before the parameters (RFC 9110 §5.6.6).
            let mediaType = type.prefix { $0 != ";" }.withoutOuterWhitespace
            guard mediaType.lowercased() == "application/json" else {
                throw .badRequest("Content-Type must be application/json.")
            }
        }
        guard let value = try? JSON(parsing: bytes) else { throw .badRequest("The body is not valid JSON.") }
        guard let members = value.object else { throw .badRequest("The body must be a JSON object.") }
        self = .body(members)
    }

    /// The parameters of a request's query, whatever its method. Throws 400 when it is malformed.
    init(queryOf request: Request) throws(HTTPError) {
        guard let query = Query(request.queryString) else { throw .badRequest("The query string is malformed.") }
        self = .query(query)
    }

    /// A field's value as it came; nil when it was left out. Null in a body is left out.
    func value(_ name: String) throws(HTTPError) -> FieldInput? {
        switch self {
        case .query(let query):
            let values = query.values(name)
            guard values.count <= 1 else { throw .badRequest("\(name) is given more than once.") }
            return values.first.map { .text($0) }
        case .body(let members):
            return members[name].flatMap { $0 == .null ? nil : .json($0) }
        }
    }
}

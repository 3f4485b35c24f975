import Auth
public import Base
import HTTP
import Operation

// The part of the OpenAPI 3.1 document that an executable prints with `--describe`: an object with the path item of its
// route, and the components to which the path item refers. An executable does not know its route, so `local-runner
// openapi` puts the parts of all executables together.

extension Pipeline {
    public func declaration() -> JSON {
        var path: [String: JSON] = [:]
        for (method, handler) in handlers {
            path[method.rawValue.lowercased()] = handler.declaration(of: method, maximumBodyLength)
        }
        return ["path": .object(path), "components": Handler.components]
    }
}

extension Handler {
    /// Returns the OpenAPI operation object.
    func declaration(of method: Method, _ maximumBodyLength: Int) -> JSON {
        var operation: [String: JSON] = [
            "operationId": .string(name), "summary": .string(summary), "tags": [.string(tag)],
            "security": security, "responses": responses(maximumBodyLength),
        ]
        if let callers { operation["description"] = .string(callers) }
        let parameters = parameters(isQuery: method == .get)
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if method != .get { operation["requestBody"] = requestBody }
        return .object(operation)
    }

    private var tag: String {
        switch access {
        case .apiKey: "API keys"
        case .session: "Sessions"
        case .sessionOrKey: "Sessions and API keys"
        case nil: "Without credentials"
        }
    }

    /// The security requirement: one of the objects must be met (OpenAPI 3.1 §4.8.30).
    private var security: JSON {
        switch access {
        case .apiKey: [["apiKey": []], ["apiKeyHeader": []]]
        case .session: [["session": []]]
        case .sessionOrKey: [["session": []], ["apiKey": []], ["apiKeyHeader": []]]
        case nil: []
        }
    }

    /// A sentence about who may call the operation.
    private var callers: String? {
        let plan = plan == .enterprise ? " The workspace must have the Enterprise plan." : ""
        switch access {
        case .apiKey(let scope):
            return "Needs an API key with the scope \(scope.rawValue)\(scope == .read ? " or write" : "")." + plan
        case .session(let permission):
            return "Needs a session of a member with one of these roles: \(Self.roles(permission))." + plan
        case .sessionOrKey(let permission):
            return "Needs an API key, or a session of a member with one of these roles: \(Self.roles(permission))."
                + plan
        case nil: return nil
        }
    }

    private static func roles(_ permission: Permission) -> String {
        Role.allCases.filter { permission.roles.contains($0) }.map(\.rawValue).joined(separator: ", ")
    }

    // MARK: Inputs

    /// The meaning of workspaceId; nil if the operation does not know it.
    private var workspaceSummary: String? {
        switch access {
        case .session: "The workspace."
        case .apiKey: "The key's own workspace, which is the default."
        case .sessionOrKey: "The workspace. A session must name it; with an API key, the default is the key's own."
        case nil: nil
        }
    }

    private var needsWorkspace: Bool { if case .session = access { true } else { false } }

    private func parameters(isQuery: Bool) -> [JSON] {
        var parameters: [JSON] = []
        // With an API key, workspaceId may be given in the query, whatever the method.
        if let workspaceSummary, isQuery || !needsWorkspace {
            parameters.append(
                Self.parameter("workspaceId", in: "query", .uuid, isRequired: needsWorkspace, workspaceSummary))
        }
        if isQuery {
            parameters += fields.map {
                Self.parameter($0.name, in: "query", $0.schema, isRequired: $0.isRequired, $0.summary)
            }
        }
        return parameters
            + headers().map { Self.parameter($0.name, in: "header", $0.schema, isRequired: access == nil, $0.summary) }
    }

    private static func parameter(
        _ name: String, in place: String, _ schema: JSONSchema, isRequired: Bool, _ summary: String
    ) -> JSON {
        [
            "name": .string(name), "in": .string(place), "required": .bool(isRequired), "schema": schema.json,
            "description": .string(summary),
        ]
    }

    private var requestBody: JSON {
        if let body = messageForms?().body {
            return ["required": true, "content": ["application/json": ["schema": body.json]]]
        }
        guard let workspaceSummary else {
            return ["required": true, "content": ["application/json": ["schema": JSONSchema.anyObject.json]]]
        }
        var members: [JSONSchema.Member] = [
            needsWorkspace
                ? .field("workspaceId", .uuid, workspaceSummary)
                : .optional("workspaceId", JSONSchema.uuid.orNull, workspaceSummary)
        ]
        // Null counts as left out.
        members += fields.map {
            $0.isRequired ? .field($0.name, $0.schema, $0.summary) : .optional($0.name, $0.schema.orNull, $0.summary)
        }
        let isRequired = needsWorkspace || fields.contains(where: \.isRequired)
        return [
            "required": .bool(isRequired),
            "content": ["application/json": ["schema": JSONSchema.object(members).json]],
        ]
    }

    // MARK: Responses

    private func responses(_ maximumBodyLength: Int) -> JSON {
        var responses: [String: JSON] = [:]
        let answer = answer()
        for status in answer.emptyStatuses {
            responses[String(status)] = [
                "description": .string(Response.reason(status).description + "."), "headers": .object(headersOfAll),
            ]
        }
        for status in answer.statuses {
            var content: [String: JSON] = [:]
            for (mediaType, schema) in answer.contents {
                guard let schema else {
                    content[mediaType] = [:]
                    continue
                }
                content[mediaType] = ["schema": schema.json, "example": schema.example]
            }
            var headers = headersOfAll
            if answer.isRateLimited { headers.merge(Self.rateLimitHeaders) { $1 } }
            for field in answer.headers { headers[field.name] = Self.header(field) }
            responses[String(status)] = [
                "description": .string(Response.reason(status).description + "."), "headers": .object(headers),
                "content": .object(content),
            ]
        }
        for (status, errors) in declaredErrors(maximumBodyLength)
        where responses[String(status)] == nil {
            responses[String(status)] = response(status, errors)
        }
        return .object(responses)
    }

    /// The errors that the operation may answer with: for each status, examples with their codes.
    private func declaredErrors(
        _ maximumBodyLength: Int
    ) -> [Int: [(code: String, sentence: String)]] {
        var errors: [Int: [(code: String, sentence: String)]] = [:]
        func add(_ status: Int, _ code: String, _ sentence: String) {
            errors[status, default: []].append((code, sentence))
        }
        add(413, "body.too_long", "The body is longer than \(maximumBodyLength) bytes.")
        add(500, "internal", HTTPError.internal.sentence)
        add(503, "unavailable", HTTPError.unavailable.sentence)
        add(503, "unwritable", HTTPError.unwritable.sentence)
        if access != nil { add(400, "input.malformed", "workspaceId must be a UUID.") }
        for error in accessErrors + self.errors() {
            add(HTTPError.status(of: error.kind), error.code, error.sentence)
        }
        return errors
    }

    /// The errors for callers without access.
    private var accessErrors: [any DomainError] {
        guard let access else { return [] }
        var errors: [any DomainError] = [AccessError.addressForbidden, AccessError.tooManyFailures(retryAfter: 60)]
        switch access {
        case .session:
            errors += [InputError.missing(["workspaceId"]), AccessError.invalidSession, AccessError.roleForbids]
        case .sessionOrKey:
            errors += [
                InputError.missing(["workspaceId"]), AccessError.invalidCredentials, AccessError.roleForbids,
                AccessError.keyOfAnotherWorkspace,
            ]
        case .apiKey(let scope):
            errors += [AccessError.invalidAPIKey, AccessError.keyOfAnotherWorkspace]
            // A message may need a wider scope than the endpoint.
            if scope == .write || messageForms != nil { errors.append(AccessError.needsScope(.write)) }
        }
        switch plan {
        case .current: errors.append(AccessError.trialExpired)
        case .enterprise: errors.append(AccessError.notEnterprise)
        case .any: break
        }
        return errors
    }

    private func response(_ status: Int, _ errors: [(code: String, sentence: String)]) -> JSON {
        var headers = headersOfAll
        if status == 401 { headers["WWW-Authenticate"] = Self.reference("headers", "WWW-Authenticate") }
        if [409, 429, 503].contains(status) { headers["Retry-After"] = Self.reference("headers", "Retry-After") }
        if status == 429 { headers.merge(Self.rateLimitHeaders) { $1 } }
        var examples: [String: JSON] = [:]
        for (code, sentence) in errors {
            examples[code] = ["value": messageForms?().example(status, sentence) ?? ["error": .string(sentence)]]
        }
        return [
            "description": .string(
                Response.reason(status).description + ". " + errors.map(\.sentence).joined(separator: " ")),
            "headers": .object(headers),
            "content": [
                "application/json": [
                    "schema": errorSchema,
                    "examples": .object(examples),
                ]
            ],
        ]
    }

    /// The schema of errors. An endpoint for messages answers with errors of its protocol, and with REST's errors to
    /// requests whose message was not read.
    private var errorSchema: JSON {
        let error = Self.reference("schemas", "Error")
        guard let message = messageForms?().error else { return error }
        return ["anyOf": [message.json, error]]
    }

    // MARK: Components

    private static func reference(_ kind: String, _ name: String) -> JSON {
        ["$ref": .string("#/components/\(kind)/\(name)")]
    }

    private static func header(_ field: HeaderField, isRequired: Bool = false) -> JSON {
        ["description": .string(field.summary), "required": .bool(isRequired), "schema": field.schema.json]
    }

    /// The header fields of every response of the operation. All answers to an API key have the state of its limit.
    private var headersOfAll: [String: JSON] {
        var headers: [String: JSON] = [:]
        for name in Response.everyResponse.map(\.name) + ["X-Request-Id"] + Self.originFields.map(\.name) {
            headers[name] = Self.reference("headers", name)
        }
        switch access {
        case .apiKey, .sessionOrKey: headers.merge(Self.rateLimitHeaders) { $1 }
        case .session, nil: break
        }
        return headers
    }

    private static var rateLimitHeaders: [String: JSON] {
        var headers: [String: JSON] = [:]
        for field in rateLimitFields { headers[field.name] = reference("headers", field.name) }
        return headers
    }

    /// The fields of CORS (`AllowedOrigins`), which responses have only if pages of other origins may call the API.
    private static var originFields: [HeaderField] {
        [
            HeaderField("Vary", .oneOf(["Origin"]), "Responses differ by the origin of the page that calls the API."),
            HeaderField("Access-Control-Allow-Origin", .string, "The page's origin, if it may call the API."),
            HeaderField("Access-Control-Expose-Headers", .string, "The header fields that the page may read."),
        ]
    }

    /// The state of a limit (draft-ietf-httpapi-ratelimit-headers).
    private static var rateLimitFields: [HeaderField] {
        [
            HeaderField("RateLimit-Limit", .count, "The largest number of requests in the time window."),
            HeaderField("RateLimit-Remaining", .count, "The number of requests that are left in the time window."),
            HeaderField("RateLimit-Reset", .count, "The seconds until the next time window begins."),
        ]
    }

    /// The components to which the operations refer. They are the same for all executables.
    static var components: JSON {
        var headers: [String: JSON] = [:]
        for (name, value) in Response.everyResponse {
            headers[name] = header(HeaderField(name, .oneOf([value]), "The same in every response."), isRequired: true)
        }
        headers["X-Request-Id"] = header(
            HeaderField("X-Request-Id", .string, "The id of the request, as in the log."), isRequired: true)
        for field in rateLimitFields + originFields { headers[field.name] = header(field) }
        headers["Retry-After"] = header(
            HeaderField("Retry-After", .count, "The seconds after which another try may succeed."))
        headers["WWW-Authenticate"] = header(
            HeaderField("WWW-Authenticate", .oneOf(["Bearer"]), "The scheme of the credentials."), isRequired: true)
        let error = JSONSchema.object(
            .field("error", .string, "The problem and, where possible, what to do about it."))
        return [
            "schemas": ["Error": error.json], "headers": .object(headers),
            "securitySchemes": [
                "session": [
                    "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "A session token of Supabase Auth.",
                ],
                "apiKey": [
                    "type": "http", "scheme": "bearer", "description": "An API key, such as thal_your_key_here.",
                ],
                "apiKeyHeader": [
                    "type": "apiKey", "in": "header", "name": "X-Api-Key",
                    "description": "An API key in a header field of its own.",
                ],
            ],
        ]
    }
}

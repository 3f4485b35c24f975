public import Base

/// The declaration of the answer that a handler gives if nothing fails. It is made only for documentation and tests.
public struct Answer: Sendable {
    /// The statuses. An answer with a body of the same form may have several.
    private(set) var statuses = [200]
    /// The statuses of answers without a body.
    private(set) var emptyStatuses: [Int] = []
    /// The media types, without parameters. The schema is nil for files that are not JSON.
    private(set) var contents: [(mediaType: String, schema: JSONSchema?)]
    /// The header fields of its own, which some answers lack.
    private(set) var headers: [HeaderField] = []
    /// True if it may have the header fields with the state of a limit of its own.
    private(set) var isRateLimited = false

    private init(contents: [(mediaType: String, schema: JSONSchema?)]) { self.contents = contents }

    /// An answer in JSON that a type writes.
    public static func json<Body: Described>(_ type: Body.Type) -> Answer { json(Body.schema) }

    /// An answer with a JSON object.
    public static func json(_ members: JSONSchema.Member...) -> Answer { json(.object(members)) }

    /// An answer in JSON.
    public static func json(_ schema: JSONSchema) -> Answer { Answer(contents: [("application/json", schema)]) }

    /// Returns the answer, which may also be a file of one of these media types.
    public func orFile(_ mediaTypes: String...) -> Answer {
        var answer = self
        for mediaType in mediaTypes { answer.contents.append((mediaType, nil)) }
        return answer
    }

    /// Returns the answer, which may also have another status.
    public func orStatus(_ status: Int) -> Answer {
        var answer = self
        answer.statuses.append(status)
        return answer
    }

    /// Returns the answer, which may also have this status and no body.
    public func orEmpty(_ status: Int) -> Answer {
        var answer = self
        answer.emptyStatuses.append(status)
        return answer
    }

    /// The answer with the header fields RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset, which not every answer
    /// has.
    public var rateLimited: Answer {
        var answer = self
        answer.isRateLimited = true
        return answer
    }

    /// Returns the answer with one more header field, which not every answer has.
    public func header(_ name: String, _ schema: JSONSchema, _ summary: String) -> Answer {
        var answer = self
        answer.headers.append(HeaderField(name, schema, summary))
        return answer
    }
}

/// The declaration of a header field of a request or a response.
public struct HeaderField: Sendable {
    let name: String
    let schema: JSONSchema
    let summary: String

    /// Declares a header field.
    public init(_ name: String, _ schema: JSONSchema, _ summary: String) {
        (self.name, self.schema, self.summary) = (name, schema, summary)
    }
}

public import Auth
public import Base
public import HTTP

/// A message of a protocol that has its own form of requests and errors, as an endpoint has read it.
public struct IncomingMessage {
    /// The scope that the caller's API key must have.
    let scope: Scope
    /// Returns the response to a request that was refused before the message was handled, or that can't be answered.
    let refuse: (HTTPError) -> Response
    /// Returns the response to an error that `handle` threw.
    let fail: (HTTPError) -> Response
    /// Answers the message.
    let handle: (Context) throws -> Response

    /// Creates a message from its scope and the code that answers it.
    public init(
        scope: Scope, refuse: @escaping (HTTPError) -> Response, fail: @escaping (HTTPError) -> Response,
        handle: @escaping (Context) throws -> Response
    ) {
        (self.scope, self.refuse, self.fail, self.handle) = (scope, refuse, fail, handle)
    }
}

/// The form of a protocol's messages and errors, for the OpenAPI document.
public struct MessageForms {
    /// The schema of messages.
    let body: JSONSchema
    /// The schema of errors.
    let error: JSONSchema
    /// Returns the body of the response to an error with a status and a sentence.
    let example: (_ status: Int, _ sentence: String) -> JSON

    /// Creates a description of messages and errors.
    public init(body: JSONSchema, error: JSONSchema, example: @escaping (_ status: Int, _ sentence: String) -> JSON) {
        (self.body, self.error, self.example) = (body, error, example)
    }
}

public import Auth
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

extension Response {
    /// The security headers that every response carries, including the runner's own, and the header that forbids
    /// caching.
    public static let everyResponse: [(name: String, value: String)] = [
        ("X-Frame-Options", "DENY"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
        ("Cache-Control", "no-store"),
    ]

    /// Returns the response in the form in which it is sent: with its length, if that is known, with the headers that
    /// every response carries, and with the request's id.
    public func completed(requestID: String) -> Response {
        var response = self
        // A 204 must not have a length (RFC 9110 §8.6).
        if case .bytes(let bytes) = body, status != 204 { response.headers.add("Content-Length", String(bytes.count)) }
        for field in Self.everyResponse { response.headers.add(field.name, field.value) }
        response.headers.add("X-Request-Id", requestID)
        return response
    }
}

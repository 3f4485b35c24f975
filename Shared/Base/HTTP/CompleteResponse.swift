extension Response {
    /// The security headers that every answer carries, the runner's own among them, and that it is never cached.
    public static let everyResponse: [(name: String, value: String)] = [
        ("X-Frame-Options", "DENY"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
        ("Cache-Control", "no-store"),
    ]

    /// The response as it leaves: with its length, where that is known, with the headers that every answer carries, and
    /// named by the request's id.
    public func completed(requestID: String) -> Response {
        var response = self
        if case .bytes(let bytes) = body { response.headers.add("Content-Length", String(bytes.count)) }
        for field in Self.everyResponse { response.headers.add(field.name, field.value) }
        response.headers.add("X-Request-Id", requestID)
        return response
    }
}

extension Response {
    /// Returns the response with the headers that every response carries: its length, if it is known, the security
    /// headers, `Cache-Control: no-store`, and the request's id.
    public func completed(requestID: String) -> Response {
        var response = self
        if case .bytes(let bytes) = body { response.headers.add("Content-Length", String(bytes.count)) }
        response.headers.add("X-Frame-Options", "DENY")
        response.headers.add("X-Content-Type-Options", "nosniff")
        response.headers.add("Referrer-Policy", "strict-origin-when-cross-origin")
        response.headers.add("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        response.headers.add("Cache-Control", "no-store")
        response.headers.add("X-Request-Id", requestID)
        return response
    }
}

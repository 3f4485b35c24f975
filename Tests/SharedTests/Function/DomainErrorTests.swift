import Auth
import Base
import Function
import HTTP
import Testing

/// The answers to errors of the domain.
@Suite struct DomainErrorTests {
    private struct Refusal: DomainError {
        let kind: ErrorKind
        var code: String { "test.refusal" }
        var sentence: String { "It can't be done." }
        var retryAfter: Int?
    }

    @Test(
        "Each kind has a status",
        arguments: [
            (ErrorKind.invalid, 400), (.unauthenticated, 401), (.refused, 403), (.notFound, 404), (.conflict, 409),
            (.tooLarge, 413), (.unprocessable, 422), (.limited, 429), (.internal, 500), (.unavailable, 503),
        ])
    func statuses(_ kind: ErrorKind, _ status: Int) {
        let error = HTTPError(Refusal(kind: kind))
        #expect(error.status == status && error.sentence == "It can't be done.")
        #expect(error.headers["WWW-Authenticate"] == (status == 401 ? "Bearer" : nil))
        #expect(error.headers["Retry-After"] == nil)
        #expect(HTTPError(Refusal(kind: kind, retryAfter: 7)).headers["Retry-After"] == "7")
    }
}

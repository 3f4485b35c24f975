import Function
import HTTP
import TestSupport
import Testing

@testable import api_openapi

/// GET /api/openapi.json in the tests' process, next to which no build has put the document.
@Suite(.usesStore) struct OpenAPITests {
    @Test("Without the document next to the executable, the answer is 503") func missing() throws {
        let reply = try TestStore().send(Call(), to: OpenAPIFunction.self)
        #expect(reply.status == 503 && reply.headers["Retry-After"] == "5" && reply.error != nil)
    }
}

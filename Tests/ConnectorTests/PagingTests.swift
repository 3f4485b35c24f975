import Base
import TestSupport
import Testing
import Upstream

@testable import Connectors

@Suite struct PagingTests {
    @Test func anEmptyTokenIsNoNextPage() throws {
        let provider = try FakeProvider { _ in .json(["items": [], "next": ""]) }
        let base = try #require(UpstreamURL("https://api.example.com"))
        let client = try UpstreamClient(
            "example", Environment(["ENVIRONMENT": "development", "UPSTREAM_EXAMPLE": provider.url]), seconds: 5)
        let api = PlatformAPI(client, base, .fields([])) { _ in .provider("It fails.") }
        let list = RecordCollection.tokened(
            "items", api, "/", parameter: "page", token: { $0.json["next"]?.string }, records: { _ in [] })
        #expect(try list.page(nil).next == nil)
    }
}

import Base
import TestSupport
import Testing

@testable import Connectors

@Suite struct OlderEventsTests {
    @Test(
        "A list whose older events are due requests them, and the other lists do not",
        arguments: [ConnectorCase.googleWorkspace, .entra, .slack, .jira])
    func eachList(_ example: ConnectorCase) throws {
        let names = try example.connect(FakeProvider(example.org)).collections.filter { $0.kinds == [.auditEvent] }
        #expect(!names.isEmpty)
        for name in names.map(\.name) {
            let provider = try FakeProvider(example.org)
            let connector = try example.connect(provider, olderEvents: [name: Timestamp(seconds: 1_700_000_000)])
            for list in connector.collections where list.kinds == [.auditEvent] {
                let before = provider.requests.count
                _ = try? list.page(nil)
                let asked = provider.requests.dropFirst(before).map(\.target).joined(separator: " ")
                let isOlder = asked.contains("2023-11-14") || asked.contains("1700000000")
                #expect(isOlder == (list.name == name), "\(asked)")
            }
        }
    }
}

import Base
import HTTP
import TestSupport
import Testing

@testable import Connectors
@testable import Upstream

/// Answers with flaws for which a strict JSON reader would refuse the whole answer.
@Suite struct LenientAnswerTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    struct Flaw: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// The value of the profile's `displayName`, as it is written in the answer. Other members may follow it.
        let name: [UInt8]
        /// The account's display name; nil if it is the first and the last name, as without `displayName`.
        let read: String?

        init(_ description: String, _ name: [UInt8], _ read: String?) {
            testDescription = description
            self.name = name
            self.read = read
        }
    }

    static let flaws = [
        Flaw("half a surrogate pair", bytes(#""Ann \ud83c""#), "Ann \u{FFFD}"),
        Flaw("the other half", bytes(#""\udf00 Ann""#), "\u{FFFD} Ann"),
        Flaw("a tabulator and a line feed", bytes("\"Ann\t\nLee\""), "Ann\t\nLee"),
        Flaw("a control character", bytes("\"Ann\u{1}\""), "Ann\u{1}"),
        Flaw("bytes that are not UTF-8", [0x22, 0x41, 0xFF, 0xC3, 0x22], "A\u{FFFD}\u{FFFD}"),
        Flaw("a number out of range", bytes("1e400"), nil),
        Flaw("an integer out of range", bytes(String(repeating: "9", count: 400)), nil),
        Flaw("a member that stands twice", bytes(#""Bob", "displayName": "Ann""#), "Ann"),
        Flaw("names in two normal forms", bytes("\"Ann\", \"\u{E9}\": 1, \"e\u{301}\": 2"), "Ann"),
    ]

    @Test("A flaw in one user's name does not affect the other users", arguments: flaws)
    func oneFlawCostsNobodyElse(_ flaw: Flaw) throws {
        let provider = try FakeProvider { request in
            guard var reply = OktaOrg.answer(request, users: 6, isEmpty: false) else { return nil }
            guard request.path == "/api/v1/users" else { return reply }
            let text = #""profile":{"#
            let place = reply.body.firstRange(of: Array(text.utf8))
            if let place {
                reply.body.insert(
                    contentsOf: Self.bytes(#""displayName": "#) + flaw.name + [0x2C], at: place.upperBound)
            }
            return reply
        }
        let connector = try ConnectorCase.okta.connect(provider)
        let accounts = try pull { connector }.accounts
        #expect(accounts.count == 11)
        #expect(accounts["u0"]?.displayName == flaw.read ?? "Ann u0")
    }

    @Test("A byte order mark before the JSON is skipped", arguments: ConnectorCase.all)
    func aByteOrderMarkIsSkipped(_ example: ConnectorCase) throws {
        let provider = try FakeProvider { request in
            var reply = example.org(request)
            if reply?.body.first == UInt8(ascii: "{") || reply?.body.first == UInt8(ascii: "[") {
                reply?.body.insert(contentsOf: [0xEF, 0xBB, 0xBF], at: 0)
            }
            return reply
        }
        let connector = try example.connect(provider)
        let records = try pull { connector }
        #expect(Dictionary(grouping: records) { $0.key.kind }.mapValues(\.count) == example.counts)
    }

    @Test(
        "An answer that is not JSON is read as null",
        arguments: [
            "", "{", "[1,]", "{\"a\":1}}", "nul", "'a'", "\"\\x\"", "\"a", "[01]", "\u{FEFF}", "\u{FEFF}\u{FEFF}1",
        ])
    func whatIsNoJSONIsNone(_ text: String) {
        #expect(UpstreamResponse(status: 200, headers: [:], body: Array(text.utf8)).json == .null)
    }
}

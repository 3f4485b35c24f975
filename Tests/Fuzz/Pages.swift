import Base
import Integrations
import Upstream

@testable import Connectors

// Readers of the pages of providers' lists. Tests/fuzz gives them inputs. Each connector pulls from a server that
// answers with the input, split at zero bytes: the parts are the answers to the requests, one after the other. The
// first line of a part names the next page, for connectors that find it in a header field (Link, or OneLogin's
// After-Cursor). The other lines are the body.

/// The readers of pages, by the names of their seed folders.
let pageReaders: [String: Reader] = Dictionary(
    uniqueKeysWithValues: Platform.synced.map { platform in
        ("pages-" + platform.rawValue, { @Sendable (bytes: [UInt8]) in pagesAreEntriesOrErrors(bytes, of: platform) })
    })

/// Checks that no page makes a connector trap, and that no list counts as complete if none of the answers can be read.
private func pagesAreEntriesOrErrors(_ bytes: [UInt8], of platform: Platform) {
    let answers = bytes.split(separator: 0, omittingEmptySubsequences: false).map { Answer($0) }
    guard let server = pageServer, let connected = try? server.connect(platform) else {
        fatalError("the connector of \(platform.rawValue) does not take its credentials")
    }
    let isReadable = answers.contains { $0.isReadable }
    server.answer(answers)
    for list in connected.collections {
        var cursor: JSON?
        // A list of a few pages shows as much as a long one.
        for _ in 0..<4 {
            let before = server.requests
            guard let page = try? list.page(cursor) else { break }
            let isAsked = server.requests > before
            // A list that is combined from several may lack one of them; the stored records of that one then stay.
            let provesAbsence = page.end != nil && page.entries.kept.isEmpty
            expect(isReadable || !isAsked || !provesAbsence, "no list ends with a page that can't be read")
            cursor = page.next
            if cursor == nil { break }
        }
    }
}

/// A provider's answer.
struct Answer {
    let next: [UInt8]
    let body: [UInt8]

    init(_ part: ArraySlice<UInt8>) {
        let line = part.prefix { $0 != UInt8(ascii: "\n") }
        // An HTTP header field is one line of visible characters.
        next = line.filter { $0 >= 0x20 && $0 != 0x7F }
        body = Array(part.dropFirst(line.count + 1))
    }

    /// True if the body is XML, or an object or a list in JSON.
    var isReadable: Bool {
        if (try? XMLElement(parsing: body)) != nil { return true }
        switch try? JSON(parsing: body, .lenient) {
        case .object, .array: return true
        default: return false
        }
    }
}

extension PageServer {
    /// Returns the platform's connector, with this server as its provider; nil if the platform has no connector.
    fileprivate func connect(_ platform: Platform) throws -> (any Connector)? {
        let variables = ["ENVIRONMENT": "development", "UPSTREAM_" + platform.rawValue.uppercased(): url]
        var scope = ConnectorScope(
            Environment(variables), seconds: 2, eventsSince: Timestamp(seconds: 1_775_000_000))
        scope.firstPause = 0.001
        guard let connector = Connectors.of(platform.rawValue) else { return nil }
        return try connector.init(Credentials(Self.config(platform), connector.fields), scope)
    }

    private static let serviceAccount: JSON = [
        "type": "service_account", "client_email": "a@project.iam.gserviceaccount.com", "private_key_id": "k1",
        "private_key": .string(TestKey.rsa),
    ]

    private static func config(_ platform: Platform) -> [String: JSON] {
        let tenant: JSON = "11111111-2222-4333-8444-555555555555"
        let client: [String: JSON] = ["client_id": "66666666-7777-4888-9999-aaaaaaaaaaaa", "client_secret": "secret"]
        let own: [String: JSON] =
            switch platform {
            case .okta: ["domain": "example.okta.com", "api_token": "token"]
            case .googleWorkspace:
                [
                    "service_account_json": .string(String(decoding: JSONWriter.bytes(serviceAccount), as: UTF8.self)),
                    "admin_email": "admin@example.com", "customer_id": "C01abc2de",
                ]
            case .microsoftEntra, .microsoftIntune: client.merging(["tenant_id": tenant]) { $1 }
            case .github: ["organization": "acme", "token": "token"]
            case .gitlab: ["group_id": "acme", "token": "token"]
            case .aws: ["access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "secret"]
            case .slack: ["token": "xoxp-1-2-3-token"]
            case .crowdStrike: client.merging(["region": "eu-1"]) { $1 }
            case .jira: ["site": "acme", "email": "admin@acme.example", "api_token": "token"]
            case .jamfPro: client.merging(["url": "https://acme.jamfcloud.com"]) { $1 }
            case .jumpCloud: ["api_key": "token"]
            case .oneLogin: client.merging(["subdomain": "acme"]) { $1 }
            case .zoom: client.merging(["account_id": "acc"]) { $1 }
            case .bambooHR: ["company": "acme", "api_key": "key"]
            case .outbound: [:]
            }
        return own
    }
}

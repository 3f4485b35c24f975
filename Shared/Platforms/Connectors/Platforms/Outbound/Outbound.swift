public import Base
import HTTP
public import Integrations
import Upstream

/// A connector for the customer's own server, which receives events as webhooks. It has no lists and no actions.
public struct Outbound: Connector {
    public static let platform = Platform.outbound
    public static let fields: [CredentialField] = [
        .plain("url", "The address that receives the events, such as https://example.com/thalian.", accepts: isURL),
        .secret(
            "secret", "The secret that signs the events: whsec_ and 24 to 64 random bytes in base64.",
            accepts: StandardWebhook.isSecret),
        .secret(
            "previous_secret",
            "The secret until now, while the receiver changes to a new one. Events are then signed with both.",
            isRequired: false, accepts: StandardWebhook.isSecret),
        .plain(
            "severities",
            "The severities of findings that events are sent about, such as critical,high; all if left out.",
            isRequired: false, accepts: { severities(in: $0) != nil }),
    ]
    public static let actions: Set<ActionType> = []

    /// The time for one request, in seconds. The receiver should store the event and answer at once.
    private static let patience = 15.0

    /// The severities of findings, as findings name them. Events about findings of others are not sent.
    public let severities: Set<String>
    private let url: UpstreamURL
    private let signature: StandardWebhook
    private let client: UpstreamClient

    public init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let url = credentials["url"].flatMap({ UpstreamURL($0) }), let secret = credentials.secret("secret"),
            let severities = Self.severities(in: credentials["severities"] ?? Self.allSeverities)
        else { throw ConnectorError.configuration("A webhook takes url and secret.") }
        self.url = url
        self.severities = severities
        signature = StandardWebhook(secrets: [secret] + (credentials.secret("previous_secret").map { [$0] } ?? []))
        var limits = UpstreamClient.Limits()
        limits.total = Self.patience
        limits.bodyLength = 64 << 10
        // The job tries again, with longer pauses.
        client = try UpstreamClient(
            Self.platform.rawValue, scope.environment, retry: RetryPolicy(retries: 0), limits: limits,
            seconds: scope.seconds)
    }

    /// Sends a test event.
    public func check() throws {
        let now = Timestamp.now
        let event = OutboundEvent(.test, [:], at: now)
        try send(JSONWriter.bytes(JSON.object(event.json)), id: .random(), at: now)
    }

    public var collections: [RecordCollection] { [] }

    public func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        throw ConnectorError.refused("A webhook performs no actions.")
    }

    /// Sends a message once. The receiver knows a repetition by its id.
    /// - Throws: `ConnectorError` unless the receiver answers with a status of 2xx. It is `configuration` if the
    ///   receiver must be corrected first: the address is not allowed, or the receiver says that it is gone.
    public func send(_ body: [UInt8], id: Identifier, at time: Timestamp) throws {
        var request = UpstreamRequest(.post, url, headers: signature.headers(id: id, body: body, at: time))
        request.headers["Content-Type"] = "application/json"
        request.body = body
        let response: UpstreamResponse
        do {
            response = try client.send(request)
        } catch {
            throw Self.connectorError(error)
        }
        guard !response.isSuccess else { return }
        switch response.status {
        case 410: throw ConnectorError.configuration("The receiver says that it is gone (status 410).")
        case 503:
            guard let seconds = response.retryAfter, seconds > 0 else { fallthrough }
            throw ConnectorError.rateLimited(seconds: Int(clamping: seconds.rounded(.up)))
        default: throw ConnectorError.provider("The receiver answered with status \(response.status).")
        }
    }

    private static func connectorError(_ error: UpstreamError) -> ConnectorError {
        switch error {
        case .throttled(let seconds): .rateLimited(seconds: seconds)
        case .refused: .configuration("Connections to this address are not allowed.")
        case .unreachable: .provider("The receiver can't be reached.")
        case .proxyRefused(let status):
            .provider("The server's proxy refused to connect to the receiver (status \(status)).")
        case .broken: .provider("The receiver did not answer in time, or the connection broke off.")
        case .tooLarge: .provider("The receiver's response is too large.")
        }
    }

    // MARK: Fields

    private static let allSeverities = "critical,high,medium,low,info"

    @Sendable private static func isURL(_ text: String) -> Bool {
        text.utf8.count <= 2_000 && UpstreamURL(text)?.scheme == .https
    }

    /// Returns the severities in a list with commas. Returns nil if it contains any other word.
    private static func severities(in text: String) -> Set<String>? {
        let known = allSeverities.split(separator: ",")
        let named = text.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmed }
        return named.allSatisfy { known.contains(Substring($0)) } ? Set(named) : nil
    }
}

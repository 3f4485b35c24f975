import Base
import HTTP
import Upstream

/// A client for Anthropic's Messages API (POST /v1/messages, anthropic-version 2026-10-21).
struct AnthropicClient {
    /// The version of the API that each request names.
    private static let version = "2026-10-21"
    /// The largest number of tokens in one answer.
    private static let maximumTokens = 4_096

    private let model: String
    private let key: Secret
    private let client: UpstreamClient
    private let log: Log

    /// Creates a client with the key and the model from the environment. It has `seconds` for all of its work; the
    /// first pause before a retry is `pause` seconds.
    /// - Throws: `AssistantError` if no key is set, so that there is no assistant; `EnvironmentError` if a variable
    ///   about connections is malformed, or if there is no file with certificate authorities.
    init(_ environment: Environment, seconds: Double, pause: Double, _ log: Log) throws {
        guard let key = environment["ANTHROPIC_API_KEY"] else {
            throw AssistantError.notSetUp
        }
        self.key = Secret(key)
        self.log = log
        model = Self.model(environment)
        var limits = UpstreamClient.Limits()
        limits.total = seconds
        limits.bodyLength = 4 << 20
        client = try UpstreamClient(
            "anthropic", environment, retry: RetryPolicy(retries: 3, firstPause: pause, decision: Self.decision),
            limits: limits, seconds: seconds)
    }

    /// Returns the model that the environment names, or the default model.
    static func model(_ environment: Environment) -> String { environment["ANTHROPIC_MODEL"] ?? "claude-opus-4-7" }

    /// Returns the model's next message of a conversation.
    ///
    /// - Parameter mayUseTools: True if the model may call tools; otherwise it must answer in words.
    /// - Throws: `AssistantError` if Anthropic refuses the request, for example because of a limit or because it can't
    ///   process the user's message, or if it gives no answer within the time and three retries.
    func answer(
        system: String, messages: [Message], tools: JSON, mayUseTools: Bool
    ) throws -> ModelAnswer {
        guard let url = UpstreamURL("https://api.anthropic.com/v1/messages") else { throw AssistantError.failed }
        var request = UpstreamRequest(.post, url)
        request.headers["anthropic-version"] = Self.version
        request.headers["Authorization"] = key.reveal { "Bearer " + $0 }
        var body: [String: JSON] = [
            "model": .string(model), "max_tokens": .integer(Self.maximumTokens), "system": .string(system),
            "messages": .array(messages.map(\.json)), "tools": tools,
        ]
        if !mayUseTools { body["tool_choice"] = ["type": "none"] }
        request.setJSON(.object(body))
        // Asking twice costs tokens, but changes nothing.
        request.isIdempotent = true
        let response: UpstreamResponse
        do {
            response = try client.send(request)
        } catch {
            log.write(.error, "Anthropic's API: \(error)")
            throw AssistantError.unavailable
        }
        guard response.isSuccess else { throw error(response) }
        guard let answer = ModelAnswer(response.json) else {
            log.write(.error, "Anthropic's API answered something other than a message")
            throw AssistantError.unavailable
        }
        return answer
    }

    /// Returns the decision about a retry. Requests are retried after 408, 409 and 5xx, unless the response forbids it.
    /// A rate limit (429) is final.
    @Sendable private static func decision(_ response: UpstreamResponse) -> RetryDecision {
        guard response.headers["x-should-retry"] != "false" else { return .final }
        switch response.status {
        case 408, 409, 500...599:
            let seconds = response.headers["retry-after-ms"].flatMap { Double($0) }.map { $0 / 1_000 }
            return .failed(seconds: seconds ?? response.retryAfter)
        default: return .final
        }
    }

    private func error(_ response: UpstreamResponse) -> AssistantError {
        let code = response.json["error"]?["details"]?["error_code"]?.string
        let isSpent = code == "enforced_spend_limit_reached"
        log.write(
            .error, "Anthropic's API refused the request",
            [
                ("status", .integer(response.status)), ("is_spend_limit", .bool(isSpent)),
                ("anthropic_request_id", .string(String((response.headers["request-id"] ?? "").prefix(64)))),
            ])
        switch response.status {
        case 429 where isSpent:
            return .spendingLimit
        case 429:
            let seconds = response.retryAfter.flatMap { $0 < 86_400 ? Int(clamping: $0.rounded(.up)) : nil }
            return .rateLimited(seconds: seconds)
        case 400: return .unreadableMessage
        case 413: return .tooLongMessage
        case 408, 409, 500...599: return .unavailable
        default: return .failed
        }
    }
}

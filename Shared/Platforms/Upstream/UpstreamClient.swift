public import Base
import CCrypto
import CCurl
import CSystem
import Glibc
import HTTP

/// Sends requests to one provider. Apart from the settings below, it uses only https, verifies TLS certificates,
/// follows no redirects, connects to no private addresses, limits times and sizes, and retries according to the
/// provider's own signals. Connections are kept for later requests.
///
/// The variable HTTPS_PROXY names a proxy, and NO_PROXY the hosts that are reached without it (`Proxy`).
/// UPSTREAM_ALLOWED_NETWORKS names private networks that may be connected to, for platforms that customers run
/// themselves (`AllowedNetworks`).
///
/// Each request carries the id of the request that it is made for, if there is one, as X-Request-Id. When the client is
/// released, it logs the number of answers of each status.
///
/// In development, the variable `UPSTREAM_` plus the platform's identifier in capitals sets a base URL, whose scheme,
/// host and port replace those of every request.
public final class UpstreamClient {
    /// The limits of one attempt at a request.
    public struct Limits: Sendable {
        /// The longest time to connect, in seconds.
        public var connect = 5.0
        /// The longest time until the complete response has arrived, in seconds.
        public var total = 30.0
        /// The length of the longest response body in bytes, after decoding. A page of a provider's list is much
        /// shorter.
        public var bodyLength = 8 << 20

        /// Creates the default limits.
        public init() {}
    }

    /// The time, in seconds on the monotonic clock, at which all work must have ended. No wait exceeds it.
    public var deadline: Double

    private let limits: Limits
    private let retry: RetryPolicy
    private let override: UpstreamURL?
    private let authorities: String
    private let proxy: Proxy?
    private let networks: AllowedNetworks
    private let multi: UnsafeMutableRawPointer?
    private let platform: String
    private let requestID: String?
    /// The number of answers by status, and of failures by their kind. Repetitions count too.
    private var answers: [String: Int] = [:]

    /// Creates a client for a platform. It has `seconds` seconds for all of its requests together. `isSelfHosted` is
    /// true for platforms whose servers customers run and name themselves; only these may be in private networks.
    ///
    /// - Throws: `EnvironmentError` if a variable is malformed, or if there is no file with certificate authorities.
    public init(
        _ platform: String, _ environment: Environment, isSelfHosted: Bool = false,
        retry: RetryPolicy = RetryPolicy(), limits: Limits = Limits(), seconds: Double
    ) throws(EnvironmentError) {
        self.platform = platform
        requestID = environment.requestID
        self.limits = limits
        self.retry = retry
        deadline = Self.now + seconds
        override = try Self.override(platform, environment)
        proxy = try override == nil ? Proxy(environment) : nil
        networks = try isSelfHosted ? AllowedNetworks(environment) : .none
        // An override without TLS needs no certificate authorities.
        authorities = override?.scheme == .http ? "" : try CertificateAuthorities.file(environment)
        csystem_use_own_resolver()
        ccrypto_initialize()
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        multi = curl_multi_init()
    }

    deinit {
        curl_multi_cleanup(multi)
        logAnswers()
    }

    /// Logs the number of answers of each status. local-runner adds these lines up for /metrics.
    private func logAnswers() {
        guard !answers.isEmpty else { return }
        let log = Log(requestID.map { [("request_id", $0)] } ?? [])
        log.write(
            .info, "calls of a provider",
            [
                ("counter", "upstream_requests"), ("platform", .string(platform)),
                ("statuses", .object(answers.mapValues(JSON.integer))),
            ])
    }

    /// True if an environment variable redirects all requests, which is possible only in development.
    public var isOverridden: Bool { override != nil }

    /// The current time in seconds on the monotonic clock.
    public static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Sends a request and returns its response, whatever the status.
    ///
    /// - Throws: `UpstreamError` if there is no complete response, or if the provider still asks to wait after the last
    ///   retry or for longer than there is time.
    public func send(_ request: UpstreamRequest) throws(UpstreamError) -> UpstreamResponse {
        var result: Result<UpstreamResponse, UpstreamError> = .failure(.broken)
        run(CollectionOfOne(request), atOnce: 1) { _, outcome in
            result = outcome
            return true
        }
        return try result.get()
    }

    /// Sends many requests, at most `atOnce` at a time. Calls `body` with the index and the outcome of each request, in
    /// the order in which the outcomes arrive. If `body` throws, the other requests are dropped, and its error is
    /// thrown.
    public func sendAll(
        _ requests: some Sequence<UpstreamRequest>, atOnce: Int,
        _ body: (Int, Result<UpstreamResponse, UpstreamError>) throws -> Void
    ) throws {
        var failure: (any Error)?
        run(requests, atOnce: atOnce) { index, outcome in
            do {
                try body(index, outcome)
                return true
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
    }

    /// A transfer, and the time on the monotonic clock at which it may be sent again.
    private typealias Waiting = (transfer: Transfer, until: Double)

    /// Runs requests until each has an outcome or `body` returns false.
    private func run(
        _ requests: some Sequence<UpstreamRequest>, atOnce: Int,
        _ body: (Int, Result<UpstreamResponse, UpstreamError>) -> Bool
    ) {
        var next = requests.makeIterator()
        var count = 0
        var isExhausted = false
        var running: [OpaquePointer: Transfer] = [:]
        var waiting: [Waiting] = []
        defer { for transfer in running.values { curl_multi_remove_handle(multi, transfer.raw) } }
        while true {
            let now = Self.now
            for (index, entry) in waiting.enumerated().reversed() where entry.until <= now && running.count < atOnce {
                waiting.remove(at: index)
                start(entry.transfer, &running)
            }
            // While a request waits to be sent again, no new requests are sent to the provider.
            while waiting.isEmpty, !isExhausted, running.count < atOnce {
                guard let request = next.next() else {
                    isExhausted = true
                    break
                }
                let index = count
                count += 1
                guard let transfer = transfer(index, request) else {
                    if !body(index, .failure(.refused)) { return }
                    continue
                }
                start(transfer, &running)
            }
            if running.isEmpty && waiting.isEmpty && isExhausted { return }
            var left: Int32 = 0
            curl_multi_perform(multi, &left)
            var code = CURLE_OK
            var hasEnded = false
            while let handle = ccurl_next_ended(multi, &code) {
                hasEnded = true
                guard let transfer = running.removeValue(forKey: OpaquePointer(handle)) else { continue }
                curl_multi_remove_handle(multi, handle)
                let outcome = transfer.outcome(code)
                answers[outcome.label, default: 0] += 1
                switch pause(transfer, outcome) {
                case .success(nil): if !body(transfer.index, outcome) { return }
                case .success(let seconds?):
                    transfer.retries += 1
                    transfer.startOver()
                    waiting.append((transfer, Self.now + seconds))
                case .failure(let error): if !body(transfer.index, .failure(error)) { return }
                }
            }
            guard !hasEnded else { continue }
            let pause = waiting.map(\.until).min().map { $0 - Self.now } ?? 1
            curl_multi_poll(multi, nil, 0, Int32(clamping: Int(clamping: max(0, min(pause, 1)) * 1_000) + 1), nil)
        }
    }

    private func transfer(_ index: Int, _ request: UpstreamRequest) -> Transfer? {
        guard request.isSound, request.url.scheme == .https || override != nil else { return nil }
        let proxy = proxy?.serves(host: request.url.host, port: request.url.port ?? 443) == true ? proxy : nil
        guard proxy == nil || request.url.mayBeSentToProxy else { return nil }
        return Transfer(
            index, request, to: override.map(request.url.moved) ?? request.url, isOverride: override != nil,
            proxy: proxy, networks: networks, authorities: authorities, limit: limits.bodyLength, requestID: requestID)
    }

    private func start(_ transfer: Transfer, _ running: inout [OpaquePointer: Transfer]) {
        transfer.limitTime(connect: limits.connect, total: min(limits.total, deadline - Self.now))
        running[transfer.handle] = transfer
        curl_multi_add_handle(multi, transfer.raw)
    }

    /// Returns the number of seconds to wait before the transfer is sent again. Returns nil if its outcome is final,
    /// and an error if the provider still asks to wait after the last retry or for longer than there is time.
    private func pause(
        _ transfer: Transfer, _ outcome: Result<UpstreamResponse, UpstreamError>
    ) -> Result<Double?, UpstreamError> {
        var seconds: Double?
        var isThrottled = false
        switch outcome {
        case .success(let response):
            switch retry.decision(response) {
            case .final: return .success(nil)
            case .throttled(let wait):
                seconds = wait
                isThrottled = true
            case .failed(let wait):
                guard transfer.request.mayBeRetried else { return .success(nil) }
                seconds = wait
            }
        case .failure(.unreachable): break
        // A proxy that answers with 5xx may be able to connect later.
        case .failure(.proxyRefused(let status)): guard status >= 500 else { return .success(nil) }
        case .failure(.broken): guard transfer.request.mayBeRetried else { return .success(nil) }
        case .failure: return .success(nil)
        }
        let wait = retry.wait(seconds, before: transfer.retries)
        if transfer.retries < retry.retries, Self.now + wait < deadline { return .success(wait) }
        return isThrottled ? .failure(.throttled(seconds: Int(clamping: wait.rounded(.up)))) : .success(nil)
    }

    private static func override(
        _ platform: String, _ environment: Environment
    ) throws(EnvironmentError) -> UpstreamURL? {
        let name = "UPSTREAM_" + platform.uppercased()
        guard let text = environment[name] else { return nil }
        guard environment["ENVIRONMENT"] == "development" else {
            throw EnvironmentError("\(name) may be set only if ENVIRONMENT is development")
        }
        guard let url = UpstreamURL(text) else { throw EnvironmentError("\(name) is not a URL") }
        return url
    }
}

extension Result<UpstreamResponse, UpstreamError> {
    /// The status, or a word for the failure.
    fileprivate var label: String {
        switch self {
        case .success(let response): String(response.status)
        case .failure(.refused): "refused"
        case .failure(.unreachable): "unreachable"
        case .failure(.proxyRefused): "proxy_refused"
        case .failure(.broken): "broken"
        case .failure(.tooLarge): "too_large"
        case .failure(.throttled): "throttled"
        }
    }
}

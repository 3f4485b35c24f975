import Base
import Crypto
import HTTP

/// The pages about the server itself: whether it is alive, whether it is ready for requests, and its metrics.
///
/// /healthz and /_/health only show that the loop runs. An orchestrator restarts a server that does not answer them,
/// and a restart does not help if the database can't be reached. /readyz and /_/ready also ask the database.
struct OwnPages {
    enum Page: Equatable { case live, ready, metrics }

    /// The token that readers of /metrics on the main port need. Nil if the main port has no such page.
    var metricsToken: Secret?

    /// Returns the page at a path; nil if there is none. `isOwnPort` is true on the port that has only these pages.
    func page(_ path: UnsafeRawBufferPointer, isOwnPort: Bool) -> Page? {
        switch path.count {
        case 8 where path.isExactly("/healthz"), 9 where path.isExactly("/_/health"): .live
        case 7 where path.isExactly("/readyz"), 8 where path.isExactly("/_/ready"): .ready
        case 8 where path.isExactly("/metrics") && (isOwnPort || metricsToken != nil): .metrics
        default: nil
        }
    }

    /// Throws `unauthorized` if a request for the metrics on the main port does not have the token.
    func authorize(_ bytes: UnsafeRawBufferPointer, _ head: RequestHead) throws(RunnerError) {
        let expected = metricsToken?.reveal { Array("Bearer \($0)".utf8) }
        let given = head.fields.first { bytes[$0.name].equals("authorization") }.map { Array(bytes[$0.value]) }
        guard let expected, let given, constantTimeEqual(given, expected) else {
            throw .unauthorized("This path requires the token in METRICS_TOKEN as a bearer token.")
        }
    }
}

extension Connection {
    /// Answers a request for one of the server's own pages.
    func show(_ page: OwnPages.Page) {
        switch page {
        case .live: answer(status: 200, body: Array(#"{"status":"ok"}"#.utf8))
        case .ready:
            guard !server.isDraining else { return answerUnready("draining") }
            whenStoreIsKnown { connection, state in
                if connection.server.isDraining { return connection.answerUnready("draining") }
                guard state?.canServe == true else { return connection.answerUnready("unavailable") }
                connection.answer(status: 200, body: Array(#"{"status":"ready"}"#.utf8))
            }
        case .metrics:
            whenStoreIsKnown { connection, state in
                connection.answer(
                    status: 200, body: connection.server.metricsPage(state), type: MetricsText.type)
            }
        }
    }

    /// Calls `body` with the database's state, or with nil if that is not known in time, unless the client has left by
    /// then.
    private func whenStoreIsKnown(_ body: @escaping (Connection, StoreState?) -> Void) {
        let request = exchange.requestID
        let look = { (state: StoreState?) in
            // The client may have left, and the connection may be serving another request.
            guard case .serving = self.phase, self.exchange.requestID == request else { return }
            body(self, state)
        }
        guard let store = server.store else { return look(nil) }
        store.look(look)
    }

    private func answerUnready(_ reason: String) {
        answer(status: 503, body: Array("{\"status\":\"\(reason)\"}".utf8))
    }
}

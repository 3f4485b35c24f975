@_spi(System) import Auth
import Base
import Foundation
import HTTP
import Jobs
import Outbound
import Store
import TestSupport

@testable import api_connect_integration

/// A workspace whose webhook is a server of this test.
struct Receiver {
    static let secret = "whsec_" + Data(repeating: 3, count: 32).base64EncodedString()
    static let newSecret = "whsec_" + Data(repeating: 4, count: 24).base64EncodedString()

    let store: TestStore
    let provider: FakeProvider

    /// Creates a store with a webhook that is not connected yet.
    init() throws {
        store = try TestStore()
        provider = try FakeProvider { request in
            request.method == "POST" && request.target == "/hook?a=b" ? FakeProvider.Reply(204) : nil
        }
    }

    var variables: [String: String] {
        [
            "ENVIRONMENT": "development", "CREDENTIALS_KEY": FakeOkta.credentialsKey,
            "UPSTREAM_OUTBOUND": provider.url,
        ]
    }

    var workspace: Workspace {
        get throws {
            guard let workspace = try SystemAccess(store.database).workspace(store.own.id) else {
                throw StoreError.failed("there is no workspace")
            }
            return workspace
        }
    }

    /// Connects the webhook, with fields of `config` in addition to or instead of the usual ones.
    @discardableResult
    func connect(_ config: [String: JSON] = [:], variables: [String: String]? = nil) -> Reply {
        let usual: [String: JSON] = ["url": "https://hooks.example.com/hook?a=b", "secret": .string(Self.secret)]
        let body: JSON = [
            "workspaceId": .string(store.own.id.description), "platform": "outbound",
            "config": .object(usual.merging(config) { $1 }),
        ]
        return store.send(
            Call("POST", body: body).session(store.own.token()), to: ConnectIntegration.self,
            variables: variables ?? self.variables)
    }

    /// Runs the jobs that are due.
    func runJobs(at now: Timestamp = .now) throws {
        let runner = JobRunner(
            [.outbound: .outbound(store.environment(variables))], seconds: 60, Log([("test", "")]), clock: { now })
        _ = try runner.runDue(SystemAccess(store.database))
    }

    /// The messages that have arrived, except tests of the address.
    var messages: [FakeProvider.Request] { provider.requests.filter { $0.json["type"] != "outbound.test" } }

    /// The types of the messages.
    var types: [String] { messages.compactMap { $0.json["type"]?.string } }

    /// The payloads of the queued events.
    func queued() throws -> [JSON] {
        try store.database.rows(
            "SELECT payload FROM jobs WHERE workspace_id = $1 AND kind = 'outbound' ORDER BY created_at, id",
            store.own.id
        ) { try $0[0] }
    }

    /// The integration's status and error.
    func state() throws -> (status: String, error: String?)? {
        try store.database.first(
            "SELECT status, error FROM integrations WHERE workspace_id = $1 AND platform = 'outbound'", store.own.id
        ) { row in (try row[0], try row[1]) }
    }
}

import Actions
@_spi(System) import Auth
import Base
import Connectors
import Foundation
import Integrations
import Jobs
import Store
import Synchronization
import TestSupport

/// A company with its own Okta org, which is recognised by its API token.
struct OktaTenant {
    let workspace: Workspace
    let integration: Identifier
    let token: String

    /// Adds a company to a database.
    init(_ number: Int, in database: any Database) throws {
        let id = Identifier.random()
        integration = .random()
        token = "00token\(number)"
        try database.execute(
            "INSERT INTO workspaces (id, name, plan, created_at) VALUES ($1, $2, 'enterprise', $3)", id,
            "Tenant \(number)", Timestamp.now)
        try AuditLog(database, workspaceID: id).begin()
        guard let workspace = try SystemAccess(database).workspace(id), let connector = Connectors.of("okta") else {
            throw StoreError.failed("there is no connector of Okta")
        }
        self.workspace = workspace
        let sealed = try CredentialSeal(Environment(["CREDENTIALS_KEY": FakeOkta.credentialsKey])).seal(
            Credentials(["domain": "example.okta.com", "api_token": .string(token)], connector.fields),
            for: IntegrationKey(workspaceID: id, integrationID: integration, platform: .okta))
        try database.execute(
            """
            INSERT INTO integrations (workspace_id, id, platform, category, idp_role, status, credentials,
                next_auto_sync_at, created_at)
            VALUES ($1, $2, 'okta', 'idp', 'primary_idp', 'connected', $3, $4, $5)
            """, id, integration, sealed, Timestamp.now + .hours(2), Timestamp.now - 60)
    }

    /// Adds the synced account of a person of the org to the database.
    func addPerson(_ externalID: String) throws {
        try workspace.execute(
            """
            INSERT INTO accounts (workspace_id, id, integration_id, external_id, account_type, status, updated_at)
            VALUES ($1, $2, $3, $4, 'user', 'active', $5)
            """, Identifier.random(), integration, externalID, Timestamp.now)
    }

    /// Queues an action that suspends a person of the org; returns its id.
    func queueSuspension(of externalID: String) throws -> Identifier {
        let id = Identifier.random()
        try workspace.withWriteLock {
            try workspace.execute(
                """
                INSERT INTO remediation_actions (workspace_id, id, action_type, target_platform, target_entity_id, status,
                    requested_by, created_at, updated_at)
                VALUES ($1, $2, 'suspend_user', 'okta', $3, 'queued', 'a test', $4, $4)
                """, id, externalID, Timestamp.now)
            try workspace.enqueue(.remediation, id: id, payload: [:])
        }
        return id
    }
}

/// A fake of Okta's API for all tenants. Each org has a few people, and its requests can be held.
final class TenantsOkta: Sendable {
    /// Okta's API.
    let provider: FakeProvider
    private let state: State

    private final class State: Sendable {
        let mutex = Mutex(
            (held: Set<String>(), waiting: 0, asked: [String: Int](), suspended: Set<String>(), underWay: 0))
        let delay: UInt32
        init(delay: UInt32) { self.delay = delay }

        func enter(_ token: String) {
            var isHeld = mutex.withLock { state in
                state.underWay += 1
                let isHeld = state.held.contains(token)
                if isHeld { state.waiting += 1 }
                return isHeld
            }
            guard isHeld else { return }
            while isHeld {
                usleep(5_000)
                isHeld = mutex.withLock { $0.held.contains(token) }
            }
            mutex.withLock { $0.waiting -= 1 }
        }
        func leave() { mutex.withLock { $0.underWay -= 1 } }

        func suspend(_ user: String) -> Bool {
            mutex.withLock { $0.asked[user, default: 0] += 1 }
            usleep(delay)
            let isFirst = mutex.withLock { $0.suspended.insert(user).inserted }
            usleep(delay)
            return isFirst
        }
    }

    /// Makes an Okta that waits `delay` microseconds before it suspends a user, and as long before it answers. Each org
    /// has `people` users, u0, u1 …
    init(people: Int = 3, delay: UInt32 = 0) throws {
        let state = State(delay: delay)
        self.state = state
        provider = try FakeProvider { request in
            let token = request.headers["Authorization"].map { String($0.dropFirst("SSWS ".count)) } ?? ""
            state.enter(token)
            defer { state.leave() }
            return Self.answer(request, token, people, state)
        }
    }

    private static func answer(
        _ request: FakeProvider.Request, _ token: String, _ people: Int, _ state: State
    ) -> FakeProvider.Reply? {
        let parts = request.path.split(separator: "/").map(String.init)
        switch (request.method, request.path) {
        case ("GET", "/api/v1/org"): return .json(["id": "00o"])
        case ("GET", "/api/v1/users") where request.parameter("filter") == nil:
            return .json(
                .array(
                    (0..<people).map { number in
                        [
                            "id": .string("u\(number)"), "status": "ACTIVE",
                            "profile": ["email": .string("u\(number)@example.com"), "login": .string("u\(number)")],
                        ]
                    }))
        case ("GET", "/api/v1/users"), ("GET", "/api/v1/apps"), ("GET", "/api/v1/devices"), ("GET", "/api/v1/logs"):
            return .json([])
        case ("GET", "/api/v1/iam/assignees/users"): return .json(["value": []])
        case ("GET", let path) where path.hasSuffix("/factors"): return .json([["status": "ACTIVE"]])
        case ("GET", _) where parts.count == 4:
            let isSuspended = state.mutex.withLock { $0.suspended.contains(token + parts[3]) }
            return .json(["id": .string(parts[3]), "status": isSuspended ? "SUSPENDED" : "ACTIVE"])
        case ("POST", let path) where path.hasSuffix("/lifecycle/suspend") && parts.count == 6:
            return state.suspend(token + parts[3])
                ? .json([:])
                : .json(
                    ["errorCode": "E0000001", "errorSummary": "Cannot suspend a user that is not active"], status: 400)
        default: return nil
        }
    }

    /// The variables that direct functions to this Okta.
    var variables: [String: String] {
        ["ENVIRONMENT": "development", "UPSTREAM_OKTA": provider.url, "CREDENTIALS_KEY": FakeOkta.credentialsKey]
    }

    /// Stops answering requests with the API tokens `tokens` until `release`.
    func hold(_ tokens: [String]) { state.mutex.withLock { $0.held.formUnion(tokens) } }
    func release() { state.mutex.withLock { $0.held = [] } }
    /// The number of held requests.
    var held: Int { state.mutex.withLock { $0.waiting } }
    /// True if no request is held or being answered.
    var isIdle: Bool { state.mutex.withLock { $0.underWay == 0 } }
    /// The number of suspension requests.
    var suspensions: Int { state.mutex.withLock { $0.asked.values.reduce(0, +) } }
    /// Returns the number of requests to suspend a user of an org, whatever their outcome.
    func suspensions(of user: String, at tenant: OktaTenant) -> Int {
        state.mutex.withLock { $0.asked[tenant.token + user] ?? 0 }
    }
}

/// The product's worker, scheduled-jobs, in the mode in which it keeps running.
enum JobWorkerProgram {
    static func start(
        on databaseURL: String, processes: Int, _ variables: [String: String], seconds: Double = 600
    ) throws -> PipedProgram {
        try PipedProgram(
            BuiltProducts.program("scheduled-jobs"),
            environment: variables.merging([
                "DATABASE_URL": databaseURL, "JOB_PROCESSES": String(processes), "JOB_WORKER_SECONDS": "3600",
                "SWIFT_BACKTRACE": "enable=no",
                "FUNCTION_EVENT":
                    #"{"source":"aws.events","detail-type":"Scheduled Event","time":"2026-01-01T00:00:00Z"}"#,
            ]) { $1 }, seconds: seconds)
    }
}

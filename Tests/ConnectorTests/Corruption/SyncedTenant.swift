@_spi(System) import Auth
import Base
import Foundation
import Store
import Sync
import TestSupport
import Testing

@testable import Connectors

/// Tells a fake provider to show the tenant with data or the empty one.
final class Shown: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false

    /// True if the provider shows the empty tenant.
    var isEmpty: Bool {
        get { lock.withLock { value } }
        set { lock.withLock { value = newValue } }
    }
}

/// A workspace that is connected to a provider's tenant, whose answers can be corrupted.
final class SyncedTenant {
    let store: TestStore
    let corruptor = Corruptor()
    /// The choice of the tenant that the provider shows.
    let shown = Shown()
    private let workspace: Workspace
    private let provider: FakeProvider
    private let tools: SyncTools
    private let id: Identifier
    private var clock = TestStore.now

    /// Connects the tenant; `sync` pulls its records.
    init(_ example: ConnectorCase) throws {
        store = try TestStore()
        try store.own.set(plan: .enterprise)
        workspace = try #require(try SystemAccess(store.database).workspace(store.own.id))
        let corruptor = corruptor
        let shown = shown
        provider = try FakeProvider { request in
            corruptor.reply(to: request, shown.isEmpty ? example.emptyOrg(request) : example.org(request))
        }
        let platform = example.connector.platform.rawValue
        var tools = SyncTools(
            Environment([
                "ENVIRONMENT": "development", "UPSTREAM_" + platform.uppercased(): provider.url,
                "CREDENTIALS_KEY": "k1:" + Data(repeating: 7, count: 32).base64EncodedString(),
            ]))
        tools.firstPause = 0.001
        self.tools = tools
        id = try workspace.connect(platform, config: example.config, with: tools, seconds: 20, now: clock).id
    }

    /// Syncs once, with a clock that is an hour later than at the previous call; returns true if the sync was
    /// completed.
    func sync() throws -> Bool {
        clock = clock + 3_600
        let now = clock
        // The limits are long, because a busy machine may pause the process for minutes.
        return try workspace.sync(id, with: tools, SyncTime(pull: 1_200, all: 1_800), now: { now }).status == .completed
    }

    /// Returns true if a sync is unfinished; the next call of `sync` continues it.
    func isUnderWay() throws -> Bool {
        try workspace.first("SELECT 1 FROM sync_runs WHERE workspace_id = $1 AND status = 'in_progress'") { _ in true }
            ?? false
    }

    /// Sets the stored length of each list to a thousand entries.
    func lengthenLists() throws {
        let lists = try workspace.first(
            "SELECT lists FROM integrations WHERE workspace_id = $1 AND id = $2", id
        ) { try $0[0] as JSON }
        let longer = (lists?.object ?? [:]).mapValues { $0.with(["entries": 1_000]) }
        try workspace.execute(
            "UPDATE integrations SET lists = $3 WHERE workspace_id = $1 AND id = $2", id, JSON.object(longer))
    }

    /// Returns the integration's status and error.
    func state() throws -> (status: String, errorKind: String?, error: String?) {
        try #require(
            try workspace.first(
                "SELECT status, error_kind, error FROM integrations WHERE workspace_id = $1 AND id = $2", id
            ) { row in
                (status: try row[0] as String, errorKind: try row[1] as String?, error: try row[2] as String?)
            })
    }

    /// Returns all stored records except events as text, by kind and id.
    func inventory() throws -> [String: String] {
        let rows = try workspace.rows(
            """
            SELECT 'account ' || accounts.external_id, accounts.status || ' ' || accounts.account_type || ' '
                || COALESCE(accounts.email, '-') || ' ' || COALESCE(accounts.display_name, '-') || ' '
                || CAST(accounts.is_admin AS text) || ' ' || CAST(admin_roles AS text) || ' '
                || COALESCE(CAST(accounts.mfa_enabled AS text), '-') || ' '
                || COALESCE(CAST(accounts.sso_enforced AS text), '-') || ' '
                || COALESCE(accounts.department, '-') || ' ' || COALESCE(accounts.title, '-') || ' '
                || COALESCE(accounts.manager_email, '-') || ' '
                || COALESCE(CAST(accounts.last_login_at AS text), '-') || ' ' || CAST(metadata AS text) || ' '
                || COALESCE(identities.email, '-') || ' ' || COALESCE(identities.status, '-')
            FROM accounts LEFT JOIN identities ON identities.id = accounts.identity_id WHERE accounts.workspace_id = $1
            UNION ALL SELECT 'link ' || accounts.external_id || ' ' || account_links.email, ''
            FROM account_links JOIN accounts ON accounts.id = account_links.account_id
            WHERE account_links.workspace_id = $1
            UNION ALL SELECT 'application ' || external_id, name || ' ' || CAST(is_managed AS text)
            FROM applications WHERE workspace_id = $1
            UNION ALL SELECT 'entitlement ' || entitlements.external_id, role || ' ' || CAST(is_license AS text) || ' '
                || CAST(entitlements.is_admin AS text)
            FROM entitlements WHERE entitlements.workspace_id = $1
            UNION ALL SELECT 'grant ' || external_id, access || ' ' || CAST(scopes AS text)
            FROM oauth_grants WHERE workspace_id = $1
            UNION ALL SELECT 'key ' || external_id, kind || ' ' || COALESCE(account_external_id, '-') || ' '
                || CAST(is_active AS text) || ' ' || CAST(can_write AS text)
            FROM access_keys WHERE workspace_id = $1
            UNION ALL SELECT 'device ' || external_id, hostname || ' ' || COALESCE(owner_email, '-') || ' '
                || COALESCE(owner_external_id, '-') || ' ' || COALESCE(serial_number, '-') || ' '
                || COALESCE(CAST(is_encrypted AS text), '-') || ' ' || CAST(open_detections AS text) || ' '
                || CAST(is_contained AS text)
            FROM devices WHERE workspace_id = $1
            """
        ) { row in (try row[0] as String, try row[1] as String) }
        return Dictionary(rows) { $1 }
    }
}

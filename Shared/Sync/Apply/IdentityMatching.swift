import Auth
import Base
import Store

/// To whom accounts belong. Accounts of different platforms are one person's when the same verified address stands in
/// both, or when a provider itself links one to the other's address; never because people are called the same.
///
/// An account keeps its identity for good, whatever becomes of its address; only one that no identity provider knows
/// gives way to one that a provider knows. People whom no identity provider knows have an identity too when an address
/// of theirs is verified. Mailboxes that several people share are nobody's.
struct IdentityMatching {
    let workspace: Workspace
    let runID: Identifier

    /// Whether an identity provider knows an identity, whose id follows.
    private static func isKnown(_ identityID: SQL) -> SQL {
        """
        EXISTS (SELECT 1 FROM accounts AS known JOIN integrations ON integrations.id = known.integration_id
            WHERE known.workspace_id = $1 AND integrations.idp_role IS NOT NULL AND known.identity_id = \(identityID))
        """
    }

    /// Notes whose identities are to be made up anew: those of the accounts that meet a condition.
    func touch(_ condition: SQL) throws {
        try workspace.execute(
            """
            INSERT INTO sync_staged (workspace_id, sync_run_id, kind, external_id, entity_id, record, fingerprint)
            SELECT run.workspace_id, run.id, 'identity', CAST(accounts.identity_id AS text), accounts.identity_id, '{}', ''
            FROM accounts JOIN sync_runs AS run ON run.workspace_id = accounts.workspace_id
            WHERE run.workspace_id = $1 AND run.id = $2 AND accounts.identity_id IS NOT NULL AND (\(condition))
            ON CONFLICT (sync_run_id, kind, external_id) DO NOTHING
            """, runID)
    }

    /// Gives every account its identity, and touches those identities whose accounts have changed.
    func run() throws {
        try resolveManagers()
        try matchByAddress()
        try matchByLink()
        try matchByLinksOfOthers()
        try foundIdentities()
        try matchByAddress()
        try workspace.execute(
            """
            UPDATE accounts SET identity_id = id, updated_at = \(InventoryTable.appliedAt)
            WHERE accounts.workspace_id = $1 AND identity_id IS NULL AND EXISTS (
                SELECT 1 FROM identities WHERE identities.workspace_id = $1 AND identities.id = accounts.id)
            """, runID)
        try followLinks()
        try giveWay()
        try touch("accounts.updated_at >= run.finished_at")
    }

    /// Fills in managers whom the provider names by their account.
    private func resolveManagers() throws {
        try workspace.execute(
            """
            UPDATE accounts SET manager_email = managers.email, updated_at = run.finished_at
            FROM accounts AS managers JOIN sync_runs AS run ON run.integration_id = managers.integration_id
            WHERE run.workspace_id = $1 AND run.id = $2 AND accounts.integration_id = run.integration_id
                AND accounts.manager_external_id = managers.external_id AND managers.email IS NOT NULL
                AND accounts.manager_email IS DISTINCT FROM managers.email
            """, runID)
    }

    private func matchByAddress() throws {
        try workspace.execute(
            """
            UPDATE accounts SET identity_id = identities.id, updated_at = run.finished_at
            FROM identities JOIN sync_runs AS run ON run.workspace_id = identities.workspace_id
            WHERE run.workspace_id = $1 AND run.id = $2 AND accounts.workspace_id = $1 AND accounts.identity_id IS NULL
                AND identities.email = accounts.email
            """, runID)
    }

    /// An account that is linked to several people's addresses is nobody's.
    private func matchByLink() throws {
        try workspace.execute(
            """
            UPDATE accounts SET updated_at = \(InventoryTable.appliedAt), identity_id = \(Self.linked())
            WHERE accounts.workspace_id = $1 AND accounts.identity_id IS NULL AND \(Self.isLinkedToOne())
            """, runID)
    }

    /// An account belongs to whom an account of an identity provider is linked to by its address, such as the name that
    /// somebody signs in to Okta with. An address that is linked to several people is nobody's.
    private func matchByLinksOfOthers() throws {
        let known: SQL = """
            account_links JOIN accounts AS known ON known.id = account_links.account_id
                JOIN integrations ON integrations.id = known.integration_id
            """
        let isKnown: SQL = """
            account_links.workspace_id = $1 AND integrations.idp_role IS NOT NULL AND known.identity_id IS NOT NULL
            """
        try workspace.execute(
            """
            UPDATE accounts SET identity_id = known.identity_id, updated_at = \(InventoryTable.appliedAt)
            FROM \(known)
            WHERE \(isKnown) AND accounts.workspace_id = $1 AND accounts.identity_id IS NULL
                AND accounts.email = account_links.email AND known.integration_id <> accounts.integration_id
                AND account_links.email IN (
                    SELECT account_links.email FROM \(known) WHERE \(isKnown)
                    GROUP BY account_links.email HAVING count(DISTINCT known.identity_id) = 1)
            """, runID)
    }

    /// The identity of an account's links, which are to one only; they may be narrowed.
    private static func linked(_ condition: SQL = "TRUE") -> SQL {
        """
        (SELECT identities.id FROM account_links JOIN identities
            ON identities.workspace_id = $1 AND identities.email = account_links.email
        WHERE account_links.account_id = accounts.id AND \(condition) LIMIT 1)
        """
    }

    /// Whether an account is linked to one identity; its links may be narrowed. Grouped once: asked for each account by
    /// itself, it takes time in the square of their number where a database knows nothing of its tables yet. Links are the
    /// fewest: by CROSS JOIN, SQLite begins with them.
    private static func isLinkedToOne(_ condition: SQL = "TRUE") -> SQL {
        """
        accounts.id IN (
            SELECT accounts.id FROM account_links CROSS JOIN accounts CROSS JOIN identities
            WHERE account_links.workspace_id = $1 AND accounts.id = account_links.account_id
                AND identities.workspace_id = $1 AND identities.email = account_links.email AND \(condition)
            GROUP BY accounts.id HAVING count(DISTINCT identities.id) = 1)
        """
    }

    /// An identity takes the id of the account that it is made from.
    private func foundIdentities() throws {
        try workspace.execute(
            """
            INSERT INTO identities (id, workspace_id, email, display_name, status, identity_type, created_at, updated_at)
            SELECT accounts.id, accounts.workspace_id, accounts.email,
                COALESCE(accounts.display_name, accounts.username, accounts.email, accounts.external_id),
                'active', 'user', COALESCE(accounts.created_at, run.finished_at), run.finished_at
            FROM accounts JOIN sync_runs AS run ON run.workspace_id = accounts.workspace_id
                JOIN integrations ON integrations.id = accounts.integration_id
            WHERE run.workspace_id = $1 AND run.id = $2 AND accounts.identity_id IS NULL
                AND accounts.account_type <> 'shared'
                AND (integrations.idp_role IS NOT NULL
                    OR accounts.email IS NOT NULL AND accounts.account_type <> 'service_account')
            ON CONFLICT DO NOTHING
            """, runID)
    }

    /// Moves accounts of people whom no identity provider knows to those whom one does, by the providers' links.
    private func followLinks() throws {
        let other: SQL = "identities.id <> accounts.identity_id AND \(Self.isKnown("identities.id"))"
        let follows: SQL = """
            accounts.workspace_id = $1 AND \(Self.isLinkedToOne(other)) AND NOT \(Self.isKnown("accounts.identity_id"))
            """
        try touch(follows)
        try workspace.execute(
            """
            UPDATE accounts SET updated_at = \(InventoryTable.appliedAt), identity_id = \(Self.linked(other))
            WHERE \(follows)
            """, runID)
    }

    /// Moves accounts of people whom no identity provider knows to those whom one has come to name by their address.
    private func giveWay() throws {
        let named: SQL = """
            FROM accounts AS named JOIN sync_runs AS run ON run.integration_id = named.integration_id
                JOIN integrations ON integrations.id = named.integration_id
                JOIN identities ON identities.workspace_id = named.workspace_id AND identities.email = named.email
            WHERE run.workspace_id = $1 AND run.id = $2 AND named.updated_at >= run.finished_at
                AND integrations.idp_role IS NOT NULL AND identities.id <> named.identity_id
                AND identities.id = accounts.identity_id
            """
        let givesWay: SQL = """
            accounts.workspace_id = $1 AND accounts.identity_id IN (
                SELECT identities.id FROM accounts AS moved JOIN sync_runs AS run ON run.integration_id = moved.integration_id
                    JOIN identities ON identities.workspace_id = moved.workspace_id AND identities.email = moved.email
                WHERE run.workspace_id = $1 AND run.id = $2 AND moved.updated_at >= run.finished_at
                    AND identities.id <> moved.identity_id)
                AND EXISTS (SELECT 1 \(named)) AND NOT \(Self.isKnown("accounts.identity_id"))
            """
        try touch(givesWay)
        try workspace.execute(
            """
            UPDATE accounts SET updated_at = \(InventoryTable.appliedAt), identity_id = (
                SELECT named.identity_id \(named) ORDER BY named.external_id LIMIT 1)
            WHERE \(givesWay)
            """, runID)
        // The address of an identity without accounts is free for who has it now.
        try workspace.execute(
            """
            UPDATE identities SET email = NULL
            WHERE workspace_id = $1 AND email IS NOT NULL AND id IN (
                SELECT entity_id FROM sync_staged WHERE workspace_id = $1 AND sync_run_id = $2 AND kind = 'identity')
                AND NOT EXISTS (
                    SELECT 1 FROM accounts WHERE accounts.workspace_id = $1 AND accounts.identity_id = identities.id)
                AND EXISTS (
                    SELECT 1 FROM accounts WHERE accounts.workspace_id = $1 AND accounts.email = identities.email
                        AND accounts.updated_at >= \(InventoryTable.appliedAt))
            """, runID)
    }
}

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
    let steps: ApplySteps

    /// Whether an identity provider knows an identity, whose id follows.
    private static func isKnown(_ identityID: SQL) -> SQL {
        """
        EXISTS (SELECT 1 FROM accounts AS known JOIN integrations ON integrations.id = known.integration_id
            WHERE known.workspace_id = $1 AND integrations.idp_role IS NOT NULL AND known.identity_id = \(identityID))
        """
    }

    /// Notes whose identities are to be made up anew: those of the accounts that meet a condition.
    static func touch(_ part: ApplyPart, _ condition: SQL) -> SQL {
        """
        INSERT INTO sync_staged (workspace_id, sync_run_id, kind, external_id, entity_id, record, fingerprint)
        SELECT run.workspace_id, run.id, 'identity', CAST(accounts.identity_id AS text), accounts.identity_id, '{}', ''
        FROM accounts JOIN sync_runs AS run ON run.workspace_id = \(part.aside("accounts.workspace_id"))
        WHERE run.workspace_id = $1 AND run.id = $2 AND accounts.identity_id IS NOT NULL AND (\(condition))
        ON CONFLICT (sync_run_id, kind, external_id) DO NOTHING
        """
    }

    /// Gives every account its identity, and touches those identities whose accounts have changed.
    func run() throws {
        try resolveManagers()
        try matchByAddress()
        try matchByLink()
        try matchByLinksOfOthers()
        try foundIdentities()
        try matchByAddress()
        try findFounded()
        try followLinks()
        try giveWay()
        try freeAddresses()
        let isChanged: SQL = "accounts.updated_at >= \(InventoryTable.appliedAt)"
        let isSomebodys: SQL = "accounts.workspace_id = $1 AND accounts.identity_id IS NOT NULL"
        try steps.run(InventoryTable.accounts.keys("\(isSomebodys) AND \(isChanged)")) { part in
            [Self.touch(part, part.has("accounts.id", or: isChanged))]
        }
    }

    /// Fills in managers whom the provider names by their account.
    private func resolveManagers() throws {
        let differs: SQL = """
            run.workspace_id = $1 AND run.id = $2
                AND managers.integration_id = run.integration_id AND managers.external_id = accounts.manager_external_id
                AND managers.email IS NOT NULL AND accounts.manager_email IS DISTINCT FROM managers.email
            """
        try steps.run(
            """
            SELECT accounts.id AS key FROM sync_runs AS run CROSS JOIN accounts CROSS JOIN accounts AS managers
            WHERE accounts.integration_id = run.integration_id AND \(differs)
            """
        ) { part in
            [
                """
                UPDATE accounts SET manager_email = managers.email, updated_at = run.finished_at
                FROM sync_runs AS run CROSS JOIN accounts AS managers
                WHERE \(part.aside("accounts.integration_id")) = run.integration_id AND \(differs)
                    AND \(part.has("accounts.id"))
                """
            ]
        }
    }

    private func matchByAddress() throws {
        let match: SQL = """
            accounts.identity_id IS NULL AND identities.workspace_id = $1 AND identities.email = accounts.email
            """
        try steps.run(
            "SELECT accounts.id AS key FROM accounts CROSS JOIN identities WHERE accounts.workspace_id = $1 AND \(match)"
        ) { part in
            [
                """
                UPDATE accounts SET identity_id = identities.id, updated_at = run.finished_at
                FROM identities JOIN sync_runs AS run ON run.workspace_id = identities.workspace_id
                WHERE run.workspace_id = $1 AND run.id = $2 AND \(part.aside("accounts.workspace_id")) = $1 AND \(match)
                    AND \(part.has("accounts.id"))
                """
            ]
        }
    }

    /// An account that is linked to several people's addresses is nobody's.
    private func matchByLink() throws {
        let isLinked: SQL = "accounts.identity_id IS NULL AND \(Self.isLinkedToOne())"
        try steps.run(InventoryTable.accounts.keys("accounts.workspace_id = $1 AND \(isLinked)")) { part in
            [
                """
                UPDATE accounts SET updated_at = \(InventoryTable.appliedAt), identity_id = \(Self.linked())
                WHERE \(InventoryTable.accounts.rows(part, or: isLinked))
                """
            ]
        }
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
        let isLinked: SQL = """
            account_links.email IN (
                SELECT account_links.email FROM \(known) WHERE \(isKnown)
                GROUP BY account_links.email HAVING count(DISTINCT known.identity_id) = 1)
            """
        let match: SQL = """
            \(isKnown) AND accounts.identity_id IS NULL AND accounts.email = account_links.email
                AND known.integration_id <> accounts.integration_id
            """
        try steps.run(
            """
            SELECT DISTINCT accounts.id AS key FROM \(known) JOIN accounts ON accounts.workspace_id = $1
            WHERE \(match) AND \(isLinked)
            """
        ) { part in
            [
                """
                UPDATE accounts SET identity_id = known.identity_id, updated_at = \(InventoryTable.appliedAt)
                FROM \(known)
                WHERE \(match) AND \(part.aside("accounts.workspace_id")) = $1
                    AND \(part.has("accounts.id", or: isLinked))
                """
            ]
        }
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
        let isNew: SQL = """
            integrations.id = accounts.integration_id AND accounts.identity_id IS NULL AND accounts.account_type <> 'shared'
                AND (integrations.idp_role IS NOT NULL
                    OR accounts.email IS NOT NULL AND accounts.account_type <> 'service_account')
            """
        try steps.run(
            "SELECT accounts.id AS key FROM accounts CROSS JOIN integrations WHERE accounts.workspace_id = $1 AND \(isNew)"
        ) { part in
            [
                """
                INSERT INTO identities (id, workspace_id, email, display_name, status, identity_type, created_at,
                    updated_at)
                SELECT accounts.id, accounts.workspace_id, accounts.email,
                    COALESCE(accounts.display_name, accounts.username, accounts.email, accounts.external_id),
                    'active', 'user', COALESCE(accounts.created_at, run.finished_at), run.finished_at
                FROM accounts JOIN sync_runs AS run ON run.workspace_id = \(part.aside("accounts.workspace_id"))
                    JOIN integrations ON integrations.id = accounts.integration_id
                WHERE run.workspace_id = $1 AND run.id = $2 AND \(isNew) AND \(part.has("accounts.id"))
                ON CONFLICT DO NOTHING
                """
            ]
        }
    }

    /// Gives the accounts that identities were made from their identity, if no address has.
    private func findFounded() throws {
        let isFounder: SQL = """
            accounts.identity_id IS NULL AND EXISTS (
                SELECT 1 FROM identities WHERE identities.workspace_id = $1 AND identities.id = accounts.id)
            """
        try steps.run(InventoryTable.accounts.keys("accounts.workspace_id = $1 AND \(isFounder)")) { part in
            [
                """
                UPDATE accounts SET identity_id = id, updated_at = \(InventoryTable.appliedAt)
                WHERE \(InventoryTable.accounts.rows(part, or: isFounder))
                """
            ]
        }
    }

    /// Moves accounts of people whom no identity provider knows to those whom one does, by the providers' links.
    private func followLinks() throws {
        let other: SQL = "identities.id <> accounts.identity_id AND \(Self.isKnown("identities.id"))"
        let follows: SQL = "\(Self.isLinkedToOne(other)) AND NOT \(Self.isKnown("accounts.identity_id"))"
        try steps.run(InventoryTable.accounts.keys("accounts.workspace_id = $1 AND \(follows)")) { part in
            let follows = InventoryTable.accounts.rows(part, or: follows)
            return [
                Self.touch(part, follows),
                """
                UPDATE accounts SET updated_at = \(InventoryTable.appliedAt), identity_id = \(Self.linked(other))
                WHERE \(follows)
                """,
            ]
        }
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
            accounts.identity_id IN (
                SELECT identities.id FROM accounts AS moved JOIN sync_runs AS run ON run.integration_id = moved.integration_id
                    JOIN identities ON identities.workspace_id = moved.workspace_id AND identities.email = moved.email
                WHERE run.workspace_id = $1 AND run.id = $2 AND moved.updated_at >= run.finished_at
                    AND identities.id <> moved.identity_id)
                AND EXISTS (SELECT 1 \(named)) AND NOT \(Self.isKnown("accounts.identity_id"))
            """
        try steps.run(InventoryTable.accounts.keys("accounts.workspace_id = $1 AND \(givesWay)")) { part in
            let givesWay = InventoryTable.accounts.rows(part, or: givesWay)
            return [
                Self.touch(part, givesWay),
                """
                UPDATE accounts SET updated_at = \(InventoryTable.appliedAt), identity_id = (
                    SELECT named.identity_id \(named) ORDER BY named.external_id LIMIT 1)
                WHERE \(givesWay)
                """,
            ]
        }
    }

    /// The address of an identity without accounts is free for who has it now.
    private func freeAddresses() throws {
        let isFree: SQL = """
            email IS NOT NULL AND id IN (
                SELECT entity_id FROM sync_staged WHERE workspace_id = $1 AND sync_run_id = $2 AND kind = 'identity')
                AND NOT EXISTS (
                    SELECT 1 FROM accounts WHERE accounts.workspace_id = $1 AND accounts.identity_id = identities.id)
                AND EXISTS (
                    SELECT 1 FROM accounts WHERE accounts.workspace_id = $1 AND accounts.email = identities.email
                        AND accounts.updated_at >= \(InventoryTable.appliedAt))
            """
        try steps.run("SELECT identities.id AS key FROM identities WHERE workspace_id = $1 AND \(isFree)") { part in
            [
                """
                UPDATE identities SET email = NULL
                WHERE \(part.aside("workspace_id")) = $1 AND \(part.has("id", or: isFree))
                """
            ]
        }
    }
}

import Store

/// Assigns accounts to identities, the people behind them.
///
/// **The problem.** The same person has accounts on several platforms. To join two people's accounts by mistake is
/// worse than to leave one person's accounts apart: an action against one of them would hit the other.
///
/// **The approach.** Two accounts belong to one person if the same verified address is in both, or if a provider itself
/// links one account to the other's address. Names are never compared. An account keeps its identity for good, even if
/// its address changes. The one exception: an account of a person that no identity provider knows moves to a person
/// that one knows, if an address or a link leads there. A person that no identity provider knows has an identity too,
/// if one of their addresses is verified. No identity is created for a mailbox that several people share, and none for
/// an employee who has left, since HR keeps those records for years. `run` shows the order of the steps.
///
/// **Why it is safe.** Links that lead to several people join nothing, and no two identities have the same address.
/// Each step only fills in missing identities, or moves accounts as described, so repeating it changes nothing.
///
/// **What it costs.** Each step is one query over the workspace's accounts, links or identities, in every sync.
struct IdentityMatching {
    let steps: ApplySteps

    /// The condition that an account may get an identity: it has none, and does not belong to several people.
    private static let isOpen: SQL = "accounts.identity_id IS NULL AND accounts.account_type <> 'shared'"

    /// Returns the condition that an identity provider knows an identity.
    private static func isKnown(_ identityID: SQL) -> SQL {
        """
        EXISTS (SELECT 1 FROM accounts AS known JOIN integrations ON integrations.id = known.integration_id
            WHERE known.workspace_id = $1 AND integrations.idp_role IS NOT NULL AND known.identity_id = \(identityID))
        """
    }

    /// Returns the statement that notes the identities of accounts that meet a condition, so that the identities'
    /// fields are written again.
    static func noteIdentities(_ part: ApplyPart, _ condition: SQL) -> SQL {
        """
        INSERT INTO sync_identities (workspace_id, sync_run_id, identity_id)
        SELECT run.workspace_id, run.id, accounts.identity_id
        FROM accounts JOIN sync_runs AS run ON run.workspace_id = \(part.aside("accounts.workspace_id"))
        WHERE run.workspace_id = $1 AND run.id = $2 AND accounts.identity_id IS NOT NULL AND (\(condition))
        ON CONFLICT (sync_run_id, identity_id) DO NOTHING
        """
    }

    /// Gives accounts their identities, and notes the identities whose accounts have changed.
    func run() throws {
        try resolveManagers()
        try matchByAddress()
        try matchByLink()
        try matchByLinksOfOthers()
        try createIdentities()
        try matchByAddress()
        try assignCreated()
        try followLinks()
        try moveToNamedPeople()
        try freeAddresses()
        let isChanged: SQL = "accounts.updated_at >= \(InventoryTable.appliedAt)"
        let isSomebodys: SQL = "accounts.workspace_id = $1 AND accounts.identity_id IS NOT NULL"
        try steps.run(InventoryTable.accounts.keys("\(isSomebodys) AND \(isChanged)")) { part in
            [Self.noteIdentities(part, part.has("accounts.id", or: isChanged))]
        }
    }

    /// Fills in the addresses of managers that the provider names by their account.
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
            \(Self.isOpen) AND identities.workspace_id = $1 AND identities.email = accounts.email
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

    /// Gives accounts without an identity the one to which their provider links them. An account that is linked to
    /// several people's addresses gets none.
    private func matchByLink() throws {
        let isLinked: SQL = "\(Self.isOpen) AND \(Self.isLinkedToOne())"
        try steps.run(InventoryTable.accounts.keys("accounts.workspace_id = $1 AND \(isLinked)")) { part in
            [
                """
                UPDATE accounts SET updated_at = \(InventoryTable.appliedAt), identity_id = \(Self.linked())
                WHERE \(InventoryTable.accounts.rows(part, or: isLinked))
                """
            ]
        }
    }

    /// Gives an account without an identity the one to which an identity provider other than the account's own platform
    /// has linked the account's address. For example, Okta links a person to the name with which the person signs in.
    /// An address that is linked to several people gives no identity.
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
            \(isKnown) AND \(Self.isOpen) AND accounts.email = account_links.email
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

    /// Returns the query for the identity to which an account's links lead, for accounts that meet `isLinkedToOne`.
    /// `condition` restricts the links.
    private static func linked(_ condition: SQL = "TRUE") -> SQL {
        """
        (SELECT identities.id FROM account_links JOIN identities
            ON identities.workspace_id = $1 AND identities.email = account_links.email
        WHERE account_links.account_id = accounts.id AND \(condition) LIMIT 1)
        """
    }

    /// Returns the condition that the links of an account lead to exactly one identity; `condition` restricts the
    /// links. The links are grouped once: a subquery for each account would take time in the square of their number on
    /// a database without table statistics. Links are the smallest table, and CROSS JOIN makes SQLite begin with them.
    private static func isLinkedToOne(_ condition: SQL = "TRUE") -> SQL {
        """
        accounts.id IN (
            SELECT accounts.id FROM account_links CROSS JOIN accounts CROSS JOIN identities
            WHERE account_links.workspace_id = $1 AND accounts.id = account_links.account_id
                AND identities.workspace_id = $1 AND identities.email = account_links.email AND \(condition)
            GROUP BY accounts.id HAVING count(DISTINCT identities.id) = 1)
        """
    }

    /// Creates identities for accounts that have none: those at identity providers, and those elsewhere that have an
    /// address and are not service accounts. A shared account gets no identity, and neither does an HR record of a person
    /// who has left. An identity takes the id of the account from which it is created.
    private func createIdentities() throws {
        let isNew: SQL = """
            integrations.id = accounts.integration_id AND \(Self.isOpen)
                AND (integrations.idp_role IS NOT NULL
                    OR accounts.email IS NOT NULL AND accounts.account_type <> 'service_account'
                        AND (accounts.hr_status IS NULL OR accounts.status = 'active'))
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

    /// Gives accounts the identities that were created from them, unless they got one by their address.
    private func assignCreated() throws {
        let isCreated: SQL = """
            accounts.identity_id IS NULL AND EXISTS (
                SELECT 1 FROM identities WHERE identities.workspace_id = $1 AND identities.id = accounts.id)
            """
        try steps.run(InventoryTable.accounts.keys("accounts.workspace_id = $1 AND \(isCreated)")) { part in
            [
                """
                UPDATE accounts SET identity_id = id, updated_at = \(InventoryTable.appliedAt)
                WHERE \(InventoryTable.accounts.rows(part, or: isCreated))
                """
            ]
        }
    }

    /// Moves an account to the person whose address the account's links name, if they name exactly one person that an
    /// identity provider knows, and no identity provider knows the account's present person.
    private func followLinks() throws {
        let other: SQL = "identities.id <> accounts.identity_id AND \(Self.isKnown("identities.id"))"
        let follows: SQL = "\(Self.isLinkedToOne(other)) AND NOT \(Self.isKnown("accounts.identity_id"))"
        try steps.run(InventoryTable.accounts.keys("accounts.workspace_id = $1 AND \(follows)")) { part in
            let follows = InventoryTable.accounts.rows(part, or: follows)
            return [
                Self.noteIdentities(part, follows),
                """
                UPDATE accounts SET updated_at = \(InventoryTable.appliedAt), identity_id = \(Self.linked(other))
                WHERE \(follows)
                """,
            ]
        }
    }

    /// Moves the accounts of a person that no identity provider knows to another person, if the identity provider of
    /// this sync now shows the first person's address at an account of the other.
    private func moveToNamedPeople() throws {
        let named: SQL = """
            FROM accounts AS named JOIN sync_runs AS run ON run.integration_id = named.integration_id
                JOIN integrations ON integrations.id = named.integration_id
                JOIN identities ON identities.workspace_id = named.workspace_id AND identities.email = named.email
            WHERE run.workspace_id = $1 AND run.id = $2 AND named.updated_at >= run.finished_at
                AND integrations.idp_role IS NOT NULL AND identities.id <> named.identity_id
                AND identities.id = accounts.identity_id
            """
        let isMoved: SQL = """
            accounts.identity_id IN (
                SELECT identities.id FROM accounts AS moved JOIN sync_runs AS run ON run.integration_id = moved.integration_id
                    JOIN identities ON identities.workspace_id = moved.workspace_id AND identities.email = moved.email
                WHERE run.workspace_id = $1 AND run.id = $2 AND moved.updated_at >= run.finished_at
                    AND identities.id <> moved.identity_id)
                AND EXISTS (SELECT 1 \(named)) AND NOT \(Self.isKnown("accounts.identity_id"))
            """
        try steps.run(InventoryTable.accounts.keys("accounts.workspace_id = $1 AND \(isMoved)")) { part in
            let isMoved = InventoryTable.accounts.rows(part, or: isMoved)
            return [
                Self.noteIdentities(part, isMoved),
                """
                UPDATE accounts SET updated_at = \(InventoryTable.appliedAt), identity_id = (
                    SELECT named.identity_id \(named) ORDER BY named.external_id LIMIT 1)
                WHERE \(isMoved)
                """,
            ]
        }
    }

    /// Takes the address from identities that this sync has left without accounts, if an account that this sync has
    /// written has the address, so that the account's owner can get it.
    private func freeAddresses() throws {
        let isFree: SQL = """
            email IS NOT NULL AND id IN (
                SELECT identity_id FROM sync_identities WHERE workspace_id = $1 AND sync_run_id = $2)
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

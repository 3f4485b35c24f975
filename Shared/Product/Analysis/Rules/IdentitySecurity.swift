import Findings
import Integrations
import Store

extension Rule {
    /// Rules about the security of identities: second factors, admin roles, sign-ins, and unused accounts.
    static let identitySecurity: [Rule] =
        identitySecurityOfPeople + identitySecurityOfAdmins + identitySecurityOfAWS + identitySecurityOfSignIns

    private static let identitySecurityOfPeople: [Rule] = [
        // Requires that an identity provider reports that the person has no factor; reports of other platforms don't
        // suffice. Guests are left out, since they use the factors of their own tenant. Admins have a rule of their
        // own. Accounts that are younger than 7 days are left out, and so are those of Entra that may be a shared mailbox
        // or a room: they have no title, department or manager, and were never signed in to.
        Rule(
            .identitySecurity, "user_without_mfa", .high, on: .identity, "User without MFA",
            needs: [.identityProvider],
            find: """
                SELECT id AS key, id AS identity_id, display_name AS identity_name, email AS identity_email,
                    source,
                    CASE reach WHEN 0 THEN 'the account' WHEN 1 THEN '1 application'
                        ELSE CAST(reach AS text) || ' applications' END AS reach
                FROM (
                    SELECT id, display_name, email,
                        (SELECT platform FROM live_accounts
                            WHERE identity_id = people.id AND idp_role IS NOT NULL AND NOT mfa_enabled
                                AND (created_at IS NULL OR created_at <= \(daysAgo: 7))
                                AND NOT (platform = 'microsoft_entra' AND last_login_at IS NULL
                                    AND people.title IS NULL AND department IS NULL AND manager_email IS NULL)
                            ORDER BY idp_role DESC, platform LIMIT 1) AS source,
                        (SELECT count(DISTINCT application_id) FROM live_entitlements
                            WHERE identity_id = people.id) AS reach
                    FROM people WHERE NOT mfa_enabled AND identity_type NOT IN ('admin', 'external')) AS exposed
                WHERE source IS NOT NULL
                """,
            say: "{identity_name} has no second factor in {source:platform}, so a stolen password opens {reach}.",
            recommend: "Have the user enroll a second factor.", action: .forceMFAEnroll),
        // Counts a person as protected if no identity provider reports whether they have a second factor. Guests are
        // not counted, and neither are accounts of Entra that may be a shared mailbox or a room. In a company of four people
        // or fewer, each of them has a finding of their own.
        Rule(
            .identitySecurity, "mfa_gap_over_half", .critical, on: .workspace,
            "More than half the company without MFA",
            needs: [.identityProvider],
            supersedes: ["identity_security::user_without_mfa"],
            find: """
                SELECT affected_count, everybody, (SELECT platform FROM idp) AS idp
                FROM (
                    SELECT count(*) AS everybody, count(*) FILTER (WHERE NOT mfa_enabled) AS affected_count
                    FROM people
                    WHERE identity_type <> 'external' AND NOT EXISTS (
                        SELECT 1 FROM live_accounts
                        WHERE identity_id = people.id AND platform = 'microsoft_entra' AND last_login_at IS NULL
                            AND people.title IS NULL AND department IS NULL AND manager_email IS NULL)) AS counted
                WHERE affected_count * 2 > everybody AND everybody >= 5
                """,
            say: """
                {affected_count} of {everybody} people sign in to {idp:platform} without a second factor, so more than \
                half of the company is one stolen password away from a break-in.
                """,
            recommend: "Enforce multi-factor authentication for everyone in the identity provider.",
            action: .createTicket),
        // Finds people, other than admins, whose last sign-in to the identity provider was 30 days ago or more.
        Rule(
            .identitySecurity, "stale_account", .medium, on: .identity, "Stale account",
            needs: [.identityProvider],
            find: """
                SELECT id AS key, id AS identity_id, display_name AS identity_name, email AS identity_email,
                    last_login_at, (SELECT platform FROM idp) AS idp
                FROM people WHERE identity_type <> 'admin' AND last_login_at <= \(daysAgo: 30)
                """,
            say: """
                {identity_name} has not signed in to {idp:platform} for {last_login_at:days}, so nobody would notice \
                if someone else used the account.
                """,
            recommend: "Suspend the account, unless its owner is known to be on leave.", action: .suspendUser),
        // Finds accounts in an identity provider that are 14 days old or more and were never used. A provider that
        // reports no sign-ins at all is left out, and so are accounts of Entra that may be a shared mailbox or a room.
        Rule(
            .identitySecurity, "never_signed_in", .medium, on: .identity, "Never signed in",
            needs: [.identityProvider],
            find: """
                SELECT people.id AS key, \(person: "people"), live_accounts.platform AS source, live_accounts.created_at
                FROM people JOIN live_accounts ON live_accounts.identity_id = people.id
                WHERE live_accounts.identity_id IN (SELECT id FROM everyone WHERE last_login_at IS NULL)
                    AND live_accounts.last_login_at IS NULL
                    AND NOT (live_accounts.platform = 'microsoft_entra' AND people.title IS NULL
                        AND live_accounts.department IS NULL AND live_accounts.manager_email IS NULL)
                    AND live_accounts.idp_role IS NOT NULL AND live_accounts.created_at <= \(daysAgo: 14)
                    AND live_accounts.platform IN (
                        SELECT platform FROM connected WHERE idp_role IS NOT NULL AND EXISTS (
                            SELECT 1 FROM live_accounts AS others
                            WHERE others.integration_id = connected.id AND others.last_login_at IS NOT NULL))
                ORDER BY live_accounts.created_at
                """,
            say: """
                {identity_name} has had an account in {source:platform} for {created_at:days} and never signed in, so \
                its first password is still waiting for whoever finds it.
                """,
            recommend: "Find out whether the account is needed and remove it if not.", action: .suspendUser),
        // Covers sign-ins within the last 30 days.
        Rule(
            .identitySecurity, "shared_mailbox_sign_in", .medium, on: .identity,
            "Shared mailbox that signs in",
            needs: [.identityProvider],
            find: "SELECT * FROM account_holders WHERE account_type = 'shared' AND last_login_at >= \(daysAgo: 30)",
            say: """
                The shared mailbox {account_name} signed in {last_login_at:ago}, so nobody can tell who read or sent \
                its mail.
                """,
            recommend: "Block sign-in for the shared mailbox and let people read it by delegation.",
            action: .revokeSessions),
        // Finds people who were hired within the last 30 days and have an account on a platform, but none at an
        // identity provider. A person of the same name there, not known to HR, may be the same one.
        Rule(
            .identitySecurity, "new_hire_outside_idp", .medium, on: .identity,
            "New hire outside the identity provider",
            needs: [.identityProvider, .category("hr"), .applications],
            evidence: .unmatched,
            find: """
                SELECT everyone.id AS key, \(person: "everyone"), everyone.hired_at, live_accounts.platform AS source,
                    (SELECT platform FROM idp) AS idp
                FROM everyone JOIN live_accounts ON live_accounts.identity_id = everyone.id
                WHERE live_accounts.identity_id IN (
                        SELECT id FROM everyone
                        WHERE status = 'active' AND hr_status = 'active' AND hired_at >= \(daysAgo: 30)
                            AND hired_at <= \(daysAgo: 0))
                    AND live_accounts.status = 'active' AND live_accounts.idp_role IS NULL
                    AND lower(everyone.display_name) NOT IN (
                        SELECT lower(display_name) FROM known WHERE hr_status IS NULL)
                    AND NOT EXISTS (
                        SELECT 1 FROM accounts AS own
                        WHERE own.workspace_id = $1 AND own.identity_id = everyone.id
                            AND own.integration_id IN (SELECT id FROM providers))
                """,
            say: """
                {identity_name} started {hired_at:ago} and already works in {source:platform} without an account in \
                {idp:platform}, so none of its rules apply to those sign-ins.
                """,
            recommend: "Create the new hire's account in the identity provider and link the others to it.",
            action: .createTicket),
        Rule(
            .identitySecurity, "gitlab_stale_user", .medium, on: .identity, "GitLab user stale for 90 days",
            needs: [.platform("gitlab")],
            find: """
                SELECT * FROM account_holders
                WHERE account_platform = 'gitlab' AND account_type IN ('user', 'external')
                    AND last_login_at <= \(daysAgo: 90)
                """,
            say: "{identity_name} has not used GitLab for {last_login_at:days}, but the account still opens the code.",
            recommend: "Deactivate the GitLab user.", action: .deactivateUser),
    ]
}

import Findings
import Integrations
import Store

extension Rule {
    /// Rules about the IAM users and the root user of AWS. In an account's metadata, `kind` is `user` for an IAM user,
    /// and `console` says if the user has a password.
    static let identitySecurityOfAWS: [Rule] = [
        Rule(
            .identitySecurity, "aws_console_user_without_mfa", .high, on: .identity,
            "AWS console user without MFA",
            needs: [.platform("aws")],
            find: """
                SELECT * FROM account_holders
                WHERE account_platform = 'aws' AND NOT mfa_enabled AND metadata ->> 'kind' = 'user'
                    AND metadata ->> 'console' = 'yes'
                """,
            say: """
                {identity_name} can sign in to the AWS console without a second factor, so a stolen password is enough \
                to get in.
                """,
            recommend: "Assign an MFA device to the IAM user, or remove its console password.",
            action: .forceMFAEnroll),
        Rule(
            .identitySecurity, "aws_root_without_mfa", .critical, on: .integration, "AWS root without MFA",
            needs: [.platform("aws")],
            find: """
                SELECT 'aws:root' AS key, 'aws' AS integration_platform, 'root' AS integration_name
                FROM live_accounts WHERE platform = 'aws' AND NOT mfa_enabled AND metadata ->> 'kind' = 'root'
                """,
            say: """
                The AWS root user has no MFA device, so its password alone can delete everything in the account.
                """,
            recommend: "Put a hardware MFA device on the root user.", action: .createTicket),
        // Finds a use of the root user within the last 30 days. An account's first 30 days, in which only its root user
        // can set it up, are left out.
        Rule(
            .identitySecurity, "aws_root_used", .high, on: .integration, "AWS root used",
            needs: [.platform("aws")],
            find: """
                SELECT 'aws:root' AS key, 'aws' AS integration_platform, 'root' AS integration_name, last_login_at,
                    CASE metadata ->> 'used' WHEN 'key' THEN 'An access key of the AWS root user was used'
                        WHEN 'password' THEN 'The AWS root user signed in' ELSE 'The AWS root user was used' END AS what
                FROM live_accounts
                WHERE platform = 'aws' AND metadata ->> 'kind' = 'root' AND last_login_at >= \(daysAgo: 30)
                    AND (created_at IS NULL OR epoch(last_login_at) > epoch(created_at) + 30 * 86400)
                """,
            say: """
                {what} {last_login_at:ago}, which no policy can limit and no person answers for.
                """,
            recommend: "Find out who used the root user and why, and use an IAM role instead.",
            action: .createTicket),
        // Finds IAM users with console access whose last sign-in was 45 days ago or more. A password that was never used
        // counts from the user's creation. The action does not touch the user's keys, which a program may be using.
        Rule(
            .identitySecurity, "aws_stale_user", .high, on: .identity, "Stale AWS user",
            needs: [.platform("aws")],
            find: """
                SELECT holders.*, (
                    SELECT max(last_used_at) FROM live_keys
                    WHERE live_keys.account_id = holders.account_id) AS key_used_at
                FROM (
                    SELECT account_holders.*, COALESCE(account_holders.last_login_at, accounts.created_at) AS idle_since
                    FROM account_holders JOIN accounts ON accounts.workspace_id = $1
                        AND accounts.id = account_holders.account_id
                    WHERE account_platform = 'aws' AND account_holders.metadata ->> 'kind' = 'user'
                        AND account_holders.metadata ->> 'console' = 'yes') AS holders
                WHERE idle_since <= \(daysAgo: 45)
                """,
            say: """
                {identity_name} has not used the AWS console for {idle_since:days}, but the password still works[; a key \
                of the user was used {key_used_at:ago}].
                """,
            recommend: "Remove the IAM user's console password, and leave keys that are in use.",
            action: .createTicket),
    ]

    /// Rules about sign-ins of the last 30 days that bypassed the identity provider, and about platforms that allow
    /// such sign-ins.
    static let identitySecurityOfSignIns: [Rule] =
        [
            Rule(
                .identitySecurity, "admin_direct_sign_in", .critical, on: .identity,
                "Admin signs in directly",
                needs: [.identityProvider, .applications],
                find: """
                    SELECT people.id AS key, \(person: "people"), direct.platform AS source, direct.occurred_at,
                        (SELECT platform FROM idp) AS idp
                    FROM (
                        SELECT identity_id, platform, max(occurred_at) AS occurred_at FROM direct_sign_ins
                        WHERE epoch(occurred_at) >= epoch(\(daysAgo: 30)) GROUP BY identity_id, platform) AS direct
                    JOIN people ON people.id = direct.identity_id
                    WHERE people.identity_type = 'admin' ORDER BY direct.occurred_at DESC
                    """,
                say: """
                    {identity_name}, who is an admin, signed in to {source:platform} with a password {occurred_at:ago}, \
                    past {idp:platform}'s second factor.
                    """,
                recommend: "Require single sign-on for admins on that platform.", action: .revokeSessions),
            // Leaves out executives who are admins: they have the finding for admins.
            Rule(
                .identitySecurity, "executive_direct_sign_in", .critical, on: .identity,
                "Executive signs in directly",
                needs: [.identityProvider, .applications],
                find: """
                    SELECT people.id AS key, \(person: "people"),
                        people.title, direct.platform AS source, direct.occurred_at,
                        (SELECT platform FROM idp) AS idp
                    FROM (
                        SELECT identity_id, platform, max(occurred_at) AS occurred_at FROM direct_sign_ins
                        WHERE epoch(occurred_at) >= epoch(\(daysAgo: 30)) GROUP BY identity_id, platform) AS direct
                    JOIN people ON people.id = direct.identity_id
                    WHERE people.identity_type <> 'admin'
                        AND people.title IN (SELECT title FROM executive_titles)
                    ORDER BY direct.occurred_at DESC
                    """,
                say: """
                    {identity_name}, {title}, signed in to {source:platform} with a password {occurred_at:ago}, past \
                    {idp:platform}'s second factor.
                    """,
                recommend: "Require single sign-on for executives on that platform.", action: .revokeSessions),
            // Covers sign-ins after the account in the identity provider had ended.
            Rule(
                .identitySecurity, "offboarded_direct_sign_in", .critical, on: .identity,
                "Offboarded user signs in directly",
                needs: [.identityProvider, .applications],
                evidence: .matched,
                find: """
                    SELECT everyone.id AS key, \(person: "everyone"), direct.platform AS source, direct.occurred_at,
                        (SELECT platform FROM idp) AS idp
                    FROM (
                        SELECT identity_id, platform, max(occurred_at) AS occurred_at FROM direct_sign_ins
                        WHERE epoch(occurred_at) >= epoch(\(daysAgo: 30)) GROUP BY identity_id, platform) AS direct
                    JOIN everyone ON everyone.id = direct.identity_id
                    WHERE everyone.status = 'deprovisioned' AND direct.occurred_at > everyone.deprovisioned_at
                    ORDER BY direct.occurred_at DESC
                    """,
                say: """
                    {identity_name} left the company and signed in to {source:platform} with a password \
                    {occurred_at:ago}, which {idp:platform} could not stop.
                    """,
                recommend: "Deactivate the account on that platform and end its sessions.",
                action: .offboardUser),
            // Finds platforms with ten or more sign-ins, more than half of them with a password.
            Rule(
                .identitySecurity, "most_sign_ins_bypass_sso", .high, on: .integration,
                "Most sign-ins bypass SSO",
                needs: [.identityProvider, .applications],
                find: """
                    SELECT platform AS key, platform AS integration_platform, platform AS source,
                        direct * 100 / sign_ins AS percent, (SELECT platform FROM idp) AS idp
                    FROM (
                        SELECT platform, count(*) AS sign_ins,
                            count(*) FILTER (WHERE method = 'password') AS direct
                        FROM logins WHERE epoch(occurred_at) >= epoch(\(daysAgo: 30)) GROUP BY platform) AS counted
                    WHERE sign_ins >= 10 AND direct * 2 > sign_ins
                    """,
                say: """
                    {percent} per cent of {source:platform} sign-ins in the last 30 days used a password instead of \
                    {idp:platform}, so {idp:platform}'s rules do not apply there.
                    """,
                recommend: "Enforce single sign-on on the platform and turn password sign-in off.",
                action: .createTicket),
        ]
        + PlatformNames.business.map { platform, name in
            // Allows one account without enforced single sign-on, which may be kept for emergencies.
            Rule(
                .identitySecurity, platform + "_sso_not_enforced", .high, on: .integration,
                "SSO not enforced in \(name)",
                needs: [.platform(platform)],
                find: """
                    SELECT platform AS key, platform AS integration_platform, count(*) AS everybody,
                        count(*) FILTER (WHERE NOT sso_enforced) AS affected_count
                    FROM live_accounts
                    WHERE platform = \(platform) AND status = 'active' AND account_type IN ('user', 'external')
                    GROUP BY platform HAVING count(*) FILTER (WHERE NOT sso_enforced) >= 2
                    """,
                say: """
                    {affected_count} of {everybody} accounts in {key:platform} can sign in with a password instead of \
                    single sign-on, so the identity provider's rules do not apply there.
                    """,
                recommend: "Enforce single sign-on in \(name).", action: .createTicket)
        }
}

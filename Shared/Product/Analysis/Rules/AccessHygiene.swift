import Findings
import Integrations
import Store

extension Rule {
    /// Rules about access that should have ended, has no known owner or contradicts HR, and about risky keys and
    /// tokens.
    static let accessHygiene: [Rule] = leavers + hrRecords + unmatchedAccounts + longLivedKeys

    private static let leavers: [Rule] =
        [
            // Finds suspended or deprovisioned people with live entitlements, none of them as an admin. A suspension counts
            // after 14 days. A platform that was not synced since may have removed them.
            Rule(
                .accessHygiene, "inactive_user_with_entitlements", .high, on: .identity,
                "Suspended or deprovisioned user with live entitlements",
                needs: [.identityProvider],
                find: """
                    SELECT inactive.id AS key, \(person: "inactive"),
                        inactive.status, live_applications.id AS application_id,
                        live_applications.name AS application_name, live_entitlements.platform AS source,
                        (SELECT platform FROM idp) AS idp
                    FROM live_entitlements JOIN inactive ON inactive.id = live_entitlements.identity_id
                        JOIN live_applications ON live_applications.id = live_entitlements.application_id
                        JOIN connected ON connected.platform = live_entitlements.platform
                    WHERE (inactive.ended_at IS NULL OR connected.last_sync_at >= inactive.ended_at)
                        AND NOT EXISTS (
                        SELECT 1 FROM live_entitlements AS admin
                        WHERE admin.identity_id = inactive.id AND admin.is_admin)
                    """,
                say: """
                    {identity_name} is {status} in {idp:platform} but keeps access to {application_name}, which \
                    comes back if the account is reactivated.
                    """,
                recommend: "Remove the user's remaining entitlements.", action: .offboardUser),
            Rule(
                .accessHygiene, "inactive_user_with_admin", .critical, on: .identity,
                "Suspended or deprovisioned user with admin entitlement",
                needs: [.identityProvider],
                find: """
                    SELECT inactive.id AS key, \(person: "inactive"),
                        inactive.status, live_applications.id AS application_id,
                        live_applications.name AS application_name, live_entitlements.platform AS source,
                        (SELECT platform FROM idp) AS idp
                    FROM live_entitlements JOIN inactive ON inactive.id = live_entitlements.identity_id
                        JOIN live_applications ON live_applications.id = live_entitlements.application_id
                        JOIN connected ON connected.platform = live_entitlements.platform
                    WHERE (inactive.ended_at IS NULL OR connected.last_sync_at >= inactive.ended_at)
                        AND live_entitlements.is_admin
                    """,
                say: """
                    {identity_name} is {status} in {idp:platform} but still an administrator of {application_name}, \
                    so one click makes them an admin again.
                    """,
                recommend: "Remove the admin entitlement now.", action: .removeAdminRole),
            // Covers platforms that have no such rule of their own, and people who are admins neither there nor in
            // GitLab.
            Rule(
                .accessHygiene, "offboarded_but_active", .high, on: .identity,
                "Offboarded but active elsewhere",
                needs: [.identityProvider],
                evidence: .matched,
                find: """
                    SELECT * FROM outlived
                    WHERE NOT is_business AND account_platform <> 'gitlab' AND NOT EXISTS (
                        SELECT 1 FROM outlived AS administered
                        WHERE administered.identity_id = outlived.identity_id AND administered.is_admin
                            AND NOT administered.is_business)
                    """,
                say: """
                    {identity_name} was {ended} in {idp:platform}[ {ended_at:ago}] but can still sign in \
                    to {account_platform:platform}.
                    """,
                recommend: "Suspend the accounts that are still active.", action: .suspendUser),
            Rule(
                .accessHygiene, "offboarded_admin_active", .critical, on: .identity,
                "Offboarded but admin elsewhere",
                needs: [.identityProvider],
                supersedes: ["access_hygiene::gitlab_offboarded_active"],
                evidence: .matched,
                find: """
                    SELECT outlived.*, CASE WHEN is_admin THEN account_platform END AS administered,
                        CASE WHEN NOT is_admin THEN account_platform END AS used
                    FROM outlived
                    WHERE NOT is_business AND EXISTS (
                        SELECT 1 FROM outlived AS administered
                        WHERE administered.identity_id = outlived.identity_id AND administered.is_admin
                            AND NOT administered.is_business)
                    """,
                say: """
                    {identity_name} was {ended} in {idp:platform}[ {ended_at:ago}] but is still an admin \
                    of {administered:platform}[ and can sign in to {used:platform}].
                    """,
                recommend: "Remove the admin role and suspend the accounts that are still active.",
                action: .offboardUser),
            Rule(
                .accessHygiene, "terminated_in_hr_but_active", .critical, on: .identity,
                "Terminated in HR but active",
                needs: [.identityProvider, .category("hr")],
                evidence: .matched,
                find: """
                    SELECT id AS key, id AS identity_id, display_name AS identity_name, email AS identity_email,
                        terminated_at, last_login_at, (SELECT platform FROM hr) AS hr,
                        (SELECT platform FROM idp) AS idp
                    FROM people WHERE id IN (SELECT id FROM left_in_hr)
                    """,
                say: """
                    {identity_name} left[ {terminated_at:ago}] according to {hr:platform}, but the {idp:platform} \
                    account is active[ and was used {last_login_at:ago}].
                    """,
                recommend: "Offboard the person in the identity provider now.", action: .offboardUser),
            // Covers people who are not admins of GitLab. Administrators are covered by offboarded_admin_active.
            Rule(
                .accessHygiene, "gitlab_offboarded_active", .high, on: .identity,
                "Offboarded but active in GitLab",
                needs: [.identityProvider, .platform("gitlab")],
                evidence: .matched, find: "SELECT * FROM outlived WHERE account_platform = 'gitlab' AND NOT is_admin",
                say: """
                    {identity_name} was {ended} in {idp:platform}[ {ended_at:ago}] but can still sign in \
                    to GitLab and copy the code.
                    """,
                recommend: "Block the GitLab user.", action: .suspendUser),
        ]
        + PlatformNames.business.map { platform, name in
            Rule(
                .accessHygiene, platform + "_offboarded_active", .critical, on: .identity,
                "Offboarded but active in \(name)",
                needs: [.identityProvider, .platform(platform)],
                evidence: .matched, find: "SELECT * FROM outlived WHERE account_platform = \(platform)",
                say: """
                    {identity_name} was {ended} in {idp:platform}[ {ended_at:ago}] but can still sign in \
                    to {account_platform:platform} and to all that the company keeps there.
                    """,
                recommend: "Deactivate the user in \(name).", action: .suspendUser)
        }
}

import Findings
import Integrations
import Store

extension Rule {
    /// Rules about people whose records in HR and in the directory contradict each other or are out of date.
    static let hrRecords: [Rule] = [
        Rule(
            .accessHygiene, "department_mismatch", .low, on: .identity,
            "Department differs between HR and directory",
            needs: [.identityProvider, .category("hr")],
            evidence: .matched,
            find: """
                SELECT people.id AS key, \(person: "people"), (SELECT platform FROM hr) AS hr,
                    (SELECT platform FROM idp) AS idp, hr_records.hr_department, hr_records.idp_department
                FROM hr_records JOIN people ON people.id = hr_records.identity_id
                WHERE lower(trim(hr_records.hr_department)) <> lower(trim(hr_records.idp_department))
                """,
            say: """
                {identity_name} is in {hr_department} according to {hr:platform} and in {idp_department} according to \
                {idp:platform}, so access follows the wrong department.
                """,
            recommend: "Correct the department in the directory.", action: .createTicket),
        Rule(
            .accessHygiene, "manager_mismatch", .low, on: .identity,
            "Manager differs between HR and directory",
            needs: [.identityProvider, .category("hr")],
            evidence: .matched,
            find: """
                SELECT people.id AS key, \(person: "people"), (SELECT platform FROM hr) AS hr,
                    (SELECT platform FROM idp) AS idp,
                    COALESCE(hr_manager.display_name, hr_records.hr_manager_email) AS hr_manager,
                    COALESCE(idp_manager.display_name, hr_records.idp_manager_email) AS idp_manager
                FROM hr_records JOIN people ON people.id = hr_records.identity_id
                    LEFT JOIN everyone AS hr_manager ON hr_manager.email = hr_records.hr_manager_email
                    LEFT JOIN everyone AS idp_manager ON idp_manager.email = hr_records.idp_manager_email
                WHERE hr_records.hr_manager_email <> hr_records.idp_manager_email
                """,
            say: """
                {identity_name} reports to {hr_manager} in {hr:platform} and to {idp_manager} in {idp:platform}, so the \
                wrong person approves access.
                """,
            recommend: "Correct the manager in the directory.", action: .createTicket),
        Rule(
            .accessHygiene, "manager_departed", .low, on: .identity, "Manager has left",
            needs: [.identityProvider],
            evidence: .matched,
            find: """
                SELECT people.id AS key, \(person: "people"), manager.display_name AS manager,
                    COALESCE(manager.deprovisioned_at, manager.terminated_at) AS left_at
                FROM people JOIN everyone AS manager ON manager.email = people.manager_email
                WHERE people.manager_email IN (
                    SELECT email FROM everyone
                    WHERE status = 'deprovisioned' OR hr_status = 'terminated' AND terminated_at <= \(daysAgo: 0))
                """,
            say: "{identity_name} reports to {manager}, who left[ {left_at:ago}], so access requests reach nobody.",
            recommend: "Give the person a new manager, so that access requests reach someone.",
            action: .createTicket),
        // Finds active people at identity providers, except external ones, without a record in HR.
        Rule(
            .accessHygiene, "ghost_employee", .medium, on: .identity, "Ghost employee",
            needs: [.identityProvider, .category("hr")],
            evidence: .unmatched,
            find: """
                SELECT id AS key, id AS identity_id, display_name AS identity_name, email AS identity_email,
                    (SELECT count(DISTINCT application_id) FROM live_entitlements
                    WHERE live_entitlements.identity_id = people.id) AS applications,
                    (SELECT platform FROM hr) AS hr, (SELECT platform FROM idp) AS idp
                FROM people
                WHERE hr_status IS NULL AND identity_type <> 'external' AND id NOT IN (SELECT id FROM contractors)
                    AND NOT EXISTS (
                    SELECT 1 FROM live_accounts
                    WHERE live_accounts.identity_id = people.id AND live_accounts.category = 'hr')
                """,
            say: """
                {identity_name} has an active {idp:platform} account with {applications:application}, but {hr:platform} \
                has no one with that name.
                """,
            recommend: "Ask HR who this is and suspend the account if nobody knows.", action: .suspendUser),
        // Finds people who were hired 3 to 90 days ago and have no account except in HR.
        Rule(
            .accessHygiene, "new_hire_without_account", .medium, on: .identity, "New hire without account",
            needs: [.identityProvider, .category("hr")],
            evidence: .unmatched,
            find: """
                SELECT id AS key, id AS identity_id, display_name AS identity_name, email AS identity_email, hired_at,
                    (SELECT platform FROM hr) AS hr
                FROM everyone
                WHERE hr_status = 'active' AND status = 'active' AND hired_at <= \(daysAgo: 3)
                    AND hired_at > \(daysAgo: 90) AND NOT EXISTS (
                        SELECT 1 FROM live_accounts
                        WHERE live_accounts.identity_id = everyone.id AND live_accounts.category <> 'hr')
                    AND NOT EXISTS (
                        SELECT 1 FROM accounts
                        WHERE workspace_id = $1 AND identity_id = everyone.id
                            AND integration_id IN (SELECT id FROM providers))
                """,
            say: """
                {identity_name} started {hired_at:ago} according to {hr:platform} and has no account, so their work \
                begins on borrowed accounts.
                """,
            recommend: "Create the new hire's account in the identity provider.", action: .createTicket),
    ]
}

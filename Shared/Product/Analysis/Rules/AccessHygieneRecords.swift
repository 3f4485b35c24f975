import Findings
import Integrations
import Store

extension Rule {
    /// Rules about people whose records in HR and in the directory contradict each other or are out of date.
    static let hrRecords: [Rule] = [
        // Considers a department of HR only if a person is in it according to both, so that two names for the same
        // department are no difference.
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
                    AND lower(trim(hr_records.hr_department)) IN (
                        SELECT lower(trim(employees.department))
                        FROM employees JOIN live_accounts ON live_accounts.identity_id = employees.identity_id
                        WHERE live_accounts.integration_id = (SELECT id FROM idp)
                            AND lower(trim(live_accounts.department)) = lower(trim(employees.department)))
                """,
            say: """
                {identity_name} is in {hr_department} according to {hr:platform} and in {idp_department} according to \
                {idp:platform}, so access follows the wrong department.
                """,
            recommend: "Correct the department in the directory.", action: .createTicket),
        // Considers managers who are known people, since one person may have several addresses.
        Rule(
            .accessHygiene, "manager_mismatch", .low, on: .identity,
            "Manager differs between HR and directory",
            needs: [.identityProvider, .category("hr")],
            evidence: .matched,
            find: """
                SELECT people.id AS key, \(person: "people"), (SELECT platform FROM hr) AS hr,
                    (SELECT platform FROM idp) AS idp,
                    hr_manager.display_name AS hr_manager, idp_manager.display_name AS idp_manager
                FROM hr_records JOIN people ON people.id = hr_records.identity_id
                    JOIN everyone AS hr_manager ON hr_manager.email = hr_records.hr_manager_email
                    JOIN everyone AS idp_manager ON idp_manager.email = hr_records.idp_manager_email
                WHERE lower(hr_manager.display_name) <> lower(idp_manager.display_name)
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
                    WHERE status = 'deprovisioned' OR id IN (
                        SELECT id FROM left_in_hr WHERE terminated_at IS NOT NULL))
                """,
            say: "{identity_name} reports to {manager}, who left[ {left_at:ago}], so access requests reach nobody.",
            recommend: "Give the person a new manager, so that access requests reach someone.",
            action: .createTicket),
        // Finds people at identity providers who have signed in, except external ones, without a record in HR. An unused
        // account may be a room's, and never_signed_in covers it. A record of the same name that has another address or
        // none may be the person's, and so may a record without name and address.
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
                    AND last_login_at IS NOT NULL
                    AND id IN (SELECT id FROM everyone WHERE created_at <= \(daysAgo: 7))
                    AND NOT EXISTS (SELECT 1 FROM employees WHERE employees.identity_id = people.id)
                    AND lower(display_name) NOT IN (
                        SELECT lower(display_name) FROM employees WHERE display_name IS NOT NULL
                        UNION SELECT lower(legal_name) FROM employees WHERE legal_name IS NOT NULL)
                    AND NOT EXISTS (
                        SELECT 1 FROM employees
                        WHERE status = 'active' AND identity_id IS NULL AND metadata ->> 'name' = 'unknown')
                    AND EXISTS (SELECT 1 FROM employees)
                """,
            say: """
                {identity_name} has an active {idp:platform} account with {applications:application}, but {hr:platform} \
                has no one with that name.
                """,
            recommend: "Ask HR who this is and suspend the account if nobody knows.", action: .suspendUser),
        // Finds people who were hired 3 to 90 days ago and have no account. A person of the same name at the identity
        // provider, not known to HR, may be the same one.
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
                        WHERE live_accounts.identity_id = everyone.id)
                    AND lower(display_name) NOT IN (
                        SELECT lower(display_name) FROM known WHERE hr_status IS NULL)
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
        // Finds people moved by HR to another department 7 to 30 days ago who are admins of an application since
        // before. If the new department had no members before, the department may only have a new name.
        Rule(
            .accessHygiene, "mover_keeps_access", .medium, on: .identity, "Mover keeps administrator rights",
            needs: [.identityProvider, .category("hr")],
            evidence: .matched,
            find: """
                SELECT people.id AS key, \(person: "people"), employees.department AS new_department,
                    employees.moved_at, live_applications.id AS application_id,
                    live_applications.name AS application_name, live_entitlements.platform AS source,
                    (SELECT platform FROM hr) AS hr
                FROM employees JOIN people ON people.id = employees.identity_id
                    JOIN live_entitlements ON live_entitlements.identity_id = people.id
                    JOIN live_applications ON live_applications.id = live_entitlements.application_id
                WHERE employees.status = 'active' AND employees.moved_at <= \(daysAgo: 7)
                    AND employees.moved_at > \(daysAgo: 30)
                    AND live_entitlements.is_admin AND live_entitlements.granted_at < employees.moved_at
                    AND EXISTS (
                        SELECT 1 FROM employees AS colleague
                        WHERE colleague.id <> employees.id AND colleague.status = 'active'
                            AND lower(trim(colleague.department)) = lower(trim(employees.department))
                            AND (colleague.moved_at IS NULL OR colleague.moved_at < employees.moved_at))
                """,
            say: """
                {identity_name} moved to {new_department} {moved_at:ago} according to {hr:platform} and still \
                administers {application_name}, a right that the old job needed.
                """,
            recommend: "Ask the new manager which rights the new job needs and remove the others.",
            action: .removeAdminRole),
        // Finds accounts that are used more than 14 days before the first day. An older account may be that of a former
        // employee who comes back, or of a contractor who becomes an employee.
        Rule(
            .accessHygiene, "account_long_before_start", .low, on: .identity, "Account used long before the first day",
            needs: [.identityProvider, .category("hr")],
            evidence: .matched,
            find: """
                SELECT people.id AS key, \(person: "people"), people.last_login_at,
                    (epoch(everyone.hired_at) - epoch(\(daysAgo: 0))) / 86400 AS days_left,
                    (SELECT platform FROM hr) AS hr, (SELECT platform FROM idp) AS idp
                FROM people JOIN everyone ON everyone.id = people.id
                WHERE everyone.hr_status IN ('active', 'leave') AND everyone.hired_at > \(daysAgo: -14)
                    AND people.last_login_at > \(daysAgo: 7) AND people.id NOT IN (SELECT id FROM contractors)
                    AND people.identity_type <> 'external' AND NOT EXISTS (
                        SELECT 1 FROM live_accounts
                        WHERE live_accounts.identity_id = people.id AND live_accounts.idp_role IS NOT NULL
                            AND (live_accounts.created_at IS NULL OR live_accounts.created_at < \(daysAgo: 30)))
                """,
            say: """
                {identity_name} starts in {days_left:day} according to {hr:platform} but used the {idp:platform} \
                account {last_login_at:ago}, before any contract applies.
                """,
            recommend: "Ask HR for the right first day, or suspend the account until then.", action: .suspendUser),
    ]
}

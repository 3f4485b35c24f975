import Findings
import Integrations
import Store

extension Rule {
    /// Rules about access to code, and about leaks from it. The metadata of a GitHub account may name a `repository`,
    /// and the account's `permission` there.
    static let riskyCode: [Rule] = [
        Rule(
            .accessRisk, "github_outside_collaborator_with_write", .high, on: .identity,
            "Outside collaborator with write access",
            needs: [.platform("github")],
            find: """
                SELECT *, COALESCE('the ' || (metadata ->> 'repository') || ' repository', 'a repository') AS repository
                FROM account_holders
                WHERE account_platform = 'github' AND account_type = 'external'
                    AND metadata ->> 'permission' IN ('push', 'write', 'maintain', 'admin')
                """,
            say: """
                {identity_name} is not an employee but can push to {repository}, so code that no employee wrote can \
                ship.
                """,
            recommend: "Lower the collaborator's access to read, or end it.", action: .removeFromGroup),
        // Finds more than ten outside collaborators at GitHub.
        Rule(
            .accessRisk, "github_many_outside_collaborators", .medium, on: .integration,
            "Many outside collaborators",
            needs: [.platform("github")],
            find: """
                SELECT account_platform AS key, account_platform AS integration_platform, identity_id, identity_name,
                    identity_email, affected_count
                FROM (
                    SELECT account_platform, identity_id, identity_name, identity_email,
                        count(*) OVER () AS affected_count
                    FROM account_holders WHERE account_platform = 'github' AND account_type = 'external') AS counted
                WHERE affected_count > 10
                """,
            say: """
                GitHub has {affected_count} outside collaborators, whose access the company's offboarding does not end.
                """,
            recommend: "Review the outside collaborators.", action: .createAccessReview),
        // Covers alerts of any age, as long as their entries in the platform's log are stored. All alerts of one
        // repository are one finding.
        Rule(
            .accessRisk, "github_open_secret_alert", .critical, on: .integration, "Open secret alert",
            needs: [.platform("github")],
            find: """
                SELECT 'github:' || opened.target AS key, 'github' AS integration_platform,
                    opened.target AS integration_name, \(person: "everyone"),
                    COALESCE(opened.secret_type, 'of unknown type') AS secret_type, opened.occurred_at,
                    count(*) OVER (PARTITION BY opened.target) AS alerts
                FROM (
                    SELECT target, identity_id, event_type, details ->> 'secret_type' AS secret_type, occurred_at,
                        max(occurred_at) FILTER (WHERE event_type = 'secret_scanning_alert.resolve')
                            OVER (PARTITION BY target, details ->> 'number') AS resolved_at
                    FROM live_events
                    WHERE platform = 'github' AND target IS NOT NULL
                        AND event_type IN ('secret_scanning_alert.create', 'secret_scanning_alert.reopen',
                            'secret_scanning_alert.resolve')) AS opened
                LEFT JOIN everyone ON everyone.id = opened.identity_id
                WHERE opened.event_type <> 'secret_scanning_alert.resolve'
                    AND (opened.resolved_at IS NULL OR opened.resolved_at < opened.occurred_at)
                ORDER BY opened.occurred_at
                """,
            say: """
                {alerts:leaked secret} ({secret_type}) {alerts?has/have} been readable in the {integration_name} \
                repository for {occurred_at:days}, and the {alerts?alert is/alerts are} still open.
                """,
            recommend: "Revoke the leaked secret and close the alert.", action: .rotateCredentials),
        // Finds people who bypassed GitHub's push protection twice or more in the last 30 days. The product's definition
        // fixes the severity, so it does not depend on what is usual for the person.
        Rule(
            .accessRisk, "github_push_protection_bypassed", .high, on: .identity, "Push protection bypassed",
            needs: [.platform("github")],
            find: """
                SELECT COALESCE(CAST(bypassed.identity_id AS text), bypassed.actor) AS key, bypassed.identity_id,
                    COALESCE(everyone.display_name, bypassed.actor) AS identity_name,
                    everyone.email AS identity_email, bypassed.target, bypassed.times
                FROM (
                    SELECT identity_id, actor, COALESCE(target, 'a repository') AS target,
                        count(*) OVER (PARTITION BY COALESCE(CAST(identity_id AS text), actor)) AS times
                    FROM live_events
                    WHERE event_type = 'secret_scanning_push_protection.bypass' AND platform = 'github'
                        AND epoch(occurred_at) >= epoch(\(daysAgo: 30)) AND COALESCE(CAST(identity_id AS text), actor) IS NOT NULL
                    ) AS bypassed
                LEFT JOIN everyone ON everyone.id = bypassed.identity_id
                WHERE bypassed.times >= 2
                """,
            say: """
                {identity_name} bypassed GitHub's push protection {times} times in the last 30 days, so there may be \
                secrets in {target}.
                """,
            recommend: "Check what was pushed and rotate the secrets in it.", action: .rotateCredentials),
        writeDeployKey("github", "GitHub"),
        Rule(
            .accessRisk, "gitlab_external_elevated", .high, on: .identity,
            "External with elevated GitLab role",
            needs: [.platform("gitlab")],
            find: """
                SELECT *, COALESCE(metadata ->> 'role', 'admin') AS role FROM account_holders
                WHERE account_platform = 'gitlab' AND (account_type = 'external' OR identity_type = 'external')
                    AND (is_admin OR metadata ->> 'role' IN ('maintainer', 'owner'))
                """,
            say: """
                {identity_name} is external to the company but has the role {role} in GitLab, so an outsider can change \
                protected branches and let others in.
                """,
            recommend: "Lower the external user's role in GitLab.", action: .removeAdminRole),
        writeDeployKey("gitlab", "GitLab"),
    ]

    private static func writeDeployKey(_ platform: String, _ name: String) -> Rule {
        Rule(
            .accessRisk, platform + "_write_deploy_key", .medium, on: .integration,
            "\(name) deploy key with write access",
            needs: [.platform(platform)],
            find: """
                SELECT platform || ':' || COALESCE(name, CAST(id AS text)) AS key, platform AS integration_platform,
                    COALESCE(name, CAST(id AS text)) AS integration_name
                FROM live_keys WHERE kind = 'deploy_key' AND can_write AND platform = \(platform)
                """,
            say: """
                The {integration_platform:platform} deploy key {integration_name} has write access, so anyone with a \
                copy can change the code anonymously.
                """,
            recommend: "Make the deploy key read-only.", action: .rotateCredentials)
    }
}

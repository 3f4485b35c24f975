import Findings
import Integrations
import Store

extension Rule {
    /// Rules about keys and tokens that are unused, old, surplus, without expiry, or without owner.
    static let longLivedKeys: [Rule] = [
        // A key that was never used counts as unused since its creation.
        Rule(
            .accessHygiene, "aws_key_unused", .high, on: .identity, "AWS key unused for 90 days",
            needs: [.platform("aws")],
            find: """
                SELECT * FROM owned_keys
                WHERE source = 'aws' AND kind = 'access_key' AND idle_since <= \(daysAgo: 90) ORDER BY idle_since
                """,
            say: """
                {identity_name} has an AWS access key that has not been used for {idle_since:days} and still works for \
                whoever finds it.
                """,
            recommend: "Deactivate the access key.", action: .rotateCredentials),
        // Covers only keys that are in use; unused keys are covered by aws_key_unused.
        Rule(
            .accessHygiene, "aws_key_old", .medium, on: .identity, "AWS key older than 90 days",
            needs: [.platform("aws")],
            find: """
                SELECT * FROM owned_keys
                WHERE source = 'aws' AND kind = 'access_key' AND created_at <= \(daysAgo: 90)
                    AND idle_since > \(daysAgo: 90)
                ORDER BY created_at
                """,
            say: """
                {identity_name} has used the same AWS access key for {created_at:days}, so every copy ever made of it \
                still works.
                """,
            recommend: "Rotate the access key.", action: .rotateCredentials),
        // Counts the keys of one IAM user. A rotation takes up to two weeks, during which both keys work.
        Rule(
            .accessHygiene, "aws_multiple_active_keys", .medium, on: .identity,
            "More than one active AWS key",
            needs: [.platform("aws")],
            find: """
                SELECT * FROM (
                    SELECT owned_keys.*, count(*) OVER (PARTITION BY COALESCE(account_id, identity_id)) AS keys,
                        max(created_at) OVER (PARTITION BY COALESCE(account_id, identity_id)) AS newest_at
                    FROM owned_keys WHERE source = 'aws' AND kind = 'access_key') AS counted
                WHERE keys > 1 AND (newest_at IS NULL OR newest_at <= \(daysAgo: 14))
                """,
            say: """
                {identity_name} has {keys} active AWS access keys, so the older one outlived its rotation.
                """,
            recommend: "Finish the rotation and deactivate the older key.", action: .rotateCredentials),
        Rule(
            .accessHygiene, "gitlab_token_without_expiry", .medium, on: .identity,
            "GitLab token without expiry",
            needs: [.platform("gitlab")],
            find: """
                SELECT * FROM owned_keys WHERE source = 'gitlab' AND kind = 'access_token' AND expires_at IS NULL
                """,
            say: """
                {identity_name} has a GitLab token that never expires, so a copy of it works until someone notices.
                """,
            recommend: "Replace the token with one that expires.", action: .rotateCredentials),
        Rule(
            .accessHygiene, "github_token_without_expiry", .medium, on: .identity,
            "GitHub token without expiry",
            needs: [.platform("github")],
            find: """
                SELECT * FROM owned_keys WHERE source = 'github' AND kind = 'access_token' AND expires_at IS NULL
                """,
            say: """
                {identity_name} has a GitHub token that never expires, so a copy of it works until someone notices.
                """,
            recommend: "Replace the token with one that expires.", action: .rotateCredentials),
        // Deploy keys are left out: they belong to a repository and need no owner.
        Rule(
            .accessHygiene, "access_key_without_owner", .medium, on: .integration, "Active key without owner",
            needs: [.applications],
            evidence: .unmatched,
            find: """
                SELECT platform || ':' || COALESCE(name, CAST(id AS text)) AS key, platform AS integration_platform,
                    COALESCE(name, CAST(id AS text)) AS integration_name, platform AS source, last_used_at,
                    CASE kind WHEN 'access_key' THEN 'access key' ELSE 'access token' END AS what
                FROM live_keys
                WHERE kind <> 'deploy_key' AND identity_id IS NULL AND account_id IS NULL
                """,
            say: """
                The {integration_platform:platform} {what} {integration_name}[ was used {last_used_at:ago} and] belongs \
                to nobody, so nobody can say what it is for.
                """,
            recommend: "Find out what uses the key and move it to a named service account.",
            action: .rotateCredentials),
        // Finds the workspace's own API keys, if the person who made them has left or was suspended. The address of a
        // person who is no longer a member is in the audit log, in an entry that has the time of the key's creation.
        Rule(
            .accessHygiene, "api_key_of_leaver", .high, on: .identity, "Thalian API key of a person who has left",
            needs: [.identityProvider],
            evidence: .matched,
            find: """
                SELECT inactive.id AS key, \(person: "inactive"), inactive.status AS ended, inactive.ended_at,
                    (SELECT platform FROM idp) AS idp, made.name AS key_name,
                    count(*) OVER (PARTITION BY inactive.id) AS keys,
                    CASE WHEN count(*) FILTER (WHERE made.scope = 'write') OVER (PARTITION BY inactive.id) > 0
                        THEN 'high' ELSE 'medium' END AS severity
                FROM (
                    SELECT api_keys.name, api_keys.scope, COALESCE(members.email, (
                            SELECT lower(max(actor_email)) FROM audit_log
                            WHERE audit_log.workspace_id = $1 AND audit_log.created_at = api_keys.created_at
                                AND audit_log.action = 'api_key.created'
                                AND audit_log.target_id = CAST(api_keys.id AS text))) AS email
                    FROM api_keys LEFT JOIN members ON members.workspace_id = $1
                        AND members.user_id = api_keys.created_by AND members.email <> ''
                    WHERE api_keys.workspace_id = $1 AND api_keys.revoked_at IS NULL) AS made
                JOIN inactive ON inactive.email = made.email
                """,
            say: """
                {identity_name} was {ended} in {idp:platform}[ {ended_at:ago}], but {keys:API key} of Thalian that they \
                made ({key_name}) still {keys?works/work} for everyone who has a copy.
                """,
            recommend: "Make another key for the program that uses this one, and revoke it.", action: .createTicket),
    ]
}

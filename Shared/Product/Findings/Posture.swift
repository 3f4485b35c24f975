public import Auth
public import Base
public import Store

/// The security posture of a workspace in numbers. A metric without data is nil.
public struct Posture: Sendable {
    /// The risk score, with its components.
    public let risk: RiskSummary
    /// The percentage with a second factor among the active people for which an identity provider reports if they have
    /// one.
    public let mfaCoveragePercent: Int?
    /// The percentage of active people who are admins of an identity provider.
    public let adminPercent: Int?
    /// The percentage behind single sign-on among the applications for which an integration reports if they are.
    public let ssoCoveragePercent: Int?
    /// The number of known applications that are neither managed nor sanctioned.
    public let shadowITCount: Int?
    /// The number of integrations with the status connected.
    public let connectedIntegrations: Int
}

extension Reading<Posture> {
    /// Reads the workspace's present posture.
    public static var posture: Reading {
        Reading<RiskSummary>.riskSummary.and(people).and(applications).and(connectedIntegrations).map {
            found, connected in
            let ((risk, people), applications) = found
            return Posture(
                risk: risk,
                mfaCoveragePercent: people.flatMap { Workspace.percent($0.mfa, of: $0.mfaKnown) },
                adminPercent: people.flatMap { Workspace.percent($0.admins, of: $0.all) },
                ssoCoveragePercent: applications.flatMap { Workspace.percent($0.sso, of: $0.ssoKnown) },
                shadowITCount: applications.flatMap { $0.all == 0 ? nil : $0.unmanaged - $0.sanctioned },
                connectedIntegrations: connected ?? 0)
        }
    }

    private static var people: Reading<(all: Int, mfaKnown: Int, mfa: Int, admins: Int)?> {
        .first(
            """
            SELECT sum(count), sum(CASE WHEN mfa_enabled IS NOT NULL THEN count END),
                sum(CASE WHEN mfa_enabled THEN count END), sum(CASE WHEN identity_type = 'admin' THEN count END)
            FROM identity_tallies
            WHERE workspace_id = $1 AND status = 'active' AND identity_type <> 'service_account'
            """
        ) { row in (try row[0] ?? 0, try row[1] ?? 0, try row[2] ?? 0, try row[3] ?? 0) }
    }

    /// Reads the numbers of applications. `sanctioned` counts the unmanaged ones whose name is sanctioned, which are no
    /// shadow IT.
    private static var applications: Reading<(all: Int, ssoKnown: Int, sso: Int, unmanaged: Int, sanctioned: Int)?> {
        .first(
            """
            SELECT sum(count), sum(CASE WHEN sso_enabled IS NOT NULL THEN count END),
                sum(CASE WHEN sso_enabled THEN count END), sum(CASE WHEN NOT is_managed THEN count END),
                (SELECT count(*) FROM app_policies CROSS JOIN applications
                WHERE app_policies.workspace_id = $1 AND app_policies.status = 'sanctioned'
                    AND applications.workspace_id = $1 AND applications.name_folded = app_policies.app_name_folded
                    AND NOT applications.is_managed)
            FROM application_tallies WHERE workspace_id = $1
            """
        ) { row in (try row[0] ?? 0, try row[1] ?? 0, try row[2] ?? 0, try row[3] ?? 0, try row[4]) }
    }

    private static var connectedIntegrations: Reading<Int?> {
        .first("SELECT count(*) FROM integrations WHERE workspace_id = $1 AND status = 'connected'") { try $0[0] }
    }
}

extension Workspace {
    /// Returns a percentage, rounded to the nearest whole number; nil if the whole is zero.
    public static func percent(_ part: Int, of whole: Int) -> Int? {
        whole == 0 ? nil : (part * 200 + whole) / (whole * 2)
    }
}

extension Posture: Described {
    public static var schema: JSONSchema {
        .object(
            .field("risk_score", .integer(0...100), "The risk score; 100 is the worst."),
            .field("risk_label", RiskScore.labelSchema, "The risk score in one word."),
            .field("total_findings", .count, "The number of findings that are open or in progress."),
            .field("severity_counts", SeverityCounts.schema, "The findings by severity."),
            .optional("mfa_coverage_pct", .integer(0...100), "The percentage of people with a second factor."),
            .optional("admin_pct", .integer(0...100), "The percentage of administrators among people."),
            .optional("sso_coverage_pct", .integer(0...100), "The percentage of applications with single sign-on."),
            .optional("shadow_it_count", .count, "The number of applications that are neither managed nor sanctioned."),
            .field("connected_integrations", .count, "The number of connected platforms."),
            .field("identity_count", .count, "The number of identities."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("risk_score", risk.score.value)
            json.field("risk_label", risk.score.label)
            json.field("total_findings", risk.counts.total)
            json.field("severity_counts", risk.counts)
            json.field("mfa_coverage_pct", ifPresent: mfaCoveragePercent)
            json.field("admin_pct", ifPresent: adminPercent)
            json.field("sso_coverage_pct", ifPresent: ssoCoveragePercent)
            json.field("shadow_it_count", ifPresent: shadowITCount)
            json.field("connected_integrations", connectedIntegrations)
            json.field("identity_count", risk.identities)
        }
    }
}

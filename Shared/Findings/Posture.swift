import Auth
import Base
import Store

/// How a workspace stands, in numbers. A metric for which there is no data is nil.
public struct Posture: Sendable {
    /// The risk score, with what it is made of.
    public let risk: RiskSummary
    /// Of the active people whose state an integration knows, how many per cent use a second factor.
    public let mfaCoveragePercent: Int?
    /// Of the active people, how many per cent are admins.
    public let adminPercent: Int?
    /// Of the applications whose state an integration knows, how many per cent are behind single sign-on.
    public let ssoCoveragePercent: Int?
    /// Applications in use that nobody manages and nobody has sanctioned.
    public let shadowITCount: Int?
    /// Platforms that are connected.
    public let connectedIntegrations: Int
}

extension Workspace {
    /// How the workspace stands now.
    public func posture() throws -> Posture {
        try read {
            let people = try first(
                """
                SELECT count(*), count(mfa_enabled), sum(CASE WHEN mfa_enabled THEN 1 ELSE 0 END),
                    sum(CASE WHEN identity_type = 'admin' THEN 1 ELSE 0 END)
                FROM identities
                WHERE workspace_id = $1 AND status = 'active' AND identity_type <> 'service_account'
                """
            ) { row in
                (
                    all: try row[0] as Int, mfaKnown: try row[1] as Int, mfa: try row[2] as Int? ?? 0,
                    admins: try row[3] as Int? ?? 0
                )
            }
            let applications = try first(
                """
                SELECT count(*), count(sso_enabled), sum(CASE WHEN sso_enabled THEN 1 ELSE 0 END),
                    sum(CASE WHEN NOT is_managed AND NOT EXISTS (
                        SELECT 1 FROM app_policies
                        WHERE app_policies.workspace_id = applications.workspace_id
                            AND app_policies.app_name_folded = applications.name_folded
                            AND app_policies.status = 'sanctioned') THEN 1 ELSE 0 END)
                FROM applications WHERE workspace_id = $1
                """
            ) { row in
                (
                    all: try row[0] as Int, ssoKnown: try row[1] as Int, sso: try row[2] as Int? ?? 0,
                    shadow: try row[3] as Int? ?? 0
                )
            }
            let connected = try first(
                "SELECT count(*) FROM integrations WHERE workspace_id = $1 AND status = 'connected'"
            ) { try $0[0] as Int }
            return Posture(
                risk: try riskSummary(),
                mfaCoveragePercent: people.flatMap { Self.percent($0.mfa, of: $0.mfaKnown) },
                adminPercent: people.flatMap { Self.percent($0.admins, of: $0.all) },
                ssoCoveragePercent: applications.flatMap { Self.percent($0.sso, of: $0.ssoKnown) },
                shadowITCount: applications.flatMap { $0.all == 0 ? nil : $0.shadow },
                connectedIntegrations: connected ?? 0)
        }
    }

    /// The nearest whole per cent; nil of nothing.
    public static func percent(_ part: Int, of whole: Int) -> Int? {
        whole == 0 ? nil : (part * 200 + whole) / (whole * 2)
    }
}

extension Posture: JSONWritable {
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

public import Auth
public import Base
import Findings
import Store

/// The posture of a workspace on past days: the last drift snapshot of each day.
public struct PostureHistory: Described {
    /// The largest number of days.
    public static let longest = 365

    private let days: [DriftSnapshot]

    fileprivate init(_ days: [DriftSnapshot]) { self.days = days }

    public static var schema: JSONSchema {
        .object(
            .field("history", .array(of: DriftSnapshot.schema), "The days with an analysis, the oldest first."),
            .field("returned", .count, "The number of days in this answer."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("history", days)
            json.field("returned", days.count)
        }
    }
}

/// A stored snapshot. The names of its metrics in answers are those of the posture summary.
private struct DriftSnapshot: Described {
    let takenAt: Timestamp
    let metrics: JSON

    private var counts: SeverityCounts {
        var counts = SeverityCounts()
        for severity in Severity.allCases { counts[severity] = metrics[severity.rawValue]?.integer ?? 0 }
        return counts
    }

    static var schema: JSONSchema {
        .object(
            .field("taken_at", .timestamp, "The time of the day's last analysis."),
            .optional("risk_score", .integer(0...100), "The risk score; 100 is the worst."),
            .field(
                "severity_counts", SeverityCounts.schema,
                "The findings by severity, without those that repeat others or report a drift."),
            .optional("mfa_coverage_pct", .integer(0...100), "The percentage of people with a second factor."),
            .optional("admin_pct", .integer(0...100), "The percentage of administrators among people."),
            .optional("sso_coverage_pct", .integer(0...100), "The percentage of applications with single sign-on."),
            .optional("shadow_it_count", .count, "The number of applications that are neither managed nor sanctioned."),
            .optional("device_compliance_pct", .integer(0...100), "The percentage of compliant devices."),
            .optional(
                "mean_time_to_remediate_hours", .count,
                "The mean number of hours from the creation to the end of findings that were resolved in 90 days."))
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("taken_at", takenAt)
            json.field("risk_score", ifPresent: metrics["risk_score"])
            json.field("severity_counts", counts)
            json.field("mfa_coverage_pct", ifPresent: metrics["mfa_pct"])
            json.field("admin_pct", ifPresent: metrics["admin_pct"])
            json.field("sso_coverage_pct", ifPresent: metrics["sso_pct"])
            json.field("shadow_it_count", ifPresent: metrics["shadow_it_count"])
            json.field("device_compliance_pct", ifPresent: metrics["device_compliance_pct"])
            json.field("mean_time_to_remediate_hours", ifPresent: metrics["mean_time_to_remediate_hours"])
        }
    }
}

extension Workspace {
    /// Returns the history of the last `days` days (UTC), including today, the oldest day first. A day without an
    /// analysis is left out.
    public func postureHistory(days: Int, now: Timestamp = .now) throws -> PostureHistory {
        let first = Timestamp(seconds: (now.daysSinceEpoch - days + 1) * 86_400)
        let snapshots = try rows(
            """
            SELECT taken_at, metrics FROM drift_snapshots
            WHERE workspace_id = $1 AND taken_at IN (
                SELECT max(taken_at) FROM drift_snapshots WHERE workspace_id = $1 AND taken_at >= $2
                GROUP BY epoch(taken_at) / 86400)
            ORDER BY taken_at, id
            """, first
        ) { row in DriftSnapshot(takenAt: try row[0], metrics: try row[1]) }
        // Two analyses may have ended in the same second. The last row of each time is taken.
        var history: [DriftSnapshot] = []
        for snapshot in snapshots {
            if history.last?.takenAt == snapshot.takenAt { history.removeLast() }
            history.append(snapshot)
        }
        return PostureHistory(history)
    }
}

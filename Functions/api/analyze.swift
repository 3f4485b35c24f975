import Analysis
import Auth
import Base
import Findings
import Function
import HTTP

/// POST /api/analyze: runs the rules on the workspace now, and returns all findings that are open or in progress, worst
/// first.
@main struct Analyze: Function {
    static let onRequestPost = Handler(
        "analyze_workspace", .session(.analyze),
        "Runs the rules on the workspace now, and returns all findings that are open or in progress.",
        returns: .json(
            .field("findings", .array(of: AnalysedFinding.schema), "The findings, worst first."),
            .field("risk_score", .integer(0...100), "The risk score; 100 is the worst."),
            .field("severity_counts", SeverityCounts.schema, "The findings by severity."),
            .field("analysis_duration_ms", .count, "The duration of the analysis, in milliseconds."),
            .field("last_synced_at", .timestamp.orNull, "The time of the latest sync; null if there was none."),
            .field("skipped_rules", .array(of: AnalysisRun.SkippedRule.schema), "The rules that could not run.")),
        errors: [AnalysisError.tooEarly(wait: 42), AnalysisError.overtaken]
    ) { context in
        let start = ContinuousClock.now
        let workspace = context.workspace
        let run = try workspace.analyze()
        let duration = (ContinuousClock.now - start).milliseconds
        return .streamedJSON { json, sink in
            json.name("findings")
            try json.array { json in
                try workspace.forEachAnalysedFinding { finding in
                    json.value(finding)
                    try json.flush(to: sink)
                }
            }
            json.field("risk_score", run.risk.score.value)
            json.field("severity_counts", run.risk.counts)
            json.field("analysis_duration_ms", duration)
            json.field("last_synced_at", run.lastSyncedAt)
            json.field("skipped_rules", run.skipped)
        }
    }
}

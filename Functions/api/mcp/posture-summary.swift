import Auth
import Base
import Findings
import Function
import HTTP

/// GET /api/mcp/posture-summary: the workspace's security posture, in numbers and in plain English.
@main struct PostureSummaryFunction: Function {
    static let onRequestGet = Handler(.apiKey(.read)) { context in
        let posture = try context.workspace.read(.posture)
        return .json { json in
            json.field("summary", posture.summary)
            json.field("metrics", posture)
        }
    }
}

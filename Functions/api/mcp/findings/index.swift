import Auth
import Base
import Findings
import Function
import HTTP

/// GET /api/mcp/findings: the open findings, worst first.
@main struct FindingsFunction: Function {
    static let onRequestGet = Handler(
        .apiKey(.read),
        .optional("severity", .commaSeparated(Severity.self), default: [], "Only findings of these severities."),
        .optional("category", .oneOf(Category.self), "Only findings of this category."),
        .optional("limit", .integer(1...100), default: 25, "The maximum number of findings.")
    ) { context, severities, category, limit in
        let (findings, total) = try context.workspace.read(
            .openFindings(severities: severities, category: category, limit: limit))
        return .json { json in
            json.field("findings", findings)
            json.field("total", total)
            json.field("returned", findings.count)
        }
    }
}

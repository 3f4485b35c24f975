import Analysis
import Auth
import Base
import Findings
import Integrations

extension Tool {
    /// The tools with which the model reads. Each runs the operation of the corresponding endpoint of the API, and
    /// shows the same data or a part of it.
    static let reading: [Tool] = [
        Tool(
            name: "get_risk_score",
            description: "The workspace's risk score (0 to 100), the numbers of findings that are open or in progress, "
                + "and the worst findings.",
            permission: .view, inputs: [],
            work: .reading { call in
                let report = try call.run(.riskScore)
                return Written { json in
                    json.field("risk_score", report.risk.score.value)
                    json.field("risk_label", report.risk.score.label)
                    json.field("severity_counts", report.risk.counts)
                    json.field("top_risks", report.topRisks)
                }
            }),
        Tool(
            name: "list_findings", description: "Open findings, worst first, with their ids.", permission: .view,
            inputs: [
                .optional("severity", .oneOf(Severity.allCases.map(\.rawValue)), "Only findings of this severity."),
                .optional("category", .oneOf(Category.allCases.map(\.rawValue)), "Only findings of this category."),
                .optional("limit", .integer(1...50), "At most so many; 20 if left out."),
            ],
            work: .reading { call in
                let list = try call.run(
                    .listFindings,
                    [
                        "severity": call.input["severity"], "category": call.input["category"],
                        "limit": call.input["limit"] ?? 20,
                    ])
                return Written { json in
                    json.field("findings", list.findings)
                    json.field("total", list.total)
                }
            }),
        Tool(
            name: "lookup_identity",
            description: "One person or service account by e-mail address: status, MFA, access, findings.",
            permission: .view, inputs: [.required("email", .text(320), "The e-mail address.")],
            work: .reading { call in try call.run(.lookUpIdentity, ["email": call.input["email"]]) }),
        Tool(
            name: "get_integrations", description: "The connected platforms and when they last synced.",
            permission: .view, inputs: [],
            work: .reading { call in
                let integrations = try call.run(.listIntegrations).integrations.map(\.withoutError)
                return Written { $0.field("integrations", integrations) }
            }),
        Tool(
            name: "get_posture_summary", description: "How the workspace stands, in words and key metrics.",
            permission: .view, inputs: [],
            work: .reading { call in try call.run(.postureSummary) }),
        Tool(
            name: "list_rules", description: "The active detection rules of a category.", permission: .view,
            inputs: [.required("category", .oneOf(Category.allCases.map(\.rawValue)), "The category.")],
            work: .reading { call in try call.run(.listRules, ["category": call.input["category"]]) }),
        Tool(
            name: "check_app_policy",
            description:
                "What the workspace has decided about an application: sanctioned, unauthorized, blocked or none.",
            permission: .view, inputs: [.required("app_name", .text(200), "The application's name.")],
            work: .reading { call in try call.run(.appPolicy, ["app_name": call.input["app_name"]]) }),
    ]
}

/// A JSON object whose members are written by a closure.
struct Written: JSONWritable {
    let members: (inout JSONWriter) -> Void

    init(_ members: @escaping (inout JSONWriter) -> Void) { self.members = members }

    func write(to json: inout JSONWriter) { json.object(members) }
}

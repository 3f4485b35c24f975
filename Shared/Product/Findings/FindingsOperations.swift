import Auth
public import Base
public import Operation
import Store

// The operations about findings, people and applications that REST, MCP and the assistant share.

/// The risk score, the numbers of findings by severity, and the five worst open findings.
public struct RiskReport: Described {
    public let risk: RiskSummary
    public let topRisks: [FindingSummary]

    public static var schema: JSONSchema {
        .object(
            .field("score", .integer(0...100), "The risk score; 100 is the worst."),
            .field("label", RiskScore.labelSchema, "The risk score in one word."),
            .field("severity_counts", SeverityCounts.schema, "The findings by severity."),
            .field("total_findings", .count, "The number of findings that are open or in progress."),
            .field("top_risks", .array(of: FindingSummary.schema), "The five worst open findings."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("score", risk.score.value)
            json.field("label", risk.score.label)
            json.field("severity_counts", risk.counts)
            json.field("total_findings", risk.counts.total)
            json.field("top_risks", topRisks)
        }
    }
}

extension Operation<RiskReport> {
    public static var riskScore: Operation {
        Operation(
            "get_risk_score", .apiKey(.read),
            "Returns the workspace's risk score (0 to 100), the numbers of its findings that are open or in progress, "
                + "and the five worst open ones."
        ) { context in
            let (risk, topRisks) = try context.workspace.read(.riskSummary, .topRisks(5))
            return RiskReport(risk: risk, topRisks: topRisks)
        }
    }
}

/// A page of the open findings that match a request, worst first, and the number of all that match.
public struct FindingList: Described {
    public let findings: [Finding]
    public let total: Int
    /// The cursor of the next page. Nil if this is the last page.
    public let cursor: String?
    /// True if the answer describes the rules of the findings too.
    public let showsRules: Bool

    public static var schema: JSONSchema {
        .object(
            .field("findings", .array(of: Finding.schema), "The findings, worst first."),
            .field("total", .count, "The number of findings that match, including those that are not returned."),
            .field("returned", .count, "The number of findings in this answer."),
            .optional("cursor", .string, "The cursor of the next page, if more findings follow."),
            .optional(
                "rules", .array(of: RuleReasons.schema), "The rules of these findings, if `include` is `reasons`."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("findings", findings)
            json.field("total", total)
            json.field("returned", findings.count)
            json.field("cursor", ifPresent: cursor)
            if showsRules { json.field("rules", Set(findings.map(\.ruleID)).sorted().compactMap(RuleReasons.init)) }
        }
    }
}

/// The background of a rule, with its id.
struct RuleReasons: Described {
    private let id: String
    private let background: Background

    /// Returns nil for a rule that no longer exists.
    init?(_ id: String) {
        guard let background = Background.ofRule(id) else { return nil }
        self.id = id
        self.background = background
    }

    static var schema: JSONSchema {
        .object([.field("id", .string, "The rule's id, as `rule_id` of the findings.")] + Background.members)
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            background.writeMembers(to: &json)
        }
    }
}

/// An addition to a list of findings or rules.
public enum ListAddition: String, CaseIterable, Sendable {
    /// The reasons for the rules.
    case reasons
}

extension Operation<FindingList> {
    public static var listFindings: Operation {
        Operation(
            "list_findings", .apiKey(.read), "Lists the open findings, worst first.",
            .optional("severity", .commaSeparated(Severity.self), default: [], "Only findings of these severities."),
            .optional("category", .oneOf(Category.self), "Only findings of this category."),
            .optional("limit", .integer(1...100), default: 25, "The maximum number of findings."),
            .optional(
                "cursor", .cursor(FindingPosition.self), "The cursor of the page before, with the same filters.",
                example: .string(
                    "Y3JpdGljYWwgMTIgMjAyNi0wNC0xNVQxMjozMDowMFogNWYwYzhkNGUtM2IxYS00YzdkLTllMmYtNmE4YjBjMWQyZTNm")),
            .optional("include", .oneOf(ListAddition.self), "`reasons` adds the reasons for the findings' rules."),
            errors: [InputError.unknownCursor]
        ) { context, severities, category, limit, position, addition in
            // The number of all findings tells if a page follows the first one. Behind a position, one finding more than
            // the page holds tells it.
            let (found, total) = try context.workspace.read(
                .openFindings(
                    severities: severities, category: category, after: position,
                    limit: position == nil ? limit : limit + 1))
            let findings = found.count > limit ? Array(found.prefix(limit)) : found
            let isLast = position == nil ? total <= found.count : found.count <= limit
            return FindingList(
                findings: findings, total: total, cursor: isLast ? nil : findings.last?.position.cursor,
                showsRules: addition == .reasons)
        }
    }
}

extension Operation<IdentityDetails> {
    public static var lookUpIdentity: Operation {
        Operation(
            "lookup_identity", .apiKey(.read), "Returns one identity by e-mail address, its access and its findings.",
            .required(
                "email", .string(1...320), "The e-mail address; case is ignored.", example: .string("alice@example.com")
            ),
            errors: [FindingError.unknownIdentity]
        ) { context, email in
            guard let identity = try context.workspace.identityDetails(email: email) else {
                throw FindingError.unknownIdentity
            }
            return identity
        }
    }
}

/// The posture of a workspace, as text and as metrics.
public struct PostureReport: Described {
    let posture: Posture

    public static var schema: JSONSchema {
        .object(
            .field("summary", .string, "The posture in plain English."),
            .field("metrics", Posture.schema, "The posture in numbers."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("summary", posture.summary)
            json.field("metrics", posture)
        }
    }
}

extension Operation<PostureReport> {
    public static var postureSummary: Operation {
        Operation(
            "get_posture_summary", .apiKey(.read), "Tells how the workspace stands, in numbers and in plain English."
        ) { context in PostureReport(posture: try context.workspace.read(.posture)) }
    }
}

extension Operation<AppPolicy> {
    private static var appName: Field<String> {
        .required("app_name", .string(1...200), "The application's name; case is ignored.", example: .string("Figma"))
    }

    public static var appPolicy: Operation {
        Operation(
            "get_app_policy", .apiKey(.read), "Returns what the workspace has decided about an application.", appName
        ) { context, appName in try context.workspace.appPolicy(appName: appName) }
    }

    public static var setAppPolicy: Operation {
        Operation(
            "set_app_policy", .apiKey(.write), "Decides about an application, or takes the decision back.", appName,
            .required("status", .oneOf(AppPolicy.Status.self), "The decision. The value none removes it.")
        ) { context, appName, status in try context.workspace.setAppPolicy(status, appName: appName, now: context.now) }
    }
}

/// A finding that was snoozed.
public struct SnoozedFinding: Described {
    let findingID: Identifier
    /// The time at which it opens again.
    public let until: Timestamp

    public static var schema: JSONSchema {
        .object(
            .field("id", .uuid, "The finding's id."),
            .field("status", .oneOf(["snoozed"]), "The finding's new status."),
            .field("snoozed_until", .timestamp, "The time at which the finding opens again."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", findingID)
            json.field("status", "snoozed")
            json.field("snoozed_until", until)
        }
    }
}

/// A finding that was dismissed.
public struct DismissedFinding: Described {
    let findingID: Identifier

    public static var schema: JSONSchema {
        .object(
            .field("id", .uuid, "The finding's id."),
            .field("status", .oneOf(["dismissed"]), "The finding's new status."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", findingID)
            json.field("status", "dismissed")
        }
    }
}

/// The parts that the decisions about findings share.
private enum FindingDecision {
    static var reason: Field<String?> {
        .optional(
            "reason", .string(1...1000), "The reason, for the audit log.", example: .string("Accepted until the audit.")
        )
    }

    /// The errors, for a decision whose name is a participle.
    static func errors(_ participle: String) -> [any DomainError] {
        [FindingError.unknown, FindingError.decided("dismissed", only: "open", toBe: participle)]
    }
}

extension Operation<SnoozedFinding> {
    public static var snoozeFinding: Operation {
        Operation(
            "snooze_finding", .apiKey(.write), "Puts a finding off, until it opens again by itself.",
            .required("findingId", .uuid, "The finding to snooze."),
            .required("days", .integer(1...90), "The number of days.", example: .integer(7)),
            FindingDecision.reason, errors: FindingDecision.errors("snoozed")
        ) { context, findingID, days, reason in
            let end = try context.workspace.snoozeFinding(findingID, days: days, reason: reason, now: context.now)
            return SnoozedFinding(findingID: findingID, until: end)
        }
    }
}

extension Operation<DismissedFinding> {
    public static var dismissFinding: Operation {
        Operation(
            "dismiss_finding", .apiKey(.write), "Sets a finding aside for good.",
            .required("findingId", .uuid, "The finding to dismiss."), FindingDecision.reason,
            errors: FindingDecision.errors("dismissed")
        ) { context, findingID, reason in
            try context.workspace.dismissFinding(findingID, reason: reason, now: context.now)
            return DismissedFinding(findingID: findingID)
        }
    }
}

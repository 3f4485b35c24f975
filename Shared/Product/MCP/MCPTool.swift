import Analysis
import Auth
import Base
import Findings
import Integrations
import Operation
import Remediation

/// A tool: an operation that REST has too, with the parts that only the protocol needs.
struct MCPTool: Sendable {
    /// The effect of a tool on the workspace.
    enum Effect: Sendable {
        case reads
        /// Changes something. The closure returns the question that a person confirms before.
        case changes(
            isDestructive: Bool, isIdempotent: Bool,
            question: @Sendable (OperationContext, [String: JSON]) throws -> String)
    }

    let name: String
    /// The name for people.
    let title: String
    /// The description for models.
    let description: String
    let effect: Effect
    let fields: [FieldDescription]
    /// The schema of the structured content. It is computed on each use, because calls don't need it.
    let outputSchema: @Sendable () -> JSONSchema
    /// Checks the arguments without running the operation.
    let check: @Sendable ([String: JSON]) throws -> Void
    /// Runs the operation, and returns its output with a sentence about it.
    let run: @Sendable (OperationContext, [String: JSON]) throws -> any JSONWritable
    /// Returns a sentence about the output. It contains numbers and our own words, but no text of others.
    let sentence: @Sendable (JSON) -> String

    /// Declares a tool that runs an operation. `name` replaces the operation's name.
    init<Output>(
        _ operation: @escaping @autoclosure @Sendable () -> Operation<Output>, named name: String? = nil,
        _ title: String, _ effect: Effect = .reads, sentence: @escaping @Sendable (JSON) -> String
    ) {
        let declared = operation()
        self.name = name ?? declared.name
        self.title = title
        description = declared.summary
        self.effect = effect
        fields = declared.fields
        outputSchema = { Output.schema }
        check = { try declared.check($0) }
        run = { try declared.run($0, $1) }
        self.sentence = sentence
    }

    /// The scope that a key needs to call the tool.
    var scope: Scope { if case .reads = effect { .read } else { .write } }

    /// The tool as `tools/list` describes it.
    var declaration: JSON {
        let members = fields.map { field in
            field.isRequired
                ? JSONSchema.Member.field(field.name, field.schema) : .optional(field.name, field.schema)
        }
        var annotations: [String: JSON] = ["title": .string(title), "readOnlyHint": true, "openWorldHint": false]
        if case .changes(let isDestructive, let isIdempotent, _) = effect {
            annotations["readOnlyHint"] = false
            annotations["destructiveHint"] = .bool(isDestructive)
            annotations["idempotentHint"] = .bool(isIdempotent)
        }
        return [
            "name": .string(name), "title": .string(title),
            "description": .string(description + " " + MCPServer.warning),
            "inputSchema": JSONSchema.object(members).json, "outputSchema": outputSchema().json,
            "annotations": .object(annotations),
        ]
    }
}

extension MCPTool {
    /// All tools, in the order in which `tools/list` names them: those that read, then those that change something.
    static let all = reading + changing

    private static let reading = [
        MCPTool(.riskScore, "Risk score") {
            "The risk score is \(number($0["score"])) of 100. \(number($0["total_findings"])) findings are open or in "
                + "progress."
        },
        MCPTool(.listFindings, "Open findings") {
            "\(number($0["returned"])) of \(number($0["total"])) findings, worst first."
                + ($0["cursor"] == nil ? "" : " More follow: repeat the call with the cursor.")
        },
        MCPTool(.lookUpIdentity, "Identity") { _ in "The identity, its access and its findings." },
        MCPTool(.listIntegrations, "Integrations") {
            "\(number($0["connected_count"])) of \(number($0["total_count"])) platforms are connected."
        },
        MCPTool(.postureSummary, "Security posture") { _ in "The security posture, in numbers and in plain English." },
        MCPTool(.listRules, "Rules") { "\(number($0["total"])) rules look at the workspace." },
        MCPTool(.appPolicy, named: "check_app_policy", "Application policy") { _ in
            "The workspace's decision about the application."
        },
    ]

    private static let changing = [
        MCPTool(
            .requestSyncs, "Sync now",
            .changes(isDestructive: false, isIdempotent: true) { _, _ in "Sync every connected integration now?" }
        ) { "\(number($0["integrations_queued"])) syncs are queued." },
        MCPTool(
            .snoozeFinding, "Snooze a finding",
            .changes(isDestructive: false, isIdempotent: false) { context, input in
                "Snooze \(try finding(input, context).name) for \(number(input["days"])) days?"
            }
        ) { _ in "The finding is snoozed." },
        MCPTool(
            .dismissFinding, "Dismiss a finding",
            .changes(isDestructive: true, isIdempotent: false) { context, input in
                "Dismiss \(try finding(input, context).name) for good?"
            }
        ) { _ in "The finding is dismissed." },
        MCPTool(
            .remediateFinding, "Remediate a finding",
            .changes(isDestructive: true, isIdempotent: false) { context, input in
                let finding = try finding(input, context)
                guard let action = input["actionType"]?.string ?? finding.recommended?.rawValue else {
                    throw RemediationError.noRecommendedAction
                }
                return "Request the action \(action) about \(finding.name)?"
            }
        ) {
            $0["status"] == "pending_approval"
                ? "The action waits for the approval of a security analyst." : "The action is queued."
        },
        MCPTool(
            .setAppPolicy, "Set an application policy",
            .changes(isDestructive: true, isIdempotent: true) { _, input in
                "Set the policy of the application \(quoted(input["app_name"])) to \(input["status"]?.string ?? "")?"
            }
        ) { _ in "The decision about the application is stored." },
    ]

    private static func number(_ value: JSON?) -> String {
        // Fields of whole numbers accept 7.0 too, as JSON Schema does.
        if case .number(let number)? = value, let whole = Int(exactly: number) { return String(whole) }
        return value?.integer.map(String.init) ?? "?"
    }

    /// A text of others in a question, without characters that could make it look like more than one text.
    private static func quoted(_ value: JSON?) -> String {
        "\"" + (value?.string ?? "").harmless(atMost: 200).replacing("\"", with: "'") + "\""
    }

    /// Returns the name of the finding in the input, for a question, and the action that the finding recommends.
    ///
    /// - Throws: `FindingError` if the workspace has no such finding.
    private static func finding(
        _ input: [String: JSON], _ context: OperationContext
    ) throws -> (name: String, recommended: ActionType?) {
        guard let id = input["findingId"]?.string.flatMap({ Identifier($0) }) else { throw FindingError.unknown }
        let subject = try context.workspace.findingSubject(id)
        return ("the finding \(quoted(.string(subject.title)))", subject.actionType)
    }
}

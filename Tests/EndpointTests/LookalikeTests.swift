import Actions
import Auth
import Base
import Crypto
import Foundation
import Function
import HTTP
import Integrations
import Invocation
import Jobs
import Store
import TestSupport
import Testing

@testable import Assistant
@testable import api_mcp
@testable import api_stripe_webhook
@testable import local_runner
@testable import scheduled_housekeeping
@testable import scheduled_jobs
@testable import scheduled_session_keys
@testable import scheduled_sync

/// Work in one workspace reads, changes, counts or shows nothing of another that looks like it.
@Suite(.usesStore) struct LookalikeTests {
    // MARK: Operations

    /// Returns the operation with inputs that name existing records, so that it does all of its work.
    private static func full(_ operation: Operation, _ ids: Lookalikes.Ids) -> Operation {
        var full = operation
        let integration: JSON = .string(ids.okta.description)
        switch operation.name {
        case "identity": full.query = "email=u1%40example.com"
        case "sync-integration", "disconnect-integration": full.fields = ["integrationId": integration]
        case "connect-integration":
            full.fields = [
                "platform": "okta", "config": ["domain": "example.okta.com", "api_token": .string(FakeOkta.token)],
            ]
        case "execute-action":
            full.fields = ["actionType": "suspend_user", "targetPlatform": "okta", "targetEntityId": "u1"]
        default: if full.fields["findingId"] != nil { full.fields["findingId"] = .string(ids.finding.description) }
        }
        return full
    }

    /// Returns a permitted caller's call of an operation in the own workspace. The caller of execute-action is an
    /// agent, whose actions wait for approval if the target has a severe finding.
    private static func call(_ operation: Operation, in lookalikes: Lookalikes) -> Call {
        let call = operation.call(workspace: lookalikes.store.own.id.description).with("X-Request-Id", "fixed")
        guard operation.fields["actionType"] != nil, operation.isSession else {
            return operation.asAllowed(call, in: lookalikes.store.own)
        }
        return call.session(lookalikes.store.own.token(.agent))
    }

    private static func text(_ json: JSON) -> String { String(decoding: JSONWriter.bytes(json), as: UTF8.self) }

    private static func send(_ operation: Operation, in lookalikes: Lookalikes) -> Reply {
        lookalikes.store.send(
            call(operation, in: lookalikes), to: operation.function, variables: lookalikes.variables)
    }

    @Test("An operation affects and shows its own workspace only", arguments: Operation.all)
    func anOperationKnowsOneWorkspace(_ operation: Operation) throws {
        let isolation = try Isolation { (lookalikes: Lookalikes) throws -> [String] in
            let reply = Self.send(Self.full(operation, lookalikes.own), in: lookalikes)
            #expect(reply.status == 200, "\(reply.wire)")
            #expect(lookalikes.provider.unexpected == [])
            guard operation.name == "analyze" else { return [reply.wire] }
            // Findings of equal severity are ordered by their ids, which differ in each run.
            let findings = try #require(reply.json["findings"]?.array)
            let others = reply.json.object?.filter { $0.key != "findings" } ?? [:]
            return findings.map { StoredRows.masked(Self.text($0)) }.sorted() + [Self.text(.object(others))]
        }
        #expect(isolation.problems == [])
        if operation.method != "GET" { #expect(isolation.changes > 0) }
    }

    /// The answer to the other workspace's own call contains that workspace's marks.
    @Test("The search for the other workspace's marks finds them in that workspace's answers")
    func theSearchFindsWhatItLooksFor() throws {
        let lookalikes = try Lookalikes(beside: true)
        for operation in Operation.reads where ["findings", "identity"].contains(operation.name) {
            let call = Self.full(operation, lookalikes.own).call(workspace: lookalikes.store.other.id.description)
            let reply = lookalikes.store.send(
                operation.asAllowed(call, in: lookalikes.store.other), to: operation.function)
            #expect(reply.status == 200 && Isolation.mentionsOther(reply.wire), "\(operation)")
        }
    }

    /// Operation.all, the tests below and health, which belongs to no workspace, cover all routes and methods.
    @Test("Every route and method of the configuration except health is tested for isolation")
    func noOperationIsLeftOut() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: Configuration.fileName).path
        let functions = try Configuration.load(
            file, environment: nil, defaults: ["DATABASE_URL": "sqlite:none"], needsSecrets: false
        ).functions
        let operations = functions.flatMap { function in function.methods.map { "\($0) \(function.function)" } }
        let tested = Operation.all.map { "\($0.method) \($0.program)" }
        // Health and the OpenAPI document belong to no workspace. Stripe's events and the MCP server's tools are tested
        // below.
        let others = ["GET api-health", "GET api-openapi", "POST api-stripe-webhook", "POST api-mcp"]
        #expect(Set(operations) == Set(tested + others))
        let scheduled = functions.filter { $0.methods.isEmpty }.map(\.function)
        #expect(Set(scheduled) == Set(Self.schedules.map(\.testDescription)))
        for operation in Operation.all {
            let handlers = [
                "GET": operation.function.onRequestGet, "POST": operation.function.onRequestPost,
                "DELETE": operation.function.onRequestDelete,
            ]
            #expect(handlers[operation.method]?.access != nil, "\(operation)")
        }
    }

    @Test(
        "A tool of the MCP server affects and shows its own workspace only",
        arguments: MCPTest.inputs(.random()).indices)
    func aToolKnowsOneWorkspace(_ index: Int) throws {
        let isolation = try Isolation { (lookalikes: Lookalikes) throws -> [String] in
            let (tool, input) = MCPTest.inputs(lookalikes.own.finding)[index]
            let arguments = tool == "lookup_identity" ? ["email": "u1@example.com"] : input
            let message = MCPTest.message("tools/call", ["name": .string(tool), "arguments": .object(arguments)])
            let call = MCPTest.call(message, key: lookalikes.store.own.writeKey).with("X-Request-Id", "fixed")
            let reply = lookalikes.store.send(call, to: MCPFunction.self, variables: lookalikes.variables)
            #expect(reply.status == 200 && reply.json["result"]?["isError"] != true, "\(reply.wire)")
            return [reply.wire]
        }
        #expect(isolation.problems == [])
        // The first seven tools only read.
        if index >= 7 { #expect(isolation.changes > 0) }
    }

    @Test("An event from Stripe affects its own workspace only") func anEventOfStripeKnowsOneWorkspace() throws {
        let isolation = try Isolation { (lookalikes: Lookalikes) throws -> [String] in
            let time = TestStore.now.seconds
            let price: JSON = ["id": "price_monthly", "recurring": ["interval": "month"]]
            let item: JSON = ["price": price, "current_period_end": .integer(time + .days(30))]
            let subscription: JSON = [
                "id": "sub_Quokka", "object": "subscription", "customer": "cus_Quokka", "status": "active",
                "created": .integer(time - 60), "items": ["data": [item]],
                "metadata": ["workspace_id": .string(lookalikes.store.own.id.description)],
            ]
            let event: JSON = [
                "id": "evt_1", "object": "event", "type": "customer.subscription.updated",
                "created": .integer(time), "data": ["object": subscription],
            ]
            let body = JSONWriter.bytes(event)
            var call = Call("POST").with("X-Request-Id", "fixed")
            call.body = .bytes(body)
            let signature = hmacSHA256(
                Array("\(time).".utf8) + body, key: Array("whsec_the_long_secret_of_the_tests".utf8))
            call.headers["Stripe-Signature"] = "t=\(time),v1=" + Hex.encode(signature)
            let reply = lookalikes.store.send(
                call, to: StripeWebhook.self,
                variables: lookalikes.variables.merging(["STRIPE_WEBHOOK_SECRET": "whsec_the_long_secret_of_the_tests"])
                { $1 })
            #expect(reply.status == 200, "\(reply.wire)")
            return [reply.wire]
        }
        #expect(isolation.problems == [] && isolation.changes > 0)
    }

    // MARK: Ids

    /// Every field of an operation that must be a UUID, except workspaceId, and targetEntityId.
    private static let references: [Reference] = Operation.all.flatMap { operation in
        let handler =
            switch operation.method {
            case "GET": operation.function.onRequestGet
            case "POST": operation.function.onRequestPost
            default: operation.function.onRequestDelete
            }
        return handler.fields.filter { $0.constraint == "a UUID" || $0.name == "targetEntityId" }.map {
            Reference(operation: operation, field: $0.name)
        }
    }

    struct Reference: CustomTestStringConvertible, Sendable {
        let operation: Operation
        let field: String

        var testDescription: String { "\(operation.testDescription) \(field)" }
    }

    /// Returns all ids of the other workspace in its stored rows, and an e-mail address and two ids of Stripe that only
    /// it has.
    private static func names(of workspace: TestWorkspace, in store: TestStore) throws -> Set<String> {
        let rows = try StoredRows(store.database)[workspace.id].joined(separator: " ")
        let ids = rows.matches(of: /bbbbbbbb-[0-9a-f-]{27}/).map { String($0.output) }
        return Set(ids + ["more1@example.com", "sub_Wombat", "cus_Wombat"])
    }

    @Test("An id of another workspace is answered like an unknown one", arguments: LookalikeTests.references)
    func anIdOfTheOtherIsAnUnknownOne(_ reference: Reference) throws {
        let (operation, field) = (reference.operation, reference.field)
        let lookalikes = try Lookalikes(beside: true)
        let store = lookalikes.store
        func answer(_ name: String) throws -> String {
            var operation = Self.full(operation, lookalikes.own)
            if operation.method == "GET" {
                operation.query = "\(field)=\(name)"
            } else {
                if field == "actionId" { operation.fields = ["decision": "approve"] }
                operation.fields[field] = .string(name)
            }
            let lines = Self.send(operation, in: lookalikes).wire.split(separator: "\n")
            return StoredRows.masked(
                lines.filter { !$0.hasPrefix("RateLimit-Remaining") }.joined(separator: "\n").replacing(
                    name, with: "‹id›"))
        }
        let before = try StoredRows(store.database)[store.other.id]
        let unknown = try answer(Identifier.random().description)
        let names = try Self.names(of: store.other, in: store)
        #expect(names.count > 60)
        // A new conversation may have any id.
        #expect(unknown.hasPrefix(field == "sessionId" ? "200" : "404"), "\(unknown)")
        for name in names where field == "targetEntityId" || Identifier(name) != nil {
            #expect(try answer(name) == unknown, "\(operation) \(field) \(name)")
        }
        #expect(try StoredRows(store.database)[store.other.id] == before)
    }

    @Test("The tested fields are the known ones that take an id") func everyFieldThatNamesSomethingIsFound() {
        let names = Set(Self.references.map { "\($0.operation.name) \($0.field)" })
        #expect(
            names == [
                "api-keys keyId", "execute-action targetEntityId", "execute-action riskId", "execute-action actionId",
                "ai-chat sessionId", "sync-integration integrationId", "disconnect-integration integrationId",
                "findings/snooze findingId", "findings/dismiss findingId", "findings/remediate findingId",
            ])
    }

    // MARK: The assistant

    /// An input for each tool. The people, applications and devices that it names exist in both workspaces. The id of
    /// the own workspace's finding takes the place of `findingMark`.
    private static let inputs: [String: JSON] = [
        "get_risk_score": [:], "list_findings": [:], "lookup_identity": ["email": "u1@example.com"],
        "get_integrations": [:], "get_posture_summary": [:], "list_rules": ["category": "identity_security"],
        "check_app_policy": ["app_name": "Figma"], "acknowledge_finding": finding, "dismiss_finding": finding,
        "snooze_finding": ["finding_id": .string(findingMark), "days": 3], "star_finding": finding,
        "sanction_app": ["app_name": "Boardly"], "create_ticket": finding, "trigger_sync": [:],
        "suspend_user": alice, "force_password_change": alice, "revoke_sessions": alice,
        "revoke_oauth_token": ["email": "u1@example.com", "app_name": "Boardly"],
        "contain_host": ["hostname": "alice-laptop"], "block_app": ["app_name": "Boardly"],
        "create_access_review": ["app_name": "Figma"],
    ]
    private static let finding: JSON = ["finding_id": .string(findingMark)]
    private static let findingMark = "‹finding›"
    private static let alice: JSON = ["email": "u1@example.com"]

    @Test("A tool of the assistant affects and shows its own workspace only", arguments: Tool.all.map(\.name))
    func aToolKnowsOneWorkspace(_ name: String) throws {
        let input = try #require(Self.inputs[name], "This tool has no test.")
        let isolation = try Isolation { (lookalikes: Lookalikes) throws -> [String] in
            let anthropic = try FakeAnthropic()
            var members = try #require(input.object)
            if members["finding_id"] != nil { members["finding_id"] = .string(lookalikes.own.finding.description) }
            anthropic.says(FakeAnthropic.calls((name: name, input: .object(members))))
            let variables = lookalikes.variables.merging([
                "UPSTREAM_ANTHROPIC": anthropic.provider.url, "ANTHROPIC_API_KEY": ChatTest.key,
            ]) { $1 }
            func send(_ more: [String: JSON]) -> Reply {
                let body: [String: JSON] = [
                    "workspaceId": .string(lookalikes.store.own.id.description), "message": "Do it.",
                    "sessionId": .string(lookalikes.own.conversation.description),
                ]
                let call = Call("POST", body: .object(body.merging(more) { $1 })).with("X-Request-Id", "fixed")
                return lookalikes.store.send(
                    call.session(lookalikes.store.own.token()), to: QuickChat.self, variables: variables)
            }
            let reply = send([:])
            #expect(reply.status == 200, "\(reply.wire)")
            var answers = [Self.withoutProof(reply)]
            if let token = reply.json["toolCalls"]?.array?.first?["confirmationToken"] {
                let confirmed = send(["confirmationToken": token])
                #expect(confirmed.status == 200, "\(confirmed.wire)")
                answers.append(Self.withoutProof(confirmed))
            }
            // The requests to the model contain the whole conversation, including the tool results.
            return answers
                + anthropic.bodies.map { Self.withoutProof(String(decoding: JSONWriter.bytes($0), as: UTF8.self)) }
        }
        #expect(isolation.problems == [])
        #expect(!isolation.answers.contains { $0.contains("\"is_error\":true") }, "\(isolation.answers)")
    }

    private static func withoutProof(_ reply: Reply) -> String { withoutProof(reply.wire) }

    /// Returns the text without the parts that are random in each run: the ids of tool calls, and confirmation tokens.
    private static func withoutProof(_ text: String) -> String {
        text.replacing(/toolu_[0-9A-Fa-f-]{36}/, with: "‹call›")
            .replacing(/"confirmationToken":"[^"]+"/, with: "‹token›")
    }

    // MARK: Jobs and schedules

    @Test("A job affects its own workspace only", arguments: [JobKind.sync, .remediation, .analysis, .housekeeping])
    func aJobKnowsOneWorkspace(_ kind: JobKind) throws {
        let isolation = try Isolation { (lookalikes: Lookalikes) throws -> [String] in
            let store = lookalikes.store
            switch kind {
            case .sync:
                try lookalikes.queue(
                    .sync, in: JobLane(.sync, at: "okta"),
                    payload: ["integration_id": .string(lookalikes.own.okta.description)])
            case .remediation:
                // The state after an approval. The job has the action's id.
                try store.database.execute(
                    "UPDATE remediation_actions SET status = 'queued' WHERE id = $1", lookalikes.own.action)
                try lookalikes.queue(.remediation, id: lookalikes.own.action)
            case .analysis: try lookalikes.queue(.analysis)
            case .housekeeping:
                // The trial ends, a snoozed finding reopens, an action has waited too long for approval, and a running
                // action has no job.
                try store.own.set(plan: .trial, trialEnd: TestStore.now - .days(30))
                try lookalikes.queue(.housekeeping)
            default: break
            }
            let response = Schedule(DueJobs.self, store.environment(lookalikes.variables)).respond(
                to: ScheduledEvent(time: TestStore.now))
            let left = try store.database.rows(
                "SELECT kind, state FROM jobs UNION ALL SELECT kind, error FROM dead_jobs"
            ) { try "\($0[0] as String) \($0[1] as String)" }
            #expect(response.status == 200 && !left.contains { $0.hasPrefix(kind.rawValue) }, "\(left)")
            #expect(lookalikes.provider.unexpected == [])
            return left
        }
        #expect(isolation.problems == [] && isolation.changes > 0)
    }

    /// A scheduled function, and a statement that makes the own workspace due for it; nil if there is none.
    struct Scheduled: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let function: any (ScheduledFunction & SendableMetatype).Type
        let due: SQL?
    }

    private static let schedules = [
        Scheduled(
            testDescription: "scheduled-housekeeping", function: Housekeeping.self,
            due: "UPDATE workspaces SET next_housekeeping_at = '2026-04-15T12:00:00Z' WHERE id = $1"),
        Scheduled(testDescription: "scheduled-jobs", function: DueJobs.self, due: nil),
        Scheduled(
            testDescription: "scheduled-sync", function: DueSyncs.self,
            due: "UPDATE integrations SET next_auto_sync_at = '2026-04-15T12:00:00Z' WHERE workspace_id = $1"),
        Scheduled(testDescription: "scheduled-session-keys", function: SessionKeySets.self, due: nil),
    ]

    @Test("A scheduled function affects only the workspace that is due", arguments: LookalikeTests.schedules)
    func aScheduleKnowsOneWorkspace(_ schedule: Scheduled) throws {
        let (function, due) = (schedule.function, schedule.due)
        let isolation = try Isolation { (lookalikes: Lookalikes) throws -> [String] in
            if let due { try lookalikes.store.database.execute(due, lookalikes.store.own.id) }
            let response = Schedule(function, lookalikes.store.environment(lookalikes.variables)).respond(
                to: ScheduledEvent(time: TestStore.now))
            #expect(response.status == 200)
            return []
        }
        #expect(isolation.problems == [] && (due == nil || isolation.changes > 0))
    }
}

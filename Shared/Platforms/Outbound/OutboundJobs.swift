import Auth
public import Base
import Connectors
import Integrations
public import Jobs

extension JobHandler {
    /// The handler of jobs of kind outbound, each of which sends one event to the workspace's webhook.
    public static func outbound(_ environment: Environment) -> JobHandler {
        JobHandler(
            run: { try deliver($0, environment) },
            giveUp: { context, sentence in
                guard let webhook = try webhook(of: context) else { return }
                try context.workspace.noteLostEvent(
                    OutboundEvent(payload: context.job.payload)?.kind, for: webhook.id, sentence: sentence,
                    now: context.now)
            })
    }

    private static func deliver(_ context: JobContext, _ environment: Environment) throws -> JobOutcome {
        guard let event = OutboundEvent(payload: context.job.payload) else { return .notUnderstood }
        // If the webhook was disconnected, its events are no longer wanted.
        guard let webhook = try webhook(of: context) else { return .completed }
        do {
            let scope = ConnectorScope(environment, seconds: min(30, context.secondsLeft), eventsSince: context.now)
            guard let outbound = try webhook.connector(Outbound.self, scope) as? Outbound,
                let message = event.message(for: outbound.severities, of: context.workspace.id)
            else { return .completed }
            try outbound.send(message, id: context.job.id, at: context.now)
            try context.workspace.noteDelivery(to: webhook.id)
            return .completed
        } catch ConnectorError.rateLimited(let seconds) {
            return .wait(until: context.now + seconds, "The receiver asks to wait \(seconds) seconds.")
        } catch ConnectorError.configuration(let sentence) {
            try context.workspace.noteLostEvent(event.kind, for: webhook.id, sentence: sentence, now: context.now)
            return .dead(sentence)
        } catch let error as ConnectorError {
            return .retry(error.sentence)
        }
    }

    /// Returns the workspace's webhook. Returns nil if none is connected.
    private static func webhook(of context: JobContext) throws -> Integration? {
        do {
            return try context.workspace.connected(.outbound)
        } catch is IntegrationError {
            return nil
        }
    }
}

extension OutboundEvent {
    /// Returns the body of the message with the findings of these severities. Returns nil if the event is about
    /// findings and none is left.
    func message(for severities: Set<String>, of workspaceID: Identifier) -> [UInt8]? {
        var data = data
        if let findings = data["findings"]?.array {
            let wanted = findings.filter { $0["severity"]?.string.map(severities.contains) == true }
            guard !wanted.isEmpty else { return nil }
            var counts: [String: Int] = [:]
            for finding in wanted { counts[finding["severity"]?.string ?? "", default: 0] += 1 }
            data["findings"] = .array(wanted)
            data["severity_counts"] = .object(counts.mapValues(JSON.integer))
        }
        var message = OutboundEvent(kind, data, at: time).json
        message["workspace_id"] = .string(workspaceID.description)
        return JSONWriter.bytes(JSON.object(message))
    }
}

public import Actions
public import Auth
import Base
import Connectors
import Integrations
public import Jobs

// The execution of an action's job. Each step is stored before the provider is asked and after it has answered. A
// worker that takes over asks the provider for the outcome of a step that was started, and repeats it only if the
// provider says that it was not carried out.
extension Remediation {
    /// The largest number of seconds that a connector has in one run.
    private static let connectorSeconds = 40.0
    /// If fewer seconds than these are left for the connector, no step is started.
    private static let leastSeconds = 5.0

    /// The handler of the jobs that carry out actions.
    public var handler: JobHandler { JobHandler(run: execute, giveUp: giveUp) }

    /// Runs the job of a queued or running action at once, if it is due. Returns the action in its new state. If the
    /// job can't be run now, it is left to a worker.
    public func run(
        _ action: RemediationAction, by runner: JobRunner, in workspace: Workspace
    ) throws -> RemediationAction {
        guard [.queued, .running].contains(action.status), runner.runIfPossible(action.id, in: workspace) else {
            return action
        }
        return try workspace.remediationAction(action.id) ?? action
    }

    private func execute(_ context: JobContext) throws -> JobOutcome {
        do {
            guard var run = try ActionRun(context) else { return .completed }
            return try carryOut(&run)
        } catch is ActionCancelled {
            return .completed
        }
    }

    private func carryOut(_ run: inout ActionRun) throws -> JobOutcome {
        let context = run.context
        guard let type = ActionType(rawValue: run.action.type), let means = means(of: type, on: run.action.platform)
        else { return try run.fail("\(run.action.platform) can't do \(run.action.type).") }
        do {
            switch means {
            case .policy(let status): return try run.decide(status, as: type)
            case .connector(let connector, let actions):
                let integration = try context.workspace.connected(connector.platform, since: run.action.createdAt)
                let resolver = TargetResolver(
                    workspace: context.workspace, integration: integration.id, platform: connector.platform.name,
                    entity: run.action.entityID)
                let given = try opened(run.action, in: context.workspace)
                let declared = declared(type, on: run.action.platform)
                if run.steps.isEmpty {
                    let resolution = try resolver.resolve(type, given, as: declared)
                    try run.action.demandSame(resolution, for: type)
                    run.parameters = resolution.parameters
                    run.steps = resolution.targets.flatMap { target in actions.map { ActionStep($0, on: target) } }
                    try run.save()
                } else {
                    guard run.steps.allSatisfy({ $0.target.kind != nil }) else {
                        return try run.fail("It was started before an update of the server. Request it again.")
                    }
                    run.parameters = try resolver.parameters(given, as: declared, of: type)
                    try run.action.demandSame(run.parameters)
                }
                return try perform(&run, connector, integration)
            }
        } catch let error as any DomainError {
            return try run.fail(error.sentence, code: error.code)
        }
    }

    private func perform(
        _ run: inout ActionRun, _ type: any Connector.Type, _ integration: Integration
    ) throws -> JobOutcome {
        let context = run.context
        let seconds = min(Self.connectorSeconds, context.secondsLeft)
        let end = ContinuousClock.now + .seconds(seconds - Self.leastSeconds)
        let connector: any Connector
        do {
            connector = try integration.connector(
                type, ConnectorScope(environment, seconds: seconds, eventsSince: context.now))
        } catch let error as ConnectorError {
            return try run.fail(error.sentence, code: "connector." + error.kind)
        }
        for index in run.steps.indices where [.pending, .running].contains(run.steps[index].status) {
            guard ContinuousClock.now < end else {
                return .wait(until: context.now, "Remaining steps will run in the next attempt.")
            }
            if let outcome = try run.advance(index, by: connector) { return outcome }
        }
        return try run.finish()
    }

    private func giveUp(_ context: JobContext, _ sentence: String) throws {
        guard var run = try ActionRun(context) else { return }
        _ = try run.fail(sentence)
    }
}

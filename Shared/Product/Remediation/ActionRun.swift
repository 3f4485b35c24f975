import Actions
import Auth
import Base
import Connectors
import Findings
import Integrations
import Jobs
import Store

/// The state of an action while its job runs.
struct ActionRun {
    let context: JobContext
    let action: RemediationAction
    var steps: [ActionStep]
    /// The parameters that the connector may read, in addition to the target.
    var parameters = ActionParameters()
    private let finding: ActionTarget.Finding?

    private var workspace: Workspace { context.workspace }

    /// Begins the action, or continues it in place of an earlier run; nil if the action is neither queued nor running.
    init?(_ context: JobContext) throws {
        let workspace = context.workspace
        guard let action = try workspace.beginAction(context.job.id, now: context.now) else { return nil }
        self.context = context
        self.action = action
        steps = action.steps ?? []
        finding = try action.findingID.flatMap { id in
            try workspace.first(
                "SELECT title, recommended_action FROM findings WHERE workspace_id = $1 AND id = $2", id
            ) { row in ActionTarget.Finding(title: try row[0], recommendedAction: try row[1]) }
        }
    }

    // MARK: Steps

    /// Tries to bring a step to its end. Returns nil if the step has ended, and otherwise the outcome for the job.
    mutating func advance(_ index: Int, by connector: any Connector) throws -> JobOutcome? {
        let step = steps[index]
        let target = step.target(of: action, finding, parameters)
        var mayHaveBeenDone = step.status == .running
        do {
            if mayHaveBeenDone, try !isOpen(index, by: connector, target) { return nil }
            mayHaveBeenDone = false
            try begin(index, at: type(of: connector).platform)
            end(index, .succeeded, result: try connector.perform(step.action, on: target))
            try save()
            return nil
        } catch let error as ConnectorError {
            return try failed(index, error, mayHaveBeenDone: mayHaveBeenDone, by: connector, target)
        }
    }

    /// Stores that a step has started. Throws if the platform was disconnected in the meantime, or connected again;
    /// this can't happen while the step is stored.
    private mutating func begin(_ index: Int, at platform: Platform) throws {
        try workspace.withWriteLock {
            _ = try workspace.connected(platform, since: action.createdAt)
            steps[index].status = .running
            try save()
        }
    }

    /// Asks the provider for the outcome of a step that was started. Returns true if the step was not carried out, and
    /// otherwise ends it and returns false. If the provider does not know, the step's outcome is unknown.
    private mutating func isOpen(
        _ index: Int, by connector: any Connector, _ target: ActionTarget
    ) throws -> Bool {
        switch try connector.outcome(of: steps[index].action, on: target) {
        case .notDone: return true
        case .done(let result): end(index, .succeeded, result: result)
        case nil:
            end(
                index, .unknownOutcome,
                error:
                    "It was started, and \(type(of: connector).platform.name) does not say if it was carried out. "
                    + "Check there before you request it again.")
        }
        try save()
        return false
    }

    private mutating func failed(
        _ index: Int, _ error: ConnectorError, mayHaveBeenDone: Bool, by connector: any Connector,
        _ target: ActionTarget
    ) throws -> JobOutcome? {
        switch error {
        // A step that may have been carried out counts as started until the provider reports its outcome.
        case .rateLimited(let seconds):
            if !mayHaveBeenDone { steps[index].status = .pending }
            try save()
            return .wait(until: context.now + seconds, error.sentence)
        case .provider, .outOfTime:
            if !mayHaveBeenDone { steps[index].status = .pending }
            try save()
            return .retry(error.sentence)
        case .unknownOutcome where !mayHaveBeenDone:
            guard let open = try? isOpen(index, by: connector, target) else { return .retry(error.sentence) }
            // The provider may still be working on the step, so it is asked for the outcome again later, before the
            // step is repeated.
            return open ? .retry(error.sentence) : nil
        case .unknownOutcome, .credentials, .configuration, .refused, .missing:
            end(index, mayHaveBeenDone ? .unknownOutcome : .failed, error: error.sentence)
            try save()
            return nil
        }
    }

    private mutating func end(
        _ index: Int, _ status: ActionStep.Status, result: JSON? = nil, error: String? = nil
    ) {
        steps[index].status = status
        steps[index].result = result
        steps[index].error = error
    }

    // MARK: Storing

    /// The provider's ids of the first hundred targets; nil if there are no steps.
    private var actedOn: JSON? {
        var ids: [String] = []
        for step in steps where ids.count < 100 && ids.last != step.target.externalID {
            ids.append(step.target.externalID)
        }
        return ids.isEmpty ? nil : .array(ids.map(JSON.string))
    }

    private var progress: ActionProgress {
        ActionProgress(steps: steps.map(\.json), parameters: parameters.shownValues)
    }

    /// Stores the steps.
    /// - Throws: `LeaseLost` if another worker has taken the job over; `ActionCancelled` if the action is no longer
    ///   running.
    func save() throws {
        try workspace.withWriteLock {
            try context.confirm()
            guard try workspace.storeProgress(progress, of: action.id, now: context.now) else {
                throw ActionCancelled()
            }
        }
    }

    /// Ends the action with the outcome of its steps.
    func finish() throws -> JobOutcome {
        let bad = steps.filter { $0.status != .succeeded }
        guard let first = bad.first else { return try end(.succeeded, nil) }
        let isUnknown = bad.contains { $0.status == .unknownOutcome }
        let sentence = first.error ?? "It failed."
        return try end(
            isUnknown ? .unknownOutcome : .failed,
            steps.count == 1 ? sentence : "\(bad.count) of \(steps.count) steps failed. The first: \(sentence)")
    }

    /// Ends the action as failed, without further steps. If a step was started, its outcome, and that of the action, is
    /// unknown.
    ///
    /// - Parameter code: The code of the error, for the audit log.
    mutating func fail(_ sentence: String, code: String? = nil) throws -> JobOutcome {
        let open = steps.indices.filter { steps[$0].status == .running }
        for index in open { end(index, .unknownOutcome, error: sentence) }
        return try end(open.isEmpty ? .failed : .unknownOutcome, sentence, code: code)
    }

    /// Stores the product's decision about the action's application, in the transaction that ends the action.
    func decide(_ status: AppPolicy.Status, as type: ActionType) throws -> JobOutcome {
        try workspace.withWriteLock {
            let resolution = try workspace.decisionTarget(action.entityID, of: action.platform)
            try action.demandSame(resolution, for: type)
            _ = try workspace.setAppPolicy(
                status, appName: resolution.named.externalID, by: action.decidedBy ?? action.requestedBy,
                now: context.now)
            return try end(.succeeded, nil)
        }
    }

    /// Ends the action. Its row, its audit entry and, if it succeeded, its finding are written together. Throws if
    /// another worker has the job or the action is no longer running.
    private func end(
        _ status: RemediationAction.Status, _ sentence: String?, code: String? = nil
    ) throws -> JobOutcome {
        try workspace.audited {
            try context.confirm()
            guard try workspace.endAction(action, status, progress, error: sentence, now: context.now) else {
                throw ActionCancelled()
            }
            if status == .succeeded, let findingID = action.findingID {
                try workspace.takeUpFinding(findingID, now: context.now)
            }
            var details: [String: JSON] = ["status": .string(status.rawValue)]
            details["error"] = sentence.map(JSON.string)
            details["error_code"] = code.map(JSON.string)
            details["acted_on"] = actedOn
            let entry = action.entry(status == .succeeded ? "executed" : "failed", details, at: context.now)
            return (.completed, entry)
        }
    }
}

/// The error for an action that was cancelled while its job ran. The job then counts as done.
struct ActionCancelled: Error {}

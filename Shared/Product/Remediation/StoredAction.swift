public import Actions
public import Base
import Connectors
import Integrations

// The parts of a stored action that only this library reads.
extension RemediationAction {
    /// The steps; nil until they have been worked out.
    var steps: [ActionStep]? { progress?.steps?.compactMap(ActionStep.init) }

    /// Checks that the names in the action still mean the records that they meant when it was requested: others were
    /// never judged or approved. An action without a `resolutionKey` passes.
    /// - Throws: `RemediationError` if a name means another record.
    func demandSame(_ resolution: Resolution, for type: ActionType) throws(RemediationError) {
        try demand(resolutionKey == nil || resolutionKey == resolution.key(of: type, on: platform))
    }

    /// Checks that the parameters still mean what they meant in the first run. An action that did not store them
    /// passes.
    /// - Throws: `RemediationError` if one means something else.
    func demandSame(_ parameters: ActionParameters) throws(RemediationError) {
        try demand(progress?.parameters == nil || progress?.parameters == parameters.shownValues)
    }

    private func demand(_ isSame: Bool) throws(RemediationError) {
        guard !isSame else { return }
        throw .changed
    }
}

/// The action in the form that the API returns. `success` is false if the action failed, was cancelled or has an
/// unknown outcome. `result` contains the status, the error, and the result of the only step, or the list of several
/// steps.
extension RemediationAction: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("success", ![.failed, .unknownOutcome, .cancelled].contains(status))
            json.field("actionId", id)
            json.field("result", result)
        }
    }

    private var result: JSON {
        var result: [String: JSON] = [:]
        if let steps, steps.count == 1 { result = steps[0].result?.object ?? [:] }
        if let steps, steps.count > 1 { result["steps"] = .array(steps.map(\.shown)) }
        result["status"] = .string(status.rawValue)
        result["error"] = error.map(JSON.string)
        return .object(result)
    }
}

extension ActionParameters {
    /// The values that are not secret, in the form in which they are stored.
    var shownValues: JSON { .object(plainValues.mapValues(JSON.string)) }
}

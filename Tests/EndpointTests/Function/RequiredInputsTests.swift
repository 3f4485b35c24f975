import Base
import TestSupport
import Testing

/// Every operation requires the inputs that the API reference calls required.
@Suite(.usesStore) struct RequiredInputsTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    @Test("A session's call must name its workspace") func aSessionNamesItsWorkspace() {
        for operation in Operation.session + Operation.either {
            for (workspace, sentence) in [
                (nil, "workspaceId is required."), ("not-a-uuid", "workspaceId must be a UUID."),
            ] {
                let call = operation.asAllowed(operation.call(workspace: workspace), in: store.own)
                let reply = store.send(call, to: operation.function)
                #expect(reply.status == 400 && reply.error == sentence, "\(operation)")
            }
        }
    }

    @Test("A missing required input is named in the error") func whatIsMissingIsNamed() {
        let optional = ["includeAuditLog", "includeFull", "actionType of findings/remediate", "limit", "enabled"]
        var checked = 0
        for operation in Operation.all {
            for field in operation.inputs where !optional.contains(field) {
                guard !optional.contains("\(field) of \(operation.name)") else { continue }
                let call = operation.without(field).goodCall(store)
                let reply = store.send(call, to: operation.function)
                #expect(reply.status == 400 && reply.error == "\(field) is required.", "\(operation) \(field)")
                checked += 1
            }
        }
        #expect(checked == 22)
    }
}

extension Operation {
    /// The names of the inputs in the operation's valid call, without the workspace.
    fileprivate var inputs: [String] {
        fields.keys.sorted()
            + query.split(separator: "&").compactMap { $0.split(separator: "=").first.map(String.init) }
    }

    fileprivate func without(_ field: String) -> Operation {
        var operation = self
        operation.fields[field] = nil
        operation.query = query.split(separator: "&").filter { !$0.hasPrefix(field + "=") }.joined(separator: "&")
        return operation
    }
}

import Actions
@_spi(System) import Auth
import Base
import Foundation
import Integrations
import Jobs
import Remediation
import Store
import TestSupport
import Testing

/// Actions in processes that are killed.
@Suite(.serialized, .usesStore) struct RemediationProcessesTests {
    /// The process may die at any time. A repeated request finds or makes the action, and a worker that takes over the
    /// job carries the action out if that has not happened yet.
    @Test("An action whose process is killed is neither lost nor doubled")
    func aKilledActionIsNeitherLostNorDoubled() throws {
        let store = try TestStore()
        let okta = try FakeOkta(delay: 20_000)
        let integration = try store.own.connectOkta()
        let token = TestSession.token(of: try #require(store.own.members[.admin]), at: .now)
        func call(_ user: String) -> FunctionCall {
            FunctionCall(
                function: "api-execute-action", method: "POST",
                body: [
                    "workspaceId": .string(store.own.id.description), "actionType": "suspend_user",
                    "targetPlatform": "okta", "targetEntityId": .string(user),
                ], credentials: token)
        }
        func variables(_ user: String) -> [String: String] {
            okta.variables.merging(["HTTP_IDEMPOTENCY_KEY": user]) { $1 }
        }
        // A worker with a clock that is 61 seconds ahead, so that it takes over the jobs of dead processes.
        let runner = JobRunner(
            [.remediation: Remediation(Environment(okta.variables)).handler], seconds: 600, Log()
        ) { .now + 61 }
        try store.own.addPerson("first", on: integration)
        let start = Date()
        #expect(call("first").send(to: store.url, variables("first"))?.json["success"] == true)
        let duration = Date().timeIntervalSince(start)
        var interrupted = (before: 0, within: 0)
        for round in 0..<50 {
            let user = "u\(round)"
            try store.own.addPerson(user, on: integration)
            let process = try call(user).start(on: store.url, variables(user))
            // Half of the processes are killed at a random time, the others as soon as the action is stored.
            if round % 2 == 0 {
                usleep(round == 0 ? 0 : UInt32.random(in: 0...UInt32(duration * 1_000_000)))
            } else {
                #expect(try poll { try !actions(user, store).isEmpty })
            }
            process.program.send(SIGKILL)
            _ = try process.waitForEnd()
            let had = try actions(user, store)
            if had.isEmpty { interrupted.before += 1 } else if had != ["succeeded"] { interrupted.within += 1 }
            let repeated = call(user).send(to: store.url, variables(user))
            #expect(repeated?.status == 200, "\(user)")
            #expect(poll { okta.isIdle })
            try runner.runDue(SystemAccess(store.database))
            #expect(try actions(user, store) == ["succeeded"], "\(user)")
            #expect(okta.suspensions(of: user) == 1, "\(user)")
        }
        #expect(interrupted.before > 0 && interrupted.within > 0, "\(interrupted)")
        #expect(okta.provider.unexpected.isEmpty)
        let executed = try store.database.first(
            "SELECT count(*) FROM audit_log WHERE action = 'remediation.executed'"
        ) { try $0[0] as Int }
        #expect(executed == 51)
        _ = try AuditLog(store.database, workspaceID: store.own.id).verify()
    }

    private func actions(_ user: String, _ store: TestStore) throws -> [String] {
        try store.database.rows("SELECT status FROM remediation_actions WHERE target_entity_id = $1", user) {
            try $0[0] as String
        }
    }
}

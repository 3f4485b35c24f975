import Base
import Demonstration
import Store

extension Verb {
    static let seed = Verb(
        "seed", "Creates the demonstration workspace if it does not exist.",
        options: Option.configuration
    ) { arguments in
        let project = try Project(arguments)
        let database = try project.database(try project.configuration())
        let summary = try Demonstration.seed(database, now: .now)
        database.close()
        try Terminal.say(
            """
            \(summary.name), workspace \(summary.workspaceID)
            \(summary.identities) identities, \(summary.applications) applications, \(summary.devices) devices, \
            \(summary.entitlements) entitlements, \(summary.auditEvents) audit events, \(summary.findings) findings
            """)
        try Terminal.say(
            Verb.table(summary.members.map { ($0.role, "\($0.userID)  \($0.email)") }))
        return 0
    }
}

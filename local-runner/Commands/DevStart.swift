@_spi(System) import Auth
import Base
import Demonstration
import Store

extension DevState {
    /// Creates the demonstration workspace if `seeds` is true, unless it exists. Creates the workspace's missing API
    /// keys, issues a token for the first member of each role, and writes dev.json.
    static func prepare(
        _ project: Project, _ configuration: Configuration, _ database: any Database, url: String,
        localToken: String, consoleURL: String?, seeds: Bool
    ) throws -> DevState {
        if seeds { _ = try Demonstration.seed(database, now: .now) }
        let issuer = try SessionTokens(configuration)
        var state = DevState(
            url: url, workspaceID: Demonstration.workspaceID.description, tokens: [:],
            localToken: localToken, apiKeys: try LocalKeys.make(DevState.apiKeys(in: project.stateFile), database),
            consoleURL: consoleURL)
        let members = try SystemAccess(database).workspace(Demonstration.workspaceID)?.members() ?? []
        for member in members where state.tokens[member.role.rawValue] == nil {
            let person = SessionTokens.Person(userID: member.userID, email: member.email)
            state.tokens[member.role.rawValue] = issuer.issue(person)
        }
        try state.write(to: project.stateFile)
        return state
    }
}

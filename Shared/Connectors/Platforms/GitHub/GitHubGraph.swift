import Base
import Upstream

/// Queries about one organization at GitHub's GraphQL API.
struct GitHubGraph {
    private let api: PlatformAPI
    private let login: String

    init(_ api: PlatformAPI, _ login: String) {
        self.api = api
        self.login = login
    }

    /// The organization with a selection of its fields; variables: `$login`, `$after`, and `$name` with a repository. A
    /// field that is not allowed is null, and is an error in what reads it.
    func organization(_ selection: String, after cursor: String? = nil, repository: String? = nil) throws -> JSON {
        var variables = "$login:String!"
        var values: [String: JSON] = ["login": .string(login)]
        if selection.contains("$after") {
            variables += ",$after:String"
            values["after"] = cursor.map(JSON.string) ?? .null
        }
        if let repository {
            variables += ",$name:String!"
            values["name"] = .string(repository)
        }
        var request = api.request(.post, "/graphql")
        // A query changes nothing.
        request.isRepeatable = true
        request.setJSON([
            "query": .string("query(\(variables)){organization(login:$login){\(selection)}}"),
            "variables": .object(values),
        ])
        let answer = try api.send(request).object()
        if let organization = answer["data"]?["organization"], organization != .null { return organization }
        throw Self.error(answer)
    }

    /// What an answer without its data means.
    static func error(_ answer: JSON) -> ConnectorError {
        switch answer["errors"]?.array?.first?.text("type") {
        case "NOT_FOUND": .configuration("GitHub has no such organization, or the token may not see it.")
        case "FORBIDDEN", "INSUFFICIENT_SCOPES":
            .configuration("The GitHub token may not read this. Give it the scopes that the README lists.")
        default: .provider("GitHub's answer holds no organization.")
        }
    }
}

extension JSON {
    /// The items of a connection's page, and the cursor of the next one. Throws when it is no connection.
    func connection(_ name: String, _ items: String) throws(ConnectorError) -> (items: [JSON], next: String?) {
        guard let items = self[name]?[items]?.array, let page = self[name]?["pageInfo"] else {
            throw .provider("GitHub's answer is not the list that it documents.")
        }
        return (items, page["hasNextPage"]?.bool == true ? page.text("endCursor") : nil)
    }
}

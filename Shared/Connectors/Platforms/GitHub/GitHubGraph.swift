import Base
import Upstream

/// Queries about one organization at GitHub's GraphQL API.
///
/// GitHub gives up on a query after ten seconds, which a page of a hundred entries may take in a large organization. Pages
/// have a size, `$first`, for that: one that fails is asked for again half as large, down to one entry, and each one that
/// comes lets the next be larger by a quarter. The size is in the cursor, so that another process goes on with it.
///
/// GraphQL answers with what it has: a part that failed is null, and an error says so beside the data (§7.1). Where that is
/// an entry of a list, or a field of an entry, whoever reads the entry finds null and knows what is missing. Any other gap
/// is an error of the whole answer.
struct GitHubGraph {
    private let api: PlatformAPI
    private let login: String

    init(_ api: PlatformAPI, _ login: String) {
        self.api = api
        self.login = login
    }

    /// The organization with a selection of its fields; the variable is `$login`. A field that is not allowed is null, and is
    /// an error in what reads it.
    func organization(_ selection: String) throws -> JSON {
        try Self.organization(in: try api.send(request(selection, [])))
    }

    /// One page of a connection: the organization's, or that of a repository.
    ///
    /// - Parameters:
    ///   - cursor: Where the page begins, and how many entries it may have.
    ///   - most: The largest page.
    ///   - selection: Fields of the organization, with the variables `$first`, `$after` and, with a repository, `$name`.
    ///   - read: Reads the connection's page, of which a cursor is GitHub's `endCursor`.
    func page(
        at cursor: JSON?, most: Int, _ selection: String, repository: String? = nil,
        read: (JSON) throws -> WholeList.Page
    ) throws -> WholeList.Page {
        let size = min(max(cursor?["first"]?.integer ?? most, 1), most)
        let after = cursor?["after"] ?? .null
        func place(_ after: JSON, _ size: Int) -> JSON { ["after": after, "first": .integer(min(size, most))] }
        var variables = [(name: "first", type: "Int!", value: JSON.integer(size)), ("after", "String", after)]
        if let repository { variables.append(("name", "String!", .string(repository))) }
        var request = request(selection, variables)
        request.isRetried = size == 1
        let response: UpstreamResponse
        do {
            response = try api.send(request)
        } catch let error as ConnectorError {
            guard case .provider = error, error != PlatformAPI.unreachable, size > 1 else { throw error }
            return ([], place(after, size / 2))
        }
        let (items, next) = try read(try Self.organization(in: response))
        return (items, next.map { place($0, size + max(1, size / 4)) })
    }

    private func request(
        _ selection: String, _ variables: [(name: String, type: String, value: JSON)]
    ) -> UpstreamRequest {
        let all = [(name: "login", type: "String!", value: JSON.string(login))] + variables
        let declarations = all.map { "$\($0.name):\($0.type)" }.joined(separator: ",")
        var request = api.request(.post, "/graphql")
        // A query changes nothing.
        request.isRepeatable = true
        request.setJSON([
            "query": .string("query(\(declarations)){organization(login:$login){\(selection)}}"),
            "variables": .object(all.reduce(into: [:]) { $0[$1.name] = $1.value }),
        ])
        return request
    }

    // MARK: Answers

    /// The organization in an answer. Throws if there is none, or if an error leaves open what is missing in it.
    private static func organization(in response: UpstreamResponse) throws(ConnectorError) -> JSON {
        let answer = try response.object()
        let errors = answer["errors"]?.array ?? []
        guard let organization = answer["data"]?["organization"], organization != .null else {
            throw error(errors.first) ?? .provider("GitHub's answer holds no organization.")
        }
        if let error = errors.first(where: { !isOfEntry($0) }) { throw Self.error(error) ?? incomplete }
        return organization
    }

    /// An answer that leaves out a part of what it was asked for.
    static let incomplete = ConnectorError.provider("GitHub answered only a part of what it was asked.")

    /// Returns true if an error is about an entry of a list: its path leads through a place in one.
    private static func isOfEntry(_ error: JSON) -> Bool {
        error["path"]?.array?.contains { $0.integer != nil } == true
    }

    /// The meaning of an error that GitHub gives a type of its own; nil of another.
    private static func error(_ error: JSON?) -> ConnectorError? {
        switch error?.text("type") {
        case "NOT_FOUND": .configuration("GitHub has no such organization, or the token may not see it.")
        case "FORBIDDEN", "INSUFFICIENT_SCOPES":
            .configuration("The GitHub token may not read this. Give it the scopes that the README lists.")
        default: nil
        }
    }
}

extension JSON {
    /// The items of a connection's page, which may be null, and GitHub's cursor of the next one. Throws if it is no
    /// connection.
    func connection(_ name: String, _ items: String) throws(ConnectorError) -> WholeList.Page {
        guard let connection = self[name], let found = connection[items]?.array,
            let hasNext = connection["pageInfo"]?["hasNextPage"]?.bool
        else { throw .provider("GitHub's answer is not the list that it documents.") }
        guard hasNext else { return (found, nil) }
        guard let next = try connection["pageInfo"]?.nextToken("endCursor") else {
            throw .provider("The provider names a next page that can't be asked for.")
        }
        return (found, .string(next))
    }
}

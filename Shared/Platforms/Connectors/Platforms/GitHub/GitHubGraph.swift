import Base
import HTTP
import Upstream

/// Sends queries about one organization to GitHub's GraphQL API.
///
/// GitHub stops a query after ten seconds, which a page of a hundred entries may take in a large organization. So the
/// size of a page, `$first`, varies: if a page fails, it is requested again with half the size, down to one entry; each
/// page that arrives lets the next be larger by a quarter. The size is part of the cursor, so that another process can
/// continue with it.
///
/// GraphQL answers with the data that it has: a part that failed is null, and an error next to the data says so
/// (GraphQL §7.1). If that part is an entry of a list or a field of an entry, the reader of the entry finds the null
/// and knows what is missing. Any other gap is an error of the whole answer.
struct GitHubGraph {
    private let api: PlatformAPI
    private let login: String

    init(_ api: PlatformAPI, _ login: String) {
        self.api = api
        self.login = login
    }

    /// Returns the organization with a selection of its fields. The selection may use `$login`. A field that the token
    /// may not read can be null.
    ///
    /// - Throws: `ConnectorError` if the request fails, or if GitHub reports an error that is not about an entry of a
    ///   list.
    func organization(_ selection: String) throws -> JSON {
        try Self.organization(in: try api.send(request(selection, [])))
    }

    /// Returns one page of a connection of the organization or of a repository. If GitHub was reached but fails at a
    /// page of several entries, returns no items and a cursor for the same position with half of the entries.
    ///
    /// - Parameters:
    ///   - cursor: The position of the page, and the number of entries that it may have.
    ///   - most: The largest number of entries.
    ///   - selection: Fields of the organization, with the variables `$first`, `$after` and, for a repository, `$name`.
    ///   - read: Reads the page. Its cursor is GitHub's `endCursor`.
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
        // The query changes nothing.
        request.isIdempotent = true
        request.setJSON([
            "query": .string("query(\(declarations)){organization(login:$login){\(selection)}}"),
            "variables": .object(all.reduce(into: [:]) { $0[$1.name] = $1.value }),
        ])
        return request
    }

    // MARK: Answers

    /// Returns the organization in an answer.
    /// - Throws: `ConnectorError` if there is none, or if an error is not about an entry of a list, so that it leaves
    ///   open which part is missing.
    private static func organization(in response: UpstreamResponse) throws(ConnectorError) -> JSON {
        let answer = try response.object()
        let errors = answer["errors"]?.array ?? []
        guard let organization = answer["data"]?["organization"], organization != .null else {
            throw error(errors.first) ?? .provider("GitHub's answer contains no organization.")
        }
        if let error = errors.first(where: { !isOfEntry($0) }) { throw Self.error(error) ?? incomplete }
        return organization
    }

    /// The error for an answer that leaves out a part of the requested data.
    static let incomplete = ConnectorError.provider("GitHub answered only a part of the query.")

    /// Returns true if an error concerns an entry of a list: its path contains an index.
    private static func isOfEntry(_ error: JSON) -> Bool {
        error["path"]?.array?.contains { $0.integer != nil } == true
    }

    /// Returns the meaning of GitHub's error types for a missing organization and for missing permissions; nil for
    /// other types.
    private static func error(_ error: JSON?) -> ConnectorError? {
        switch error?.text("type") {
        case "NOT_FOUND": .configuration("GitHub has no such organization, or the token may not see it.")
        case "FORBIDDEN", "INSUFFICIENT_SCOPES":
            .configuration("The GitHub token is not allowed to read this. Give it the scopes \(GitHub.scopes).")
        default: nil
        }
    }
}

extension JSON {
    /// Returns the items of a connection's page, each of which may be null, and the cursor of the next page.
    /// - Throws: `ConnectorError.provider` if the member is not a connection, or if a next page has no cursor.
    func connection(_ name: String, _ items: String) throws(ConnectorError) -> WholeList.Page {
        guard let connection = self[name], let found = connection[items]?.array,
            let hasNext = connection["pageInfo"]?["hasNextPage"]?.bool
        else { throw .provider("GitHub's answer is not the documented list.") }
        guard hasNext else { return (found, nil) }
        guard let next = try connection["pageInfo"]?.nextToken("endCursor") else {
            throw .provider("The provider's link to the next page can't be used.")
        }
        return (found, .string(next))
    }
}

import Base
import HTTP
import Upstream

// How providers say where the next page begins. Each has its own way to say that there is none; whatever else can't be
// used is an error, since a list that seems to be over makes people seem to have gone.

extension UpstreamResponse {
    /// Where the next page begins, by a link of the relation `next` (RFC 8288): the cursor that `PlatformAPI.get(next:)`
    /// takes. It is a path with a query, relative links resolved. Nil if no field names a next page.
    ///
    /// - Throws: `ConnectorError.provider` if a field can't be read, or if a next page can't be asked for.
    public func nextLink() throws(ConnectorError) -> JSON? {
        var targets: [String] = []
        for field in headers.fields where field.name.lowercased() == "link" {
            guard let links = try? LinkField(field.value) else {
                throw .provider("The provider's answer has a field Link that can't be read.")
            }
            targets += links.targets(of: "next")
        }
        guard !targets.isEmpty else { return nil }
        let references = Set(targets.map { URLReference($0, relativeTo: url?.target)?.target })
        guard references.count == 1, case let target?? = references.first else {
            throw .provider("The provider names a next page that can't be asked for.")
        }
        return .string(target)
    }

    /// The next page's cursor as a query parameter of its link, for lists that are asked for by it.
    ///
    /// - Throws: `ConnectorError.provider` if there is a next page, and no such cursor.
    public func nextCursor(_ parameter: String) throws(ConnectorError) -> JSON? {
        guard let target = try nextLink()?.string else { return nil }
        let query = target.cut(at: "?").flatMap { Query($0.behind) }
        guard let cursor = query?.values(parameter).first, !cursor.isEmpty else {
            throw .provider("The provider names a next page that can't be asked for.")
        }
        return .string(cursor)
    }
}

extension JSON {
    /// The token of the next page in a member, or in a member of a member. Nil if it is missing, null or empty.
    ///
    /// - Throws: `ConnectorError.provider` if it is of a kind that can't be sent back.
    func nextToken(_ path: String...) throws(ConnectorError) -> String? {
        var value = self
        for name in path {
            guard case .object(let members) = value else { break }
            value = members[name] ?? .null
        }
        switch value {
        case .null: return nil
        case .string(let token): return token.isEmpty ? nil : token
        case .integer(let number): return String(number)
        default: throw .provider("The provider names a next page that can't be asked for.")
        }
    }
}

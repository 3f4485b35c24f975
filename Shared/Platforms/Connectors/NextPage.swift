public import Base
import HTTP
public import Upstream

// Readers for the next page's position in a provider's answer. Providers have different ways to say that there is no
// next page. Anything else that can't be used is an error: if the list seemed to end here, the people on the missing
// pages would seem to have left.

extension UpstreamResponse {
    /// Returns the cursor of the next page, read from a link of the relation `next` (RFC 8288): a path with a query,
    /// which `PlatformAPI.get(next:)` takes. Relative links are resolved. Returns nil if no field names a next page.
    ///
    /// - Throws: `ConnectorError.provider` if a field Link can't be read, or if the next page's link can't be used or
    ///   there are several different ones.
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
            throw .provider("The provider's link to the next page can't be used.")
        }
        return .string(target)
    }

    /// Returns the next page's cursor from a query parameter of its link, for lists that are requested by such a
    /// cursor. Returns nil if there is no next page.
    ///
    /// - Throws: `ConnectorError.provider` if a field Link can't be read, or if the link to the next page can't be used
    ///   or has no such cursor.
    public func nextCursor(_ parameter: String) throws(ConnectorError) -> JSON? {
        guard let target = try nextLink()?.string else { return nil }
        let query = target.cut(at: "?").flatMap { Query($0.behind) }
        guard let cursor = query?.values(parameter).first, !cursor.isEmpty else {
            throw .provider("The provider's link to the next page can't be used.")
        }
        return .string(cursor)
    }
}

extension JSON {
    /// Returns the token of the next page from the object's member that `path` names, or from a member within a member.
    /// Returns nil if it is missing, null or empty, or if the member that it is in is missing or null.
    ///
    /// - Throws: `ConnectorError.provider` if the token is neither a string nor a whole number, or if the value that it
    ///   should be in is not an object.
    func nextToken(_ path: String...) throws(ConnectorError) -> String? {
        let unusable = ConnectorError.provider("The provider's link to the next page can't be used.")
        var value = self
        for name in path {
            switch value {
            case .null: return nil
            case .object(let members): value = members[name] ?? .null
            default: throw unusable
            }
        }
        switch value {
        case .null: return nil
        case .string(let token): return token.isEmpty ? nil : token
        case .integer(let number): return String(number)
        default: throw unusable
        }
    }
}

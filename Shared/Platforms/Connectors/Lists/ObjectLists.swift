/// The lists that belong to single objects, such as the tokens of each user. If the provider refuses one of them, only
/// that list is left out, since the reason may concern this object alone, such as a suspended user. After too many
/// refusals in a row, no more lists are requested, and all further ones are left out.
struct ObjectLists {
    private let name: String
    /// The number of objects on the latest pages in a row on which every list was refused.
    private var refusals = 0
    /// The error because of which no more lists are requested; nil while lists are requested.
    private var refusal: ConnectorError?

    /// The number of `refusals` up to which the reason may concern single objects. Above this limit, asking for more
    /// lists would only use up the rate limit.
    private static let mostSpecialCases = 4

    /// Creates the lists; `name` tells customers what was left out.
    init(_ name: String) { self.name = name }

    /// Returns the lists of the objects of one page, by object id. Lists that could not be read are missing, and so are
    /// lists that do not exist (404), since their object may have been deleted in the meantime or be hidden.
    ///
    /// - Parameters:
    ///   - entries: The page on which unreadable lists are noted.
    ///   - kept: Returns the records to leave unchanged if an object's list could not be read or does not exist.
    ///   - ask: Asks for the lists of objects and returns them in the order of the ids.
    /// - Throws: The errors of `ask`, which concern all requests.
    mutating func lists<List>(
        of ids: [String], noting entries: inout PageEntries, keeping kept: (String) -> [Kept] = { _ in [] },
        _ ask: (_ ids: [String]) throws -> [Result<List, ConnectorError>]
    ) throws -> [String: List] {
        if let refusal {
            for id in ids { entries.leaveOut(name, refusal, keeping: kept(id)) }
            return [:]
        }
        var lists: [String: List] = [:]
        var errors: [ConnectorError] = []
        for (id, result) in zip(ids, try ask(ids)) {
            switch result {
            case .success(let list): lists[id] = list
            case .failure(.missing): for kept in kept(id) { entries.keep(kept) }
            case .failure(let error):
                entries.leaveOut(name, error, keeping: kept(id))
                errors.append(error)
            }
        }
        refusals = errors.count == ids.count ? refusals + errors.count : 0
        if refusals > Self.mostSpecialCases { refusal = errors.first }
        return lists
    }
}

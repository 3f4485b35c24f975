/// The lists of single objects, such as the tokens of each user. One that is refused is left out by itself: a provider may
/// have reasons that concern one object, such as a suspended user.
struct ObjectLists {
    private let name: String
    /// The number of objects in a row whose lists were refused.
    private var refusals = 0
    /// The reason why no more lists are asked for.
    private var refusal: ConnectorError?

    /// The number of objects in a row that may be special cases. If more are refused, and on their pages no other is not,
    /// asking for others would only use up the rate limit.
    private static let mostSpecialCases = 4

    /// Lists of objects, with the name by which customers learn what was left out.
    init(_ name: String) { self.name = name }

    /// The lists of the objects of one page, by their ids, without those that could not be read and those that are not
    /// there (404): such an object may have gone meanwhile, or be hidden.
    ///
    /// - Parameters:
    ///   - entries: Where a list that could not be read is noted.
    ///   - kept: What stays as it is for an object whose list did not come.
    ///   - ask: Asks for the lists of objects, in the order of their ids.
    /// - Throws: `ConnectorError` if the error concerns all requests.
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

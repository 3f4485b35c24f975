import Auth
import Store

/// A place in the order of an export: behind the row with that key, or before the entity's first row.
struct Position: Equatable {
    let entity: Entity
    let key: String
}

/// What one response holds of an export, and where the next one goes on.
///
/// It is a matter of keys alone: whatever is added or removed between two responses, no row that stays is in neither of
/// them or in both.
struct Page: Equatable {
    /// What to read, in order; entities before the page's beginning have no range.
    private(set) var ranges: [KeyRange] = []
    /// Where the page stops; nil when nothing is left.
    private(set) var next: Position?

    /// The page of at most `limit` rows of `entities` that begins at `start`, or else with the first row.
    init(of entities: [Entity], in workspace: Workspace, from start: Position?, limit: Int) throws {
        var rest = limit
        let beginning = start.flatMap { start in Entity.allCases.firstIndex(of: start.entity) } ?? 0
        for entity in Entity.allCases.dropFirst(beginning) where entities.contains(entity) {
            let after = start?.entity == entity ? start?.key ?? entity.first : entity.first
            let count = try workspace.countRows(of: entity, after: after, upTo: rest + 1)
            guard count > rest else {
                ranges.append(KeyRange(entity: entity, after: after, through: entity.last))
                rest -= count
                continue
            }
            let last = rest > 0 ? try workspace.key(of: entity, at: rest, after: after) : after
            ranges.append(KeyRange(entity: entity, after: after, through: last))
            next = Position(entity: entity, key: last)
            return
        }
    }
}

extension Workspace {
    /// How many rows of an entity lie behind a key, counting no further than `limit`.
    fileprivate func countRows(of entity: Entity, after key: String, upTo limit: Int) throws -> Int {
        try first("SELECT count(*) FROM (" + keys(of: entity) + " LIMIT $3) AS counted", key, limit) {
            try $0[0] as Int
        } ?? 0
    }

    /// The key of the row that is the `number`th behind `key`, from 1.
    fileprivate func key(of entity: Entity, at number: Int, after key: String) throws -> String {
        try first(
            keys(of: entity) + " ORDER BY " + entity.key + " LIMIT 1 OFFSET $3", key, number - 1
        ) { $0.text(0) } ?? key
    }

    private func keys(of entity: Entity) -> SQL {
        "SELECT " + entity.key + " FROM " + entity.table + entity.scope
    }
}

import Auth
import Store

/// A position in the order of an export: after the row with a key, or before the entity's first row.
struct Position: Equatable {
    let entity: Entity
    let key: String
}

/// The rows that one response of an export contains, and the start of the next response.
///
/// Both are determined by keys alone. If rows are added or deleted between two responses, each row that stays is in
/// exactly one of them.
struct Page: Equatable {
    /// The ranges to read, in order. Entities before the start and after the end of the page have none.
    private(set) var ranges: [KeyRange] = []
    /// The position at which the page ends; nil if nothing is left.
    private(set) var next: Position?

    /// Creates the page of at most `limit` rows of `entities` that begins at `start`, or at the first row if that is
    /// nil.
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
    /// Returns the number of rows of an entity after a key, counting no further than `limit`.
    fileprivate func countRows(of entity: Entity, after key: String, upTo limit: Int) throws -> Int {
        try first("SELECT count(*) FROM (" + keys(of: entity) + " LIMIT $3) AS counted", key, limit) {
            try $0[0] as Int
        } ?? 0
    }

    /// Returns the key of the `number`th row after `key`, counting from 1.
    fileprivate func key(of entity: Entity, at number: Int, after key: String) throws -> String {
        try first(
            keys(of: entity) + " ORDER BY " + entity.key + " LIMIT 1 OFFSET $3", key, number - 1
        ) { $0.text(0) } ?? key
    }

    private func keys(of entity: Entity) -> SQL {
        "SELECT " + entity.key + " FROM " + entity.table + entity.scope
    }
}

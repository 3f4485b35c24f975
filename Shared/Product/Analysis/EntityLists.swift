import Base
import Findings
import Integrations
import Store

/// The entities that a finding affects, by kind, in the API's form. Of each kind, at most `AffectedEntities.most` are
/// listed.
struct EntityLists {
    /// The kinds, with the query columns of each and the members that they become.
    private static let kinds: [(kind: AffectedEntities, fields: [(column: String, name: String)])] = [
        (.accounts, [("account_id", "id"), ("account_name", "name"), ("account_platform", "platform")]),
        (.applications, [("application_id", "id"), ("application_name", "name")]),
        (.devices, [("device_id", "id"), ("device_name", "name")]),
        (.identities, [("identity_id", "id"), ("identity_name", "name"), ("identity_email", "email")]),
        (.integrations, [("integration_platform", "platform"), ("integration_name", "name")]),
    ]

    /// The positions of each kind's columns in a query. A kind without its first column is left out.
    struct Columns {
        fileprivate let kinds: [(kind: AffectedEntities, fields: [(column: Int, name: String)])]

        init(_ names: [String]) {
            kinds = EntityLists.kinds.compactMap { kind in
                let fields = kind.fields.compactMap { field in
                    names.firstIndex(of: field.column).map { (column: $0, name: field.name) }
                }
                return fields.first?.name == kind.fields.first?.name ? (kind.kind, fields) : nil
            }
        }
    }

    private var entities: [AffectedEntities: BoundedSmallest<JSON>] = [:]

    mutating func add(_ row: any Row, _ columns: Columns) {
        for (kind, fields) in columns.kinds {
            guard let first = fields.first, !row.isNull(first.column) else { continue }
            // Normally the first column identifies an entity. An integration may have several affected parts, so all of
            // its columns do.
            let key =
                kind == .integrations
                ? fields.map { row.text($0.column) }.joined(separator: "\0") : row.text(first.column)
            entities[kind, default: BoundedSmallest()].add(key, Self.entity(row, kind, fields))
        }
    }

    private static func entity(_ row: any Row, _ kind: AffectedEntities, _ fields: [(column: Int, name: String)])
        -> JSON
    {
        var members: [String: JSON] = [:]
        for field in fields where !row.isNull(field.column) { members[field.name] = .string(row.text(field.column)) }
        if kind == .integrations, members["name"] == nil, let platform = members["platform"]?.string {
            members["name"] = .string(PlatformNames.name(platform))
        }
        return .object(members)
    }

    var json: JSON { AffectedEntities.json(entities.mapValues { $0.elements.map(\.value) }) }
}

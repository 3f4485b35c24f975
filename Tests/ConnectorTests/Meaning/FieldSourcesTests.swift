import Base
import Foundation
import TestSupport
import Testing

@testable import Connectors

/// Checks that our fields come from the provider's fields that Shared/Platforms/Connectors/FIELDS.md names: if all
/// fields of a row get other values at the provider, our field gets another value too.
@Suite struct FieldSourcesTests {
    @Test("Every row of FIELDS.md names the provider's fields from which our field comes", arguments: ConnectorCase.all)
    func everyRowNamesWhereTheFieldComesFrom(_ example: ConnectorCase) throws {
        let org = try FakeProvider(example.org)
        let connector = try example.connect(org)
        let before = try pull { connector }
        var checked = 0
        for (field, sources) in try FieldTable.rows(example.connector.platform) {
            let values = before.values(of: field)
            // Lists without this kind of record need not be read.
            let kind = FieldTable.kind(of: field)
            let others = Set(
                connector.collections.filter { list in kind.map { list.kinds.contains($0) } != true }.map(\.name))
            let changes = Changes(Set(sources))
            let provider = try FakeProvider { request in
                example.org(request).map { changes.made(to: $0) }
            }
            // The fake provider does not know changed ids, so requests that contain one fail. If the whole pull fails
            // for that reason, `now` is empty, and the field counts as changed.
            let now = (try? pull(without: others) { try example.connect(provider) }) ?? []
            // Skips fields whose sources are no members of an answer, such as a path, and fields without a telling
            // value.
            guard changes.count > 0, values.contains(where: { !["nil", "[]", "[:]", "false", "success"].contains($0) })
            else {
                continue
            }
            checked += 1
            #expect(now.values(of: field) != values, "\(example) \(field) does not come from \(sources)")
        }
        #expect(checked > 5)
    }

    /// Replaces the values of members with certain names.
    private final class Changes: @unchecked Sendable {
        private let names: Set<String>
        private let lock = NSLock()
        private var number = 0

        init(_ names: Set<String>) { self.names = names }

        /// The number of replaced members.
        var count: Int { lock.withLock { number } }

        func made(to reply: FakeProvider.Reply) -> FakeProvider.Reply {
            var reply = reply
            let text = String(decoding: reply.body, as: UTF8.self)
            lock.withLock {
                if let json = try? JSON(parsing: reply.body) {
                    reply.body = JSONWriter.bytes(changed(json))
                } else if text.hasPrefix("<") {
                    reply.body = Array(changed(text, names).utf8)
                }
            }
            return reply
        }

        private func changed(_ value: JSON) -> JSON {
            switch value {
            case .object(let members):
                .object(
                    members.reduce(into: [:]) { changed, member in
                        let isMeant = names.contains(member.key)
                        if isMeant { number += 1 }
                        changed[member.key] = isMeant ? Self.other(member.value) : self.changed(member.value)
                    })
            case .array(let elements): .array(elements.map(changed))
            default: value
            }
        }

        private static func other(_ value: JSON) -> JSON {
            switch value {
            case .string(let text): .string("zz" + String(text.reversed()))
            case .integer(let number): .integer(number + 1_000)
            case .number(let number): .number(number + 1_000)
            case .bool(let value): .bool(!value)
            case .null: "zz"
            case .array(let elements): .array(elements.map(other))
            case .object(let members): .object(members.mapValues(other))
            }
        }

        private func changed(_ xml: String, _ names: Set<String>) -> String {
            xml.replacing(/<(\w+)>([^<]+)<\/\w+>/) { leaf in
                guard names.contains(String(leaf.output.1)) else { return String(leaf.output.0) }
                number += 1
                return "<\(leaf.output.1)>zz\(String(leaf.output.2.reversed()))</\(leaf.output.1)>"
            }
        }
    }
}

extension [SyncRecord] {
    /// Returns the values of one of our fields, such as `account.email`, in all records, sorted.
    fileprivate func values(of field: String) -> [String] {
        let parts = field.split(separator: ".")
        guard parts.count == 2 else { return [] }
        return flatMap { record -> [String] in
            guard let (kind, members) = record.members, kind == parts[0] else { return [] }
            if let value = members[String(parts[1])] { return [value] }
            if case .auditEvent(let event) = record { return [String(describing: event.details[String(parts[1])])] }
            return []
        }.sorted()
    }
}

extension SyncRecord {
    /// The kind's name in the table, and all fields as text.
    fileprivate var members: (kind: String, fields: [String: String])? {
        let (kind, record): (String, Any) =
            switch self {
            case .account(let account): ("account", account)
            case .application(let application): ("application", application)
            case .entitlement(let entitlement): ("entitlement", entitlement)
            case .oauthGrant(let grant): ("grant", grant)
            case .accessKey(let key): ("key", key)
            case .device(let device): ("device", device)
            case .auditEvent(let event): ("event", event)
            }
        let fields = Mirror(reflecting: record).children.compactMap { child in
            child.label.map { ($0, String(describing: child.value)) }
        }
        return (kind, Dictionary(fields) { $1 })
    }
}

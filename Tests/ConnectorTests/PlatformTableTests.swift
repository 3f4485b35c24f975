import Base
import Foundation
import Integrations
import TestSupport
import Testing

@testable import Connectors

/// Checks the tables in PLATFORMS.md. If THALIAN_WRITE_TABLES is set, writes all of them except the permissions.
@Suite(.serialized) struct PlatformTableTests {
    private let connectors = Connectors.connectable.sorted { $0.platform.rawValue < $1.platform.rawValue }

    private func table(_ header: String) throws -> DocumentTable {
        DocumentTable(in: try DocumentTable.library("Connectors").appending(path: "PLATFORMS.md"), header: header)
    }

    @Test("The overview lists every platform with its actions") func overview() throws {
        let rows = connectors.map { connector in
            let actions = connector.actions.map(\.rawValue).sorted().joined(separator: ", ")
            return DocumentTable.row(
                connector.platform.name, connector.platform.rawValue, connector.platform.category, actions)
        }
        #expect(try table("| Platform | Identifier | Category | Actions |").difference(from: rows) == nil)
    }

    @Test("The permissions of every platform are listed") func permissions() throws {
        let rows = connectors.map { connector in
            let permissions = connector.platform.permissions
            return DocumentTable.row(
                connector.platform.rawValue, permissions.scopes.map { "`\($0)`" }.joined(separator: ", "),
                permissions.notes)
        }
        #expect(try table("| Identifier | Scopes | Notes |").difference(from: rows) == nil)
    }

    @Test("Every field of the credentials is listed") func credentials() throws {
        let rows = connectors.flatMap { connector in
            connector.fields.map { field in
                DocumentTable.row(
                    connector.platform.rawValue, "`\(field.name)`", field.isRequired ? "yes" : "no",
                    field.isSecret ? "yes" : "no", field.summary)
            }
        }
        #expect(try table("| Identifier | Field | Required | Secret | Contents |").difference(from: rows) == nil)
    }

    @Test("Every list that a sync pulls is listed") func lists() throws {
        let rows = connectors.flatMap { connector in
            connector.platform.lists.map { list in
                let kinds = list.kinds.map(\.rawValue).joined(separator: ", ")
                return DocumentTable.row(
                    connector.platform.rawValue, list.name, kinds, list.isRequired ? "required" : "optional")
            }
        }
        #expect(try table("| Identifier | List | Records | Need |").difference(from: rows) == nil)
    }

    @Test("The described lists are those of the connector", arguments: ConnectorCase.all)
    func describedLists(_ example: ConnectorCase) throws {
        let provider = try FakeProvider(example.org)
        let lists = try example.connect(provider).collections
        let described = example.connector.platform.lists
        #expect(described.map(\.name) == lists.map(\.name))
        #expect(described.map { Set($0.kinds) } == lists.map(\.kinds))
        #expect(described.map { $0.kinds.map(\.rawValue) } == described.map { $0.kinds.map(\.rawValue).sorted() })
        #expect(described.map(\.isRequired) == lists.map { $0.need == .required })
    }

    @Test("Every parameter of an action is listed") func parameters() throws {
        let rows = connectors.flatMap { connector in
            connector.parameters.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { action, declared in
                declared.map { parameter in
                    return DocumentTable.row(
                        connector.platform.rawValue, action.rawValue, "`\(parameter.name)`", parameter.need.rawValue,
                        parameter.form)
                }
            }
        }
        #expect(try table("| Platform | Action | Parameter | Required | Value |").difference(from: rows) == nil)
    }
}

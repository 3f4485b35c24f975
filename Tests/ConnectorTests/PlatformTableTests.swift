import Base
import Foundation
import Integrations
import TestSupport
import Testing

@testable import Connectors

/// Checks the tables in PLATFORMS.md. If THALIAN_WRITE_TABLES is set, writes all of them except the permissions.
@Suite(.serialized) struct PlatformTableTests {
    private let connectors = Connectors.all.sorted { $0.platform.rawValue < $1.platform.rawValue }

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

    @Test("Every platform's permissions are listed") func permissions() throws {
        let rows = try table("| Platform | Permissions |").rows()
        for platform in Platform.allCases {
            #expect(rows.count { $0.hasPrefix("| \(platform.name) | ") } == 1, "\(platform.name)")
        }
        #expect(rows.count == Platform.allCases.count)
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
        let examples = ConnectorCase.all.sorted { $0.connector.platform.rawValue < $1.connector.platform.rawValue }
        let rows = try examples.flatMap { example in
            let provider = try FakeProvider(example.org)
            return try example.connect(provider).collections.map { list in
                let kinds = list.kinds.map(\.rawValue).sorted().joined(separator: ", ")
                let need = list.need == .required ? "required" : "optional"
                return DocumentTable.row(example.connector.platform.rawValue, list.name, kinds, need)
            }
        }
        #expect(try table("| Identifier | List | Records | Need |").difference(from: rows) == nil)
    }

    @Test("Every parameter of an action is listed") func parameters() throws {
        let rows = connectors.flatMap { connector in
            connector.parameters.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { action, declared in
                declared.map { parameter in
                    let need =
                        if case .key = parameter.kind, parameter.isRequired { "if the target is an account" } else {
                            parameter.isRequired ? "yes" : "no"
                        }
                    return DocumentTable.row(
                        connector.platform.rawValue, action.rawValue, "`\(parameter.name)`", need, parameter.form)
                }
            }
        }
        #expect(try table("| Platform | Action | Parameter | Required | Value |").difference(from: rows) == nil)
    }
}

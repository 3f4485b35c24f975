import Base
import Foundation
import Integrations
import TestSupport
import Testing

@testable import Connectors

/// The tables in Shared/Platforms/Connectors/FIELDS.md.
enum FieldTable {
    static let connectors = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Shared/Platforms/Connectors")

    /// Returns the rows of a platform's table: our field, and the provider's fields that the row names.
    static func rows(_ platform: Platform) throws -> [(field: String, sources: [String])] {
        let text = try String(contentsOf: connectors.appending(path: "FIELDS.md"), encoding: .utf8)
        let section = text.components(separatedBy: "\n## ").first { $0.hasPrefix(platform.rawValue + "\n") }
        return try #require(section).split(separator: "\n").filter { $0.contains(".") && $0.hasPrefix("| ") }.map {
            row in
            let cells = row.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            let sources = cells[2].split(separator: "`").map(String.init).filter { $0 != ", " }
            return (cells[1], sources)
        }
    }

    /// Returns the kind of record that a field such as `account.email` belongs to; nil if there is none.
    static func kind(of field: String) -> SyncRecord.Kind? {
        let kinds: [Substring: SyncRecord.Kind] = [
            "account": .account, "application": .application, "entitlement": .entitlement, "grant": .oauthGrant,
            "key": .accessKey, "device": .device, "event": .auditEvent,
        ]
        return kinds[field.prefix { $0 != "." }]
    }
}

/// Checks FIELDS.md: it has every field that a connector fills, and its provider fields occur in the code.
@Suite struct FieldsTests {
    @Test("Every field that a connector fills is in FIELDS.md", arguments: ConnectorCase.all)
    func everyFieldThatAConnectorFillsIsThere(_ example: ConnectorCase) throws {
        let fields = try FieldTable.rows(example.connector.platform).map(\.field)
        #expect(Set(fields).count == fields.count)
        let provider = try FakeProvider(example.org)
        let connector = try example.connect(provider)
        let filled = Set(try pull { connector }.flatMap(\.filledFields))
        #expect(filled.subtracting(fields) == [])
    }

    @Test("Every provider field in FIELDS.md occurs in the connector's source", arguments: ConnectorCase.all)
    func everyFieldOfAProviderIsReadByTheCode(_ example: ConnectorCase) throws {
        let folders = [
            Platform.googleWorkspace: "GoogleWorkspace", .microsoftEntra: "Microsoft", .microsoftIntune: "Microsoft",
        ]
        let platform = example.connector.platform
        let folder = FieldTable.connectors.appending(path: "Platforms")
            .appending(path: folders[platform] ?? "\(example.connector)")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let code = try files.map { try String(contentsOf: $0, encoding: .utf8) }.joined()
        for row in try FieldTable.rows(platform) {
            for source in row.sources { #expect(code.contains(source), "\(platform.rawValue): \(row.field)") }
        }
    }
}

extension SyncRecord {
    /// The record's filled fields, by their names in FIELDS.md, which leaves out ids that are composed of other fields.
    fileprivate var filledFields: [String] {
        func named(_ kind: String, _ always: [String], _ rest: [(String, Bool)]) -> [String] {
            (always + rest.filter(\.1).map(\.0)).map { kind + "." + $0 }
        }
        switch self {
        case .account(let account):
            return named(
                "account", ["externalID", "displayName", "status"],
                [
                    ("kind", account.kind != .user), ("username", account.username != nil),
                    ("email", account.email != nil), ("unverifiedEmail", account.unverifiedEmail != nil),
                    ("linkedEmails", !account.linkedEmails.isEmpty), ("isAdmin", account.isAdmin != false),
                    ("adminRoles", !account.adminRoles.isEmpty), ("mfaEnabled", account.mfaEnabled != nil),
                    ("ssoEnforced", account.ssoEnforced != nil), ("lastLoginAt", account.lastLoginAt != nil),
                    ("department", account.department != nil), ("title", account.title != nil),
                    ("managerEmail", account.managerEmail != nil),
                    ("managerExternalID", account.managerExternalID != nil), ("createdAt", account.createdAt != nil),
                    ("deprovisionedAt", account.deprovisionedAt != nil), ("metadata", !account.metadata.isEmpty),
                    ("employment", account.employment != nil),
                ])
        case .application(let application):
            return named(
                "application", ["externalID", "name", "isManaged"],
                [
                    ("publisher", application.publisher != nil), ("category", application.category != nil),
                    ("ssoEnabled", application.ssoEnabled != nil), ("metadata", !application.metadata.isEmpty),
                ])
        case .entitlement(let entitlement):
            return named(
                "entitlement", ["role"],
                [
                    ("isAdmin", entitlement.isAdmin), ("isLicense", entitlement.isLicense),
                    ("grantedAt", entitlement.grantedAt != nil), ("lastUsedAt", entitlement.lastUsedAt != nil),
                ])
        case .oauthGrant(let grant):
            return named(
                "grant", ["scopes"],
                [("grantedAt", grant.grantedAt != nil), ("lastUsedAt", grant.lastUsedAt != nil)])
        case .accessKey(let key):
            return named(
                "key", ["kind", "canWrite"],
                [
                    ("accountExternalID", key.accountExternalID != nil), ("name", key.name != nil),
                    ("isActive", !key.isActive), ("createdAt", key.createdAt != nil),
                    ("lastUsedAt", key.lastUsedAt != nil), ("expiresAt", key.expiresAt != nil),
                ])
        case .device(let device):
            return named(
                "device", ["externalID", "hostname"],
                [
                    ("ownerEmail", device.ownerEmail != nil), ("ownerExternalID", device.ownerExternalID != nil),
                    ("serialNumber", device.serialNumber != nil), ("model", device.model != nil),
                    ("operatingSystem", device.operatingSystem != nil), ("osVersion", device.osVersion != nil),
                    ("isEncrypted", device.isEncrypted != nil), ("isCompliant", device.isCompliant != nil),
                    ("isJailbroken", device.isJailbroken != nil), ("hasEDR", device.hasEDR != nil),
                    ("isContained", device.isContained), ("openDetections", device.openDetections > 0),
                    ("lastSeenAt", device.lastSeenAt != nil), ("metadata", !device.metadata.isEmpty),
                ])
        case .auditEvent(let event):
            return named(
                "event", ["eventType", "outcome", "occurredAt"] + event.details.keys,
                [
                    ("actor", event.actor != nil), ("actorExternalID", event.actorExternalID != nil),
                    ("actorEmail", event.actorEmail != nil), ("target", event.target != nil),
                    ("ipAddress", event.ipAddress != nil),
                ])
        }
    }
}

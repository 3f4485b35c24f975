public import Base

/// The numbers of records that a sync has brought, by the API's names.
public struct SyncCounts: Equatable, Sendable {
    /// The number of accounts, which the API calls identities.
    public var identities = 0
    public var applications = 0
    public var devices = 0
    public var entitlements = 0
    public var auditEvents = 0
    var oauthGrants = 0
    var accessKeys = 0

    public init() {}

    init(_ staged: [StagedRecord.Kind: Int]) {
        identities = staged[.account] ?? 0
        applications = staged[.application] ?? 0
        devices = staged[.device] ?? 0
        entitlements = staged[.entitlement] ?? 0
        auditEvents = staged[.auditEvent] ?? 0
        oauthGrants = staged[.oauthGrant] ?? 0
        accessKeys = staged[.accessKey] ?? 0
    }

    /// All numbers, in the form in which runs store them.
    var json: JSON {
        [
            "identities": .integer(identities), "applications": .integer(applications), "devices": .integer(devices),
            "entitlements": .integer(entitlements), "audit_events": .integer(auditEvents),
            "oauth_grants": .integer(oauthGrants), "access_keys": .integer(accessKeys),
        ]
    }
}

extension SyncCounts: Described {
    public static var schema: JSONSchema {
        .object(
            .field("identities", .count, "The number of accounts."),
            .field("applications", .count, "The number of applications."),
            .field("devices", .count, "The number of devices."),
            .field("entitlements", .count, "The number of entitlements."),
            .field("audit_events", .count, "The number of events in the platform's log."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("identities", identities)
            json.field("applications", applications)
            json.field("devices", devices)
            json.field("entitlements", entitlements)
            json.field("audit_events", auditEvents)
        }
    }
}

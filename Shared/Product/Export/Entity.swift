import Base
import Store

/// The entities of an export, in their order. The raw value is the name in the JSON format.
enum Entity: String, CaseIterable, Sendable {
    case identities
    case applications
    case devices
    case findings
    case auditLog = "audit_log"

    /// The value of `entity_type` in the CSV format.
    var type: String {
        switch self {
        case .identities: "identity"
        case .applications: "application"
        case .devices: "device"
        case .findings: "finding"
        case .auditLog: "audit_log"
        }
    }

    /// The name of the entity's sheet.
    var title: String {
        switch self {
        case .identities: "Identities"
        case .applications: "Applications"
        case .devices: "Devices"
        case .findings: "Findings"
        case .auditLog: "Audit log"
        }
    }

    /// The table from which the entity is read.
    var table: SQL {
        switch self {
        case .identities: "identities"
        case .applications: "applications"
        case .devices: "devices"
        case .findings: "findings"
        case .auditLog: "audit_log"
        }
    }

    /// The column by which rows are ordered. Its values are unique within a workspace and never change.
    var key: SQL { table + (self == .auditLog ? ".sequence_number" : ".id") }

    /// Restricts a query to the rows of the workspace `$1` whose keys are greater than `$2`. The condition with the id
    /// of zeros is always true. It makes the query match the partial indexes for exports (`Schema.exports`), which have
    /// the same condition.
    var scope: SQL {
        " WHERE " + table + ".workspace_id = $1 AND " + table
            + ".workspace_id <> '00000000-0000-0000-0000-000000000000' AND " + key + " > $2"
    }

    /// A key that is smaller than the key of every row.
    var first: String { self == .auditLog ? "-1" : "00000000-0000-0000-0000-000000000000" }

    /// A key that is at least as large as the key of every row.
    var last: String { self == .auditLog ? String(Int.max) : "ffffffff-ffff-ffff-ffff-ffffffffffff" }

    /// Returns the entity's columns; those with raw metadata, accounts and affected entities only if `isFull` is true.
    func columns(isFull: Bool) -> [Column] {
        let table = table
        func column(_ name: StaticString, _ kind: Column.Kind = .text, _ width: Int? = nil) -> Column {
            Column(name, kind, width: width, of: table)
        }
        let id = column("id", .text, 38)
        switch self {
        case .identities:
            return [
                id, column("email", .text, 32), column("display_name"), column("status", .text, 14),
                column("identity_type", .text, 16), column("mfa_enabled", .boolean), column("last_login_at", .moment),
                column("department"), column("title"), column("manager_email", .text, 32),
                column("hr_status", .text, 14), column("hired_at", .moment), column("terminated_at", .moment),
                column("deprovisioned_at", .moment), column("created_at", .moment), column("updated_at", .moment),
            ] + (isFull ? [Column("accounts", .json, selected: nil)] : [])
        case .applications:
            return [
                id, column("name"), column("publisher"), column("category"), Self.platform(of: table),
                column("external_id"), column("sso_enabled", .boolean), column("is_ai_tool", .boolean),
                column("is_managed", .boolean), column("first_seen_at", .moment), column("updated_at", .moment),
            ] + (isFull ? [column("metadata", .json)] : [])
        case .devices:
            return [
                id, column("hostname"), column("serial_number"), Self.platform(of: table), column("external_id"),
                column("identity_id", .text, 38), column("operating_system"), column("os_version", .text, 14),
                column("is_os_supported", .boolean), column("is_encrypted", .boolean),
                column("is_compliant", .boolean), column("is_jailbroken", .boolean), column("has_edr", .boolean),
                column("is_contained", .boolean), column("open_detections", .number),
                column("last_seen_at", .moment), column("created_at", .moment), column("updated_at", .moment),
            ] + (isFull ? [column("metadata", .json)] : [])
        case .findings:
            return [
                id, column("finding_key", .text, 40), column("rule_id", .text, 40), column("category"),
                column("title", .text, 60), column("severity", .text, 12), column("status", .text, 14),
                column("affected_count", .number), column("affected_identity_id", .text, 38),
                column("affected_application_id", .text, 38), column("affected_device_id", .text, 38),
                column("recommended_action", .text, 60), column("action_type"), column("source_integrations", .json),
                column("confidence", .number), column("is_starred", .boolean), column("snoozed_until", .moment),
                column("reason", .text, 40), column("created_at", .moment), column("updated_at", .moment),
                column("last_seen_at", .moment), column("resolved_at", .moment),
            ] + (isFull ? [column("affected_entities", .json)] : [])
        case .auditLog:
            return [
                id, column("workspace_id", .text, 38), column("user_id", .text, 38), column("action"),
                column("actor_email", .text, 32), column("target_type"), column("target_id", .text, 38),
                column("details", .json), column("content_hash", .text, 66), column("created_at", .moment),
                column("sequence_number", .number), column("prev_hash", .text, 66), column("row_hash", .text, 66),
            ]
        }
    }

    /// The schema of a row in the JSON format. The raw metadata is optional, because only full exports contain it.
    var schema: JSONSchema {
        let usual = Set(columns(isFull: false).map(\.name))
        return .object(
            columns(isFull: true).map {
                usual.contains($0.name) ? .field($0.name, $0.schema) : .optional($0.name, $0.schema)
            })
    }

    /// Returns the column with the platform of a row.
    private static func platform(of table: SQL) -> Column {
        Column(
            "platform", width: 18,
            selected: "(SELECT platform FROM integrations WHERE integrations.workspace_id = $1 AND integrations.id = "
                + table + ".integration_id)")
    }
}

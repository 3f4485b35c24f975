import Auth
import Base
import Store

/// A platform that a workspace has connected, or had.
public struct IntegrationSummary: JSONWritable {
    let platform: String
    let category: String
    /// Whether it is connected, and otherwise what it is.
    public let status: String
    let lastSyncAt: Timestamp?
    let idpRole: String?

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("platform", platform)
            json.field("category", category)
            json.field("status", status)
            json.field("last_sync_at", lastSyncAt)
            json.field("idp_role", ifPresent: idpRole)
        }
    }
}

extension Reading<[IntegrationSummary]> {
    /// The platforms, by name.
    public static var integrations: Reading {
        .rows(
            """
            SELECT platform, category, status, last_sync_at, idp_role FROM integrations
            WHERE workspace_id = $1 ORDER BY platform
            """
        ) { row in
            IntegrationSummary(
                platform: try row[0], category: try row[1], status: try row[2], lastSyncAt: try row[3],
                idpRole: try row[4])
        }
    }
}

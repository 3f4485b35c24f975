import Auth
public import Base
public import Operation
import Store

// The operations about integrations that the endpoints below /api/mcp and the assistant share.

/// The platforms that are or were connected to a workspace, ordered by identifier.
public struct IntegrationList: Described {
    /// The platforms.
    public let integrations: [IntegrationSummary]

    public static var schema: JSONSchema {
        .object(
            .field("integrations", .array(of: IntegrationSummary.schema), "The platforms, ordered by name."),
            .field("connected_count", .count, "The number of connected platforms."),
            .field("total_count", .count, "The number of platforms in the list."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("integrations", integrations)
            json.field("connected_count", integrations.filter { $0.status == "connected" }.count)
            json.field("total_count", integrations.count)
        }
    }
}

extension Operation<IntegrationList> {
    public static var listIntegrations: Operation {
        Operation(
            "get_integrations", .apiKey(.read), "Lists the connected platforms and how their syncs stand."
        ) { context in IntegrationList(integrations: try context.workspace.read(.integrations)) }
    }
}

extension Operation<SyncRequests> {
    public static var requestSyncs: Operation {
        Operation(
            "trigger_sync", .apiKey(.write), "Queues a sync of every connected integration, and returns at once."
        ) { context in try context.workspace.requestSyncs(now: context.now) }
    }
}

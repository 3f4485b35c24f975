import Base
import TestSupport

@testable import api_mcp

/// A client of POST /api/mcp.
struct MCPTest {
    static let revision = "2026-07-28"

    let store: TestStore

    init() throws { store = try TestStore(filled: true) }

    /// Returns a request of revision 2026-07-28.
    static func message(
        _ method: String, _ parameters: [String: JSON] = [:], capabilities: JSON = [:], id: JSON = 1
    ) -> JSON {
        let metadata: JSON = [
            "io.modelcontextprotocol/protocolVersion": .string(revision),
            "io.modelcontextprotocol/clientInfo": ["name": "test", "version": "1"],
            "io.modelcontextprotocol/clientCapabilities": capabilities,
        ]
        return [
            "jsonrpc": "2.0", "id": id, "method": .string(method),
            "params": .object(parameters.merging(["_meta": metadata]) { $1 }),
        ]
    }

    /// Returns a request of an older revision.
    static func oldMessage(_ method: String, _ parameters: [String: JSON] = [:]) -> JSON {
        ["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": .object(parameters)]
    }

    /// Returns the call with a message. It has the header fields of revision 2026-07-28 if the message names that.
    static func call(_ message: JSON, key: String) -> Call {
        var call = Call("POST", body: message).key(key)
        let parameters = message["params"]
        guard let revision = parameters?["_meta"]?["io.modelcontextprotocol/protocolVersion"]?.string else {
            return call
        }
        call = call.with("MCP-Protocol-Version", revision).with("Mcp-Method", message["method"]?.string ?? "")
        if let name = parameters?["name"]?.string { call = call.with("Mcp-Name", name) }
        return call
    }

    func send(_ call: Call, variables: [String: String] = [:], at now: Timestamp = TestStore.now) -> Reply {
        store.send(call, to: MCPFunction.self, variables: variables, at: now)
    }

    /// Sends a request with the own workspace's key with the scope write, unless `key` is another one.
    func send(
        _ method: String, _ parameters: [String: JSON] = [:], capabilities: JSON = [:], key: String? = nil,
        at now: Timestamp = TestStore.now
    ) -> Reply {
        let message = Self.message(method, parameters, capabilities: capabilities)
        return send(Self.call(message, key: key ?? store.own.writeKey), at: now)
    }

    /// Calls a tool; returns the result.
    func result(
        _ tool: String, _ input: [String: JSON] = [:], more: [String: JSON] = [:], capabilities: JSON = [:],
        key: String? = nil, at now: Timestamp = TestStore.now
    ) -> JSON {
        let parameters = more.merging(["name": .string(tool), "arguments": .object(input)]) { $1 }
        return send("tools/call", parameters, capabilities: capabilities, key: key, at: now).json["result"] ?? .null
    }

    /// The status of a finding.
    func status(of finding: Identifier) throws -> String? {
        try store.database.first("SELECT status FROM findings WHERE id = $1", finding) { try $0[0] as String }
    }

    /// Valid inputs of each tool, in the order of the list. `finding` is the id of one that is open.
    static func inputs(_ finding: Identifier) -> [(tool: String, input: [String: JSON])] {
        let id: JSON = .string(finding.description)
        return [
            ("get_risk_score", [:]), ("list_findings", ["limit": 2, "severity": "high,critical"]),
            ("lookup_identity", ["email": "alice@example.com"]), ("get_integrations", [:]),
            ("get_posture_summary", [:]), ("list_rules", [:]), ("check_app_policy", ["app_name": "Figma"]),
            ("trigger_sync", [:]), ("snooze_finding", ["findingId": id, "days": 7]),
            ("dismiss_finding", ["findingId": id, "reason": "Known."]),
            ("remediate_finding", ["findingId": id, "actionType": "suspend_user"]),
            ("set_app_policy", ["app_name": "Figma", "status": "blocked"]),
        ]
    }
}

import Auth
import Base
import Findings
import Function
import HTTP
import MCP

/// POST /api/mcp: the Model Context Protocol, by which AI tools use the operations below /api/mcp.
@main struct MCPFunction: Function {
    static let onRequestPost = Handler.messages(
        "send_mcp_message", "Answers one message of the Model Context Protocol, without sessions.",
        headers: [
            HeaderField("MCP-Protocol-Version", .string, "The revision of the protocol; 2025-03-26 if it is missing."),
            HeaderField("Mcp-Method", .string, "The message's method. Revision 2026-07-28 requires it."),
            HeaderField("Mcp-Name", .string, "The tool that tools/call names. Revision 2026-07-28 requires it."),
        ],
        forms: MessageForms(
            body: MCPMessage.schema, error: MCPMessage.errorSchema, example: MCPMessage.exampleOfError),
        returns: .json(MCPMessage.answerSchema).orEmpty(202), errors: [ProtocolError.unknownMethod("tools/none")]
    ) { request in
        let message = MCPMessage(request)
        return IncomingMessage(scope: message.scope, refuse: message.refusal, fail: message.failure) { context in
            try message.answer(to: context.scope ?? .read, context.operation)
        }
    }

    /// Calls a tool that finds findings.
    static func warmUpInputs(_ workspace: Workspace) throws -> WarmUpInputs {
        _ = try workspace.addSampleFindings(2)
        return WarmUpInputs(
            body: ["jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": ["name": "get_risk_score"]])
    }
}

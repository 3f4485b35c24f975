import Findings
import Function

/// GET /api/mcp/identity: the identity with an e-mail address, with its access and its findings.
@main struct IdentityFunction: Function {
    static let onRequestGet = Handler(.lookUpIdentity)
}

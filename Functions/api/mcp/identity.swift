import Findings
import Function

/// GET /api/mcp/identity: returns the identity with the given e-mail address, its access, and its findings that are
/// open or in progress.
@main struct IdentityFunction: Function {
    static let onRequestGet = Handler(.lookUpIdentity)
}

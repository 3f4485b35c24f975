import Base
import Findings
import Function
import HTTP

/// GET /api/mcp/identity: the identity with an e-mail address, with its access and its findings.
@main struct IdentityFunction: Function {
    static let onRequestGet = Handler(
        .apiKey(.read),
        .required("email", .string(1...320), "The e-mail address; case is ignored.")
    ) { context, email in
        guard let identity = try context.workspace.identityDetails(email: email) else {
            throw HTTPError.notFound("No identity in this workspace has this e-mail address.")
        }
        return .json(identity)
    }
}

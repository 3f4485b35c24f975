import Base
import TestSupport

/// A tenant as Microsoft Graph shows it, with two items per page.
enum GraphTenant {
    static let id = "11111111-2222-4333-8444-555555555555"
    static let config: [String: JSON] = [
        "tenant_id": .string(id), "client_id": "66666666-7777-4888-9999-aaaaaaaaaaaa",
        "client_secret": "graph~secret~value",
    ]
    static let refused = error(401, "InvalidAuthenticationToken")
    static let rejected = FakeProvider.Reply.json(
        [
            "error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided.",
            "error_codes": [7_000_215],
        ], status: 401)
    static let unlicensed = error(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")

    @Sendable static func throttled() -> FakeProvider.Reply {
        var reply = error(429, "TooManyRequests")
        reply.headers["Retry-After"] = "0"
        return reply
    }

    static func error(_ status: Int, _ code: String) -> FakeProvider.Reply {
        .json(["error": ["code": .string(code), "message": "No"]], status: status)
    }

    /// Answers token requests, and passes authorised requests to `script` with the path after the API version.
    static func answer(
        _ request: FakeProvider.Request, _ script: (String) -> FakeProvider.Reply?
    ) -> FakeProvider.Reply? {
        if request.headers["Host"] == "login.microsoftonline.com" {
            let form = request.form
            guard request.method == "POST", request.path == "/\(id)/oauth2/v2.0/token",
                form?.values("client_id") == ["66666666-7777-4888-9999-aaaaaaaaaaaa"],
                form?.values("client_secret") == ["graph~secret~value"],
                form?.values("grant_type") == ["client_credentials"],
                form?.values("scope") == ["https://graph.microsoft.com/.default"]
            else { return nil }
            return .json(["token_type": "Bearer", "expires_in": 3_599, "access_token": "eyJ.graph"])
        }
        guard request.headers["Host"] == "graph.microsoft.com", request.path.hasPrefix("/v1.0/"),
            request.headers["Authorization"] == "Bearer eyJ.graph"
        else { return nil }
        return script(String(request.path.dropFirst("/v1.0".count)))
    }

    static func page(_ request: FakeProvider.Request, _ items: [JSON]) -> FakeProvider.Reply {
        let from = request.parameter("$skiptoken").flatMap { Int($0) } ?? 0
        var body: [String: JSON] = ["value": .array(Array(items[min(from, items.count)..<min(from + 2, items.count)]))]
        if from + 2 < items.count {
            let target = request.target.split(separator: "&$skiptoken=")[0]
            body["@odata.nextLink"] = .string("https://graph.microsoft.com\(target)&$skiptoken=\(from + 2)")
        }
        return .json(.object(body))
    }
}

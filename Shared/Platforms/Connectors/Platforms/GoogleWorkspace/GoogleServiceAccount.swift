import Base
import Integrations
import Upstream

/// A service account's JSON key, with which it obtains access tokens (RFC 7523).
struct GoogleServiceAccount {
    private let email: String
    private let keyID: String?
    private let key: Secret

    /// Reads a key as Google's console provides it; nil if the document is not one. URLs in the document are not used.
    init?(_ document: Secret) {
        guard let json = document.reveal({ try? JSON(parsing: $0.utf8) }), json.text("type") == "service_account",
            let email = json.text("client_email"), Form.email(email), let key = json.text("private_key")
        else { return nil }
        self.email = email
        self.key = Secret(key)
        keyID = json.text("private_key_id")
    }

    /// Returns the `Authorization` value with which the service account acts for an administrator.
    func token(_ client: UpstreamClient, admin: String, _ scopes: [String]) throws -> Secret {
        guard let url = UpstreamURL("https://oauth2.googleapis.com/token") else {
            throw ConnectorError.provider("Google's token endpoint has no address.")
        }
        let now = Timestamp.now.seconds
        let assertion = try OAuthToken.assertion(
            [
                "iss": .string(email), "sub": .string(admin), "scope": .string(scopes.joined(separator: " ")),
                "aud": .string(url.description), "iat": .integer(now), "exp": .integer(now + 3_600),
            ], keyID: keyID, key: key)
        let form = [
            (name: "grant_type", value: "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            (name: "assertion", value: assertion),
        ]
        return try OAuthToken.bearer(client, url, form: form) { response in
            switch response.json.text("error") {
            case "unauthorized_client", "access_denied", "invalid_scope":
                .configuration(
                    """
                    Google does not let the service account act for the administrator. Give it domain-wide delegation \
                    with these scopes: \(scopes.joined(separator: ", ")).
                    """)
            case "invalid_grant", "invalid_client":
                .credentials("Google refuses the service account's key or the administrator's address.")
            default: .unexplained(response, by: "Google")
            }
        }
    }
}

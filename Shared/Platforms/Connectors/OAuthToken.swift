public import Base
import Crypto
public import HTTP
public import Upstream

/// OAuth 2.0 access tokens (RFC 6749), requested with a customer's own client credentials.
public enum OAuthToken {
    /// Asks a token endpoint for a token with a form, and returns `Bearer` and the token, as the field `Authorization`
    /// takes them. `explain` turns a response other than 2xx into an error.
    ///
    /// - Throws: `ConnectorError` if the request fails, or if the answer contains no token.
    public static func bearer(
        _ client: UpstreamClient, _ url: UpstreamURL, form: [(name: String, value: String)],
        headers: Headers = [:], explain: (UpstreamResponse) -> ConnectorError
    ) throws -> Secret {
        var request = UpstreamRequest(.post, url, headers: headers)
        request.setForm(form)
        return try bearer(client, request, explain: explain)
    }

    /// Asks for a token with any request, and returns `Bearer` and the token, as the field `Authorization` takes them.
    /// `explain` turns a response other than 2xx into an error.
    ///
    /// - Throws: `ConnectorError` if the request fails, or if the answer contains no token.
    public static func bearer(
        _ client: UpstreamClient, _ request: UpstreamRequest, explain: (UpstreamResponse) -> ConnectorError
    ) throws -> Secret {
        var request = request
        // Asking twice only yields a second token.
        request.isIdempotent = true
        request.headers["Accept"] = "application/json"
        let response: UpstreamResponse
        do {
            response = try client.send(request)
        } catch {
            throw PlatformAPI.connectorError(error, isIdempotent: true)
        }
        guard response.isSuccess else { throw explain(response) }
        guard let token = response.json.text("access_token") else {
            throw ConnectorError.provider("The provider's answer contains no access token.")
        }
        return Secret("Bearer " + token)
    }

    /// Returns a JSON Web Token signed with RS256 (RFC 7515, RFC 7523), with which a client proves its identity.
    /// - Throws: `ConnectorError.configuration` if the key is not an RSA key of 2,048 to 8,192 bits in PEM form.
    public static func assertion(_ claims: [String: JSON], keyID: String? = nil, key: Secret) throws -> String {
        var header: [String: JSON] = ["alg": "RS256", "typ": "JWT"]
        header["kid"] = keyID.map(JSON.string)
        let parts = [header, claims].map { Base64.urlSafe.encode(JSONWriter.bytes(JSON.object($0))) }
        let message = parts.joined(separator: ".")
        guard let signature = key.reveal({ PrivateKey(pem: $0)?.signature(of: Array(message.utf8)) }) else {
            throw ConnectorError.configuration("The private key is not an RSA key of 2,048 bits or more in PEM.")
        }
        return message + "." + Base64.urlSafe.encode(signature)
    }
}

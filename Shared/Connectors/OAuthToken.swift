import Base
import Crypto
import HTTP
import Upstream

/// Access tokens of OAuth 2.0 (RFC 6749), got with a customer's own client.
public enum OAuthToken {
    /// The `Authorization` value of a token that a token endpoint gives for a form. `explain` says what a response other
    /// than 2xx means.
    public static func bearer(
        _ client: UpstreamClient, _ url: UpstreamURL, form: [(name: String, value: String)],
        headers: Headers = [:], explain: (UpstreamResponse) -> ConnectorError
    ) throws -> Secret {
        var request = UpstreamRequest(.post, url, headers: headers)
        request.setForm(form)
        return try bearer(client, request, explain: explain)
    }

    /// The same for a request that is no form.
    public static func bearer(
        _ client: UpstreamClient, _ request: UpstreamRequest, explain: (UpstreamResponse) -> ConnectorError
    ) throws -> Secret {
        var request = request
        // Asking twice does no harm.
        request.isRepeatable = true
        request.headers["Accept"] = "application/json"
        let response: UpstreamResponse
        do {
            response = try client.send(request)
        } catch {
            throw PlatformAPI.connectorError(error, isRepeatable: true)
        }
        guard response.isSuccess else { throw explain(response) }
        guard let token = response.json.text("access_token") else {
            throw ConnectorError.provider("The provider's answer holds no access token.")
        }
        return Secret("Bearer " + token)
    }

    /// A JSON Web Token signed with RS256 (RFC 7515, RFC 7523), such as providers take for a client's proof. Throws
    /// `configuration` when the key is no RSA key in PEM.
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

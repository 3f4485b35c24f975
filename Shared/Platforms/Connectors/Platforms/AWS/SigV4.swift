import Base
import Crypto
import HTTP
import Upstream

/// AWS Signature Version 4 (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
struct SigV4 {
    let keys: AWSKeys
    let region: String
    let service: String

    /// Signs a request: its method, URL, header fields and body, and the time.
    func sign(_ request: inout UpstreamRequest, at moment: Timestamp) {
        let time = moment.description.filter { $0 != "-" && $0 != ":" }
        let scope = "\(time.prefix(8))/\(region)/\(service)/aws4_request"
        request.headers["X-Amz-Date"] = time
        if let token = keys.sessionToken { token.reveal { request.headers["X-Amz-Security-Token"] = $0 } }
        let (canonical, signed) = canonical(request)
        let toSign = "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n" + SHA256.hexadecimal(Array(canonical.utf8))
        var key = keys.secret.reveal { Array(("AWS4" + $0).utf8) }
        for part in scope.split(separator: "/") { key = hmacSHA256(Array(part.utf8), key: key) }
        let signature = Hex.encode(hmacSHA256(Array(toSign.utf8), key: key))
        request.headers["Authorization"] =
            "AWS4-HMAC-SHA256 Credential=\(keys.id)/\(scope), SignedHeaders=\(signed), Signature=\(signature)"
    }

    /// Returns the canonical form of the request, which both sides hash, and the names of its header fields, separated
    /// by semicolons.
    func canonical(_ request: UpstreamRequest) -> (text: String, signed: String) {
        var fields = request.headers.fields.map { (name: $0.name.lowercased(), value: $0.value) }
        fields.append(("host", request.url.authority))
        fields.sort { $0.name < $1.name }
        let names = fields.map(\.name).joined(separator: ";")
        let target = request.url.target
        let path = target.prefix { $0 != "?" }
        let query = target.dropFirst(path.count + 1).split(separator: "&").sorted().joined(separator: "&")
        let lines = fields.map { $0.name + ":" + $0.value + "\n" }.joined()
        let text =
            "\(request.method.rawValue)\n\(path)\n\(query)\n\(lines)\n\(names)\n"
            + SHA256.hexadecimal(request.body ?? [])
        return (text, names)
    }
}

/// A key pair that signs requests, with a session token for an assumed role.
struct AWSKeys: Sendable {
    let id: String
    let secret: Secret
    var sessionToken: Secret?
}

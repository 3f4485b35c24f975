import Base
import HTTP
import Upstream

/// Calls AWS's services with requests that are signed with the customer's keys or with those of an assumed role.
final class AWSSession {
    struct Role {
        let arn: String
        let externalID: String?
    }

    private let client: UpstreamClient
    private let region: String
    private let own: AWSKeys
    private let role: Role?
    private var assumed: (keys: AWSKeys, until: Timestamp)?

    init(_ client: UpstreamClient, region: String, keys: AWSKeys, role: Role?) {
        self.client = client
        self.region = region
        own = keys
        self.role = role
    }

    /// Calls an action of IAM and returns the element with its result. IAM is one service for all regions. Repeating a
    /// call leads to the same state.
    func iam(_ action: String, _ parameters: [(name: String, value: String)] = []) throws -> XMLElement {
        let api = try iamAPI()
        return try Self.result(try api.send(Self.query(api, action, Self.iamVersion, parameters)), action)
    }

    /// Returns one page of a list of IAM, and the marker of the next page.
    func iamPage(
        _ action: String, _ parameters: [(name: String, value: String)] = [], after marker: String?
    ) throws -> (result: XMLElement, next: String?) {
        let position = marker.map { [(name: "Marker", value: $0)] } ?? []
        let result = try iam(action, parameters + [("MaxItems", "100")] + position)
        switch (result.text("IsTruncated"), result.text("Marker")) {
        case ("false", _): return (result, nil)
        case ("true", let marker?): return (result, marker)
        default: throw XMLElement.noList
        }
    }

    /// Calls `body` with each page of a list of IAM.
    ///
    /// - Throws: `ConnectorError.provider` if the list seems to have no end.
    func forEachPage(
        _ action: String, _ parameters: [(name: String, value: String)] = [], _ body: (XMLElement) throws -> Void
    ) throws {
        var pages = PageGuard()
        var marker: String?
        repeat {
            let page = try iamPage(action, parameters, after: marker)
            try body(page.result)
            marker = page.next
            let entries = page.result.children.flatMap { list in list.children.map { JSON.string($0.text("Arn") ?? "") }
            }
            try pages.pass(entries, next: marker.map(JSON.string), bringsNew: !entries.isEmpty)
        } while marker != nil
    }

    /// Calls an action of IAM for many objects. A call that fails does not affect the others, unless the error concerns
    /// all.
    func iamResults<Value>(
        _ action: String, _ parameters: [[(name: String, value: String)]], read: (XMLElement) throws -> Value
    ) throws -> [Result<Value, ConnectorError>] {
        let api = try iamAPI()
        let requests = parameters.map { Self.query(api, action, Self.iamVersion, $0) }
        return try api.results(of: requests, atOnce: 8) { try read(try Self.result($0, action)) }
    }

    /// Calls an action of IAM for many objects. Returns the results in the objects' order, with nil for an object that
    /// does not exist.
    func iamEach(_ action: String, _ parameters: [[(name: String, value: String)]]) throws -> [XMLElement?] {
        let api = try iamAPI()
        let requests = parameters.map { Self.query(api, action, Self.iamVersion, $0) }
        return try api.sendAll(requests, atOnce: 8) { response -> XMLElement?? in
            if response.isSuccess { return .some(try Self.result(response, action)) }
            return AWSErrors.code(response) == "NoSuchEntity" ? .some(nil) : nil
        }
    }

    /// Calls an action of STS without parameters, with the keys that sign requests.
    func sts(_ action: String) throws -> XMLElement { try sts(action, [], try keys()) }

    /// Calls an action of CloudTrail, which uses JSON 1.1.
    func cloudTrail(_ action: String, _ body: JSON) throws -> JSON {
        let api = try api("cloudtrail", "cloudtrail.\(region).amazonaws.com", region, try keys())
        var request = api.request(.post, "/")
        request.setBody(JSONWriter.bytes(body), "application/x-amz-json-1.1")
        request.headers["X-Amz-Target"] = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101." + action
        request.isIdempotent = true
        return try api.send(request).object()
    }

    /// Returns the keys that sign requests: the customer's, or those of the assumed role, which are renewed a minute
    /// before they expire.
    private func keys() throws -> AWSKeys {
        guard let role else { return own }
        if let assumed, assumed.until > .now + 60 { return assumed.keys }
        var parameters = [(name: "RoleArn", value: role.arn), (name: "RoleSessionName", value: "thalian")]
        if let externalID = role.externalID { parameters.append(("ExternalId", externalID)) }
        guard let found = try sts("AssumeRole", parameters, own)["Credentials"],
            let id = found.text("AccessKeyId"), let secret = found.text("SecretAccessKey"),
            let token = found.text("SessionToken"),
            let until = found.text("Expiration").flatMap({ Timestamp(provider: $0) })
        else { throw ConnectorError.provider("AWS's answer contains no credentials for the role.") }
        let keys = AWSKeys(id: id, secret: Secret(secret), sessionToken: Secret(token))
        assumed = (keys, until)
        return keys
    }

    private func sts(
        _ action: String, _ parameters: [(name: String, value: String)], _ keys: AWSKeys
    ) throws -> XMLElement {
        let api = try api("sts", "sts.\(region).amazonaws.com", region, keys)
        return try Self.result(try api.send(Self.query(api, action, "2011-06-15", parameters)), action)
    }

    private static let iamVersion = "2010-05-08"

    private func iamAPI() throws -> PlatformAPI { try api("iam", "iam.amazonaws.com", "us-east-1", try keys()) }

    private func api(_ service: String, _ host: String, _ region: String, _ keys: AWSKeys) throws -> PlatformAPI {
        guard let base = UpstreamURL("https://" + host) else {
            throw ConnectorError.configuration("The AWS region is not valid.")
        }
        let signer = SigV4(keys: keys, region: region, service: service)
        return PlatformAPI(
            client, base, .signature { signer.sign(&$0, at: .now) }, explain: AWSErrors.explain)
    }

    /// Returns a request of AWS's query protocol.
    private static func query(
        _ api: PlatformAPI, _ action: String, _ version: String, _ parameters: [(name: String, value: String)]
    ) -> UpstreamRequest {
        var request = api.request(.post, "/")
        request.setForm([("Action", action), ("Version", version)] + parameters)
        request.isIdempotent = true
        return request
    }

    /// Returns the result in an answer of the query protocol. Actions that only change something return an empty result
    /// or none.
    private static func result(_ response: UpstreamResponse, _ action: String) throws(ConnectorError) -> XMLElement {
        guard let answer = try? XMLElement(parsing: response.body), answer.name == action + "Response" else {
            throw .provider("AWS's answer does not have the documented form.")
        }
        return answer[action + "Result"] ?? answer
    }
}

extension XMLElement {
    static let noList = ConnectorError.provider("AWS's answer is not the documented list.")

    /// Returns the elements of a list.
    ///
    /// - Throws: `ConnectorError.provider` if there is no such list.
    func list(_ name: String) throws(ConnectorError) -> [XMLElement] {
        guard self[name] != nil else { throw Self.noList }
        return members(name)
    }
}

import Base
import Crypto
import HTTP

/// The signature of a webhook message by the specification Standard Webhooks 1.0.0
/// (github.com/standard-webhooks/standard-webhooks): an HMAC-SHA256 over the message's id, the time of the attempt and
/// the unchanged body, separated by full stops.
struct StandardWebhook {
    /// The secrets. More than one signs while the receiver changes from an old secret to a new one.
    let secrets: [Secret]

    private static let prefix = "whsec_"

    /// Returns true for `whsec_` and 24 to 64 bytes in base64.
    static func isSecret(_ text: String) -> Bool { key(text) != nil }

    private static func key(_ text: String) -> [UInt8]? {
        guard text.hasPrefix(prefix), let key = Base64.standard.decode(text.dropFirst(prefix.count)),
            (24...64).contains(key.count)
        else { return nil }
        return key
    }

    /// Returns the header fields of a message. An id must contain no full stop.
    func headers(id: Identifier, body: [UInt8], at time: Timestamp) -> Headers {
        let content = Array("\(id).\(time.seconds).".utf8) + body
        let signatures = secrets.compactMap { secret in
            secret.reveal { Self.key($0) }.map { "v1," + Base64.standard.encode(hmacSHA256(content, key: $0)) }
        }
        return [
            "webhook-id": id.description, "webhook-timestamp": String(time.seconds),
            "webhook-signature": signatures.joined(separator: " "),
        ]
    }
}

import Base
import Crypto
import HTTP

/// Stripe's signature of a webhook: `Stripe-Signature: t=SECONDS,v1=HEX[,v1=HEX]`, an HMAC-SHA256 over the time, a dot,
/// and the body as it came.
enum WebhookSignature {
    /// Seconds that a signature may be old.
    private static let tolerance = 300

    /// Whether the secret's owner signed this body, not long ago.
    static func holds(_ header: String?, for body: [UInt8], secret: Secret, now: Timestamp) -> Bool {
        var time: String?
        var signatures: [[UInt8]] = []
        for item in (header ?? "").split(separator: ",") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return false }
            switch parts[0] {
            case "t": time = String(parts[1])
            case "v1": signatures.append(Array(parts[1].utf8))
            default: break
            }
        }
        guard let time, let seconds = Int(time), seconds >= now.seconds - tolerance else { return false }
        let expected = secret.reveal { hmacSHA256(Array("\(time).".utf8) + body, key: Array($0.utf8)) }
        let text = Array(Hex.encode(expected).utf8)
        return signatures.contains { constantTimeEqual($0, text) }
    }
}

import Base
import Crypto

/// Stripe's signature of a webhook: `Stripe-Signature: t=SECONDS,v1=HEX[,v1=HEX]`. It is an HMAC-SHA256 over the time,
/// a dot, and the unchanged body.
enum WebhookSignature {
    /// The largest age of a signature, in seconds.
    private static let tolerance = 300

    /// Returns true if a holder of the secret signed this body, with a time that is at most `tolerance` seconds old.
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
        let expected = hmacSHA256(Array("\(time).".utf8) + body, key: secret)
        let text = Array(Hex.encode(expected).utf8)
        return signatures.contains { constantTimeEqual($0, text) }
    }
}

import Base

/// The id under which a request appears in logs and in its response.
public enum RequestID {
    /// Returns the request's X-Request-Id if it has 1 to 64 letters, digits, dots, underscores and dashes. Returns a
    /// new random id otherwise.
    public static func of(_ request: Request) -> String {
        guard let given = request.headers["X-Request-Id"], (1...64).contains(given.utf8.count),
            given.utf8.allSatisfy(isHarmless)
        else { return Identifier.random().description }
        return given
    }

    private static func isHarmless(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

import Base

/// The id under which a request appears in logs and in its response.
public enum RequestID {
    /// Returns the request's X-Request-Id if it consists of 1 to 64 ASCII letters, digits, dots, underscores and
    /// dashes. Returns a new random id otherwise.
    public static func of(_ request: Request) -> String {
        guard let given = request.headers["X-Request-Id"], isAcceptable(given.utf8) else {
            return Identifier.random().description
        }
        return given
    }

    /// Returns true if an id that a client has chosen may be used: 1 to 64 characters of A-Z a-z 0-9 . _ -
    public static func isAcceptable(_ text: some Collection<UInt8>) -> Bool {
        (1...64).contains(text.count) && text.allSatisfy(isHarmless)
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

import Base
import HTTP

/// Reads client addresses in the forms in which proxies write them into header fields.
enum ForwardedAddress {
    /// Reads an address that may have a port (`203.0.113.5:4711`), brackets (`[2001:db8::1]`, `[2001:db8::1]:4711`), a
    /// zone (`fe80::1%eth0`) or quotes. Returns nil for everything else, including `unknown` and identifiers such as
    /// `_hidden` (RFC 7239 §6).
    static func read(_ text: some StringProtocol) -> IPAddress? {
        // Most fields hold a plain address.
        if let address = IPAddress(String(text)) { return address }
        var node = Substring(text).withoutOuterWhitespace
        if node.utf8.count > 1, node.first == "\"", node.last == "\"" { node = node.dropFirst().dropLast() }
        if node.first == "[" {
            guard let (address, rest) = node.dropFirst().cut(at: "]"),
                rest.isEmpty || rest.first == ":" && isPort(rest.dropFirst())
            else { return nil }
            return readIPv6(address)
        }
        guard let (address, port) = node.cut(at: ":") else { return IPAddress(String(node)) }
        // The text contains at least two colons, so it is an IPv6 address. Without brackets it can't have a port.
        if port.contains(":") { return readIPv6(node) }
        return isPort(port) ? IPAddress(String(address)) : nil
    }

    /// Reads an IPv6 address, ignoring its zone (RFC 4007 §11), which is meaningful only on the proxy's own machine.
    /// Returns nil for any other text.
    private static func readIPv6(_ text: Substring) -> IPAddress? {
        guard let (address, zone) = text.cut(at: "%") else { return text.contains(":") ? IPAddress(String(text)) : nil }
        return address.contains(":") && !zone.isEmpty ? IPAddress(String(address)) : nil
    }

    /// Returns true for a port number, or for an identifier that hides the port (RFC 7239 §6.2).
    private static func isPort(_ text: Substring) -> Bool {
        if text.first == "_" { return text.utf8.count > 1 && text.utf8.allSatisfy(isTokenByte) }
        return (1...5).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Returns the non-empty entries of a comma-separated list (RFC 9110 §5.6.1).
    static func entries(ofList value: String) -> [String] {
        value.utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0).withoutOuterWhitespace) }
            .filter { !$0.isEmpty }
    }

    /// Returns the `for` parameter of each element of a Forwarded field (RFC 7239 §4), or an empty text for an element
    /// without one. Returns nil if the field is malformed, since a client could otherwise hide what a proxy appended by
    /// sending an unfinished quote.
    static func entries(ofForwarded value: String) -> [String]? {
        var entries: [String] = []
        var rest = value.utf8[...]
        func skipWhitespace() { rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } }
        func take(_ byte: Character) -> Bool {
            skipWhitespace()
            guard let first = rest.first, first == byte.asciiValue else { return false }
            rest = rest.dropFirst()
            return true
        }
        while true {
            skipWhitespace()
            if rest.isEmpty { return entries }
            if take(",") { continue }
            var node: String?
            repeat {
                skipWhitespace()
                if rest.isEmpty || rest.first == UInt8(ascii: ",") { break }
                if rest.first == UInt8(ascii: ";") { continue }
                let name = rest.prefix(while: isTokenByte)
                rest = rest.dropFirst(name.count)
                guard !name.isEmpty, take("="), let value = takeValue(&rest) else { return nil }
                guard String(decoding: name, as: UTF8.self).lowercased() == "for" else { continue }
                guard node == nil else { return nil }
                node = value
            } while take(";")
            entries.append(node ?? "")
            skipWhitespace()
            guard rest.isEmpty || take(",") else { return nil }
        }
    }

    /// Takes a token or a quoted string (RFC 9110 §5.6.4) from the start of `rest`. Some senders don't quote addresses,
    /// so colons and brackets are accepted in tokens. Returns nil if there is no token, or if the quoted string has no
    /// end.
    private static func takeValue(_ rest: inout Substring.UTF8View) -> String? {
        guard rest.first == UInt8(ascii: "\"") else {
            let token = rest.prefix { isTokenByte($0) || [0x3A, 0x5B, 0x5D].contains($0) }
            rest = rest.dropFirst(token.count)
            return token.isEmpty ? nil : String(decoding: token, as: UTF8.self)
        }
        rest = rest.dropFirst()
        var value: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\") else {
                value.append(byte)
                continue
            }
            guard let escaped = rest.popFirst() else { return nil }
            value.append(escaped)
        }
        return nil
    }

    /// Returns true for a byte that may be part of a token (RFC 9110 §5.6.2).
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: Array("!#$%&'*+-.^_`|~".utf8).contains(byte)
        }
    }
}

extension String {
    /// The text without white space, control characters and the invisible characters U+200B, U+2060 and U+FEFF at its
    /// ends. White space includes the no-break spaces that spreadsheets produce.
    public var trimmed: String {
        if let first = utf8.first, let last = utf8.last, Self.isVisible(first), Self.isVisible(last) { return self }
        var scalars = unicodeScalars[...]
        while let first = scalars.first, Self.isSpace(first) { scalars.removeFirst() }
        while let last = scalars.last, Self.isSpace(last) { scalars.removeLast() }
        return String(scalars)
    }

    private static func isVisible(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
            || ["\u{200B}", "\u{2060}", "\u{FEFF}"].contains(scalar)
    }
}

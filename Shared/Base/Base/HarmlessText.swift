extension Unicode.Scalar {
    /// True for characters that control a terminal, or hide or reorder text: control characters, separators of lines
    /// and paragraphs, and format characters (Unicode category Cf), such as those that change the direction of text.
    /// The zero-width joiner and non-joiner are not among them, because they are part of words.
    public var isHarmful: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        case .format: self != "\u{200C}" && self != "\u{200D}"
        default: false
        }
    }
}

extension String {
    /// The text as one line without characters that control a terminal, or hide or reorder text. Each white-space
    /// character among them becomes a space, and any other becomes U+FFFD.
    public var harmless: String {
        guard unicodeScalars.contains(where: \.isHarmful) else { return self }
        var result = UnicodeScalarView()
        for scalar in unicodeScalars {
            result.append(!scalar.isHarmful ? scalar : scalar.properties.isWhitespace ? " " : "\u{FFFD}")
        }
        return String(result)
    }

    /// Returns the text's beginning as one harmless line, for a sentence about a text from outside. `length` is the
    /// largest number of Unicode scalars; a limit of characters would be none, since a letter can have a million marks.
    public func harmless(atMost length: Int) -> String { String(unicodeScalars.prefix(length)).harmless }
}

/// Converts e-mail addresses to the one form in which they are stored and compared.
public enum EmailAddress {
    /// Returns the address as `trimmed` text, without white space and the like at its ends, and with its ASCII letters
    /// in lower case.
    ///
    /// Other letters stay unchanged. Unicode's lower case of U+212A, the Kelvin sign, is an ordinary `k`; converting it
    /// would merge two people whose addresses only look alike.
    public static func canonical(_ text: String) -> String {
        let text = text.trimmed
        guard text.utf8.contains(where: isCapital) else { return text }
        return String(decoding: text.utf8.map { isCapital($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
    }

    private static func isCapital(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
}

/// The one form in which e-mail addresses are stored and compared.
public enum EmailAddress {
    /// An address without the white space around it, its ASCII letters in lower case.
    ///
    /// Other letters stay as they are. Unicode's lower case of U+212A, the Kelvin sign, is an ordinary `k`: it would
    /// make one person of two whose addresses only look alike. Mail servers keep such addresses apart (RFC 6532).
    public static func canonical(_ text: String) -> String {
        let text = text.trimmed
        guard text.utf8.contains(where: isCapital) else { return text }
        return String(decoding: text.utf8.map { isCapital($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
    }

    private static func isCapital(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
}

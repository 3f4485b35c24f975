/// Data in the form in which language models get it, marked as data. Names, titles and messages were written by others,
/// some of them attackers, and may contain instructions.
public enum MarkedData {
    /// The largest number of bytes that is kept of the data, counted without escapes.
    private static let maximumLength = 48_000

    /// Returns JSON between `<data>` and `</data>`. No text in the data can end it, since every `<` is written as an
    /// escape. Data that is too long is cut off.
    public static func text(_ json: [UInt8]) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(json.count)
        for byte in json.prefix(maximumLength) {
            if byte == UInt8(ascii: "<") { bytes += Array("\\u003c".utf8) } else { bytes.append(byte) }
        }
        let rest = json.count > maximumLength ? "\n(The rest is cut off. Ask for less.)" : ""
        return "<data>" + String(decoding: bytes, as: UTF8.self) + "</data>" + rest
    }
}

public import Base
import Store
public import Testing

/// Short names of test arguments, which Swift Testing prints next to a test's title.
extension JSON: CustomTestStringConvertible {
    public var testDescription: String { shortened(String(decoding: JSONWriter.bytes(self), as: UTF8.self)) }
}

extension SQL: CustomTestStringConvertible {
    public var testDescription: String { shortened("\(self)") }
}

extension FakeProvider.Reply: CustomTestStringConvertible {
    public var testDescription: String {
        isSilent
            ? "no reply" : shortened("\(status) \(String(decoding: body, as: UTF8.self))" + (isCut ? " (cut)" : ""))
    }
}

/// Returns the text on one line, and at most 60 characters of it.
private func shortened(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return line.count > 60 ? line.prefix(59) + "…" : line
}

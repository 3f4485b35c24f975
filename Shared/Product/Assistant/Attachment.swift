import Base

/// A file that came with a message, of one of the six types that the assistant reads.
public struct Attachment: Sendable {
    /// The type of a file, as its content shows it. If the file has a name, the name's ending agrees.
    enum Kind: String {
        case pdf = "application/pdf"
        case jpeg = "image/jpeg"
        case png = "image/png"
        case webp = "image/webp"
        case gif = "image/gif"
        case text = "text/plain"
    }

    /// The largest length of a decoded file in bytes: 10 MiB.
    public static let maximumLength = 10 << 20

    let kind: Kind
    let name: String?
    private let base64: String
    private let text: String

    /// Decodes a file and determines its type by its content. The ending of its name must agree, if it has a name.
    /// - Throws: `AssistantError` if the file is too long or empty, if it is not base64 or not one of the six types, or
    ///   if the ending does not agree.
    public init(base64: String, name: String?) throws(AssistantError) {
        let padding = base64.utf8.suffix(2).count { $0 == UInt8(ascii: "=") }
        guard base64.utf8.count / 4 * 3 - padding <= Self.maximumLength else {
            throw .tooLongFile
        }
        guard let bytes = Base64.standard.decode(base64), !bytes.isEmpty else {
            throw .invalidFile
        }
        guard let kind = Self.kind(of: bytes) else { throw .unknownFileType }
        if let name {
            guard let named = Self.kind(named: name) else { throw .unknownFileType }
            guard named == kind else {
                throw .misnamedFile(kind.rawValue)
            }
        }
        self.kind = kind
        self.name = name
        self.base64 = base64
        text = kind == .text ? StreamSafeText.read(String(decoding: bytes, as: UTF8.self)) : ""
    }

    private static func kind(of bytes: [UInt8]) -> Kind? {
        func begins(_ signature: [UInt8], at offset: Int = 0) -> Bool {
            bytes.dropFirst(offset).starts(with: signature)
        }
        if begins(Array("%PDF-".utf8)) { return .pdf }
        if begins([0xFF, 0xD8, 0xFF]) { return .jpeg }
        if begins([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
        if begins(Array("RIFF".utf8)), begins(Array("WEBP".utf8), at: 8) { return .webp }
        if begins(Array("GIF87a".utf8)) || begins(Array("GIF89a".utf8)) { return .gif }
        let isText =
            bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 || $0 == 0x0A || $0 == 0x0C || $0 == 0x0D }
            && String(validating: bytes, as: UTF8.self) != nil
        return isText ? .text : nil
    }

    private static func kind(named name: String) -> Kind? {
        switch name.cut(atLast: ".")?.behind.lowercased() {
        case "pdf": .pdf
        case "jpg", "jpeg": .jpeg
        case "png": .png
        case "webp": .webp
        case "gif": .gif
        case "txt": .text
        default: nil
        }
    }

    /// The content block that carries the file, separate from the block with the user's words.
    var block: JSON {
        switch kind {
        case .jpeg, .png, .webp, .gif:
            return ["type": "image", "source": source("base64", base64)]
        case .pdf: return document(source("base64", base64))
        case .text: return document(source("text", text))
        }
    }

    /// A note that replaces the file in the stored conversation, since the file itself is not stored.
    var note: String { "(A file of type \(kind.rawValue) came with this message. It is not kept.)" }

    private func source(_ type: String, _ data: String) -> JSON {
        ["type": .string(type), "media_type": .string(kind.rawValue), "data": .string(data)]
    }

    private func document(_ source: JSON) -> JSON {
        var block: [String: JSON] = ["type": "document", "source": source]
        block["title"] = name.map(JSON.string)
        return .object(block)
    }
}

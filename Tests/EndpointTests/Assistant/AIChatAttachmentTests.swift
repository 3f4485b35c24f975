import Auth
import Base
import HTTP
import TestSupport
import Testing

@testable import Assistant

/// Files that are attached to a message.
@Suite(.usesStore) struct AIChatAttachmentTests {
    private let chat: ChatTest

    init() throws { chat = try ChatTest(filled: false) }

    private func send(_ bytes: [UInt8], _ name: String?, _ more: [String: JSON] = [:]) -> Reply {
        var fields = more
        fields["fileBase64"] = .string(Base64.standard.encode(bytes))
        fields["fileName"] = name.map(JSON.string)
        return chat.send("Read this", fields)
    }

    private static let files: [(String, [UInt8], String)] = [
        ("a.pdf", Array("%PDF-1.7 x".utf8), "application/pdf"), ("b.jpg", [0xFF, 0xD8, 0xFF, 0xE0, 1], "image/jpeg"),
        ("B.JPEG", [0xFF, 0xD8, 0xFF, 0xDB], "image/jpeg"),
        ("c.png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0], "image/png"),
        ("d.webp", Array("RIFF".utf8) + [1, 2, 3, 4] + Array("WEBPVP8 ".utf8), "image/webp"),
        ("e.gif", Array("GIF89a..".utf8), "image/gif"), ("e.gif", Array("GIF87a..".utf8), "image/gif"),
        ("f.txt", Array("Grüße,\n\t漢字".utf8), "text/plain"),
    ]

    @Test("Attachments of six file types are passed to the model", arguments: files)
    func sixTypesAreRead(_ name: String, _ bytes: [UInt8], _ type: String) throws {
        #expect(send(bytes, name).status == 200)
        let content = try #require(chat.anthropic.bodies.first?["messages"]?.array?.first?["content"]?.array)
        #expect(content.count == 2 && content[1] == FakeAnthropic.text("Read this"))
        let source = try #require(content[0]["source"])
        #expect(source["media_type"]?.string == type)
        if type == "text/plain" {
            #expect(content[0]["type"] == "document" && source["type"] == "text")
            #expect(source["data"]?.string == String(decoding: bytes, as: UTF8.self))
        } else {
            #expect(content[0]["type"]?.string == (type == "application/pdf" ? "document" : "image"))
            #expect(source["type"] == "base64" && source["data"]?.string == Base64.standard.encode(bytes))
        }
        if content[0]["type"] == "document" { #expect(content[0]["title"]?.string == name) }
    }

    @Test("Without a file name, the content decides the file type", arguments: files)
    func withoutANameTheContentDecides(_ name: String, _ bytes: [UInt8], _ type: String) throws {
        #expect(send(bytes, nil).status == 200)
        let content = chat.anthropic.bodies.first?["messages"]?.array?.first?["content"]?.array
        #expect(content?[0]["source"]?["media_type"]?.string == type)
    }

    @Test("A file whose content does not match its name is refused") func contentAndNameMustAgree() {
        for (name, bytes, type) in Self.files {
            for (other, _, otherType) in Self.files where otherType != type {
                let reply = send(bytes, other)
                #expect(reply.status == 400, "\(name) as \(other)")
                #expect(reply.error == "The file is not what its name says: its content is \(type).")
            }
        }
        #expect(chat.anthropic.bodies.isEmpty)
    }

    @Test("Other file types are refused") func otherTypesAreRefused() {
        for (bytes, name) in [
            (Array("PK\u{3}\u{4}".utf8) + [0], "a.zip"), ([0x7F] + Array("ELF".utf8), "a"), ([0xC3, 0x28], "a.txt"),
            (Array("<html>".utf8), "a.html"), (Array("a\u{0}b".utf8), "a.txt"), (Array("%PDF-1.7".utf8), "a.pdf.exe"),
            (Array("RIFF1234WAVE".utf8) + [0], "a.webp"), (Array("x".utf8), "txt"),
        ] as [([UInt8], String)] {
            let reply = send(bytes, name)
            #expect(reply.status == 400, "\(name)")
            #expect(reply.error == "The file must be a PDF, a JPEG, PNG, WebP or GIF image, or plain text.")
        }
    }

    @Test("An attachment must be exact base64") func base64IsExact() {
        for text in [
            "abc", "ab=c", "YWJj\n", "YWJj YWJj", "data:text/plain;base64,YWJj", "YW==YW==", "YWJ=", "====", "YWJ-",
        ] {
            let reply = chat.send("Read this", ["fileBase64": .string(text), "fileName": "a.txt"])
            #expect(reply.status == 400 && reply.error == "fileBase64 must be a file in base64.", "\(text)")
        }
    }

    /// The limit is 10 MiB after decoding. The length of the base64 text tells, so a file that is too long is not
    /// decoded.
    @Test("An attachment of more than 10 MiB is refused") func tenMegabytesAreTheMost() throws {
        let zeros = "AAAA"
        let most = String(repeating: zeros, count: Attachment.maximumLength / 3) + "AA=="
        #expect(Attachment.maximumLength == 10_485_760)
        for tooLong in [most.dropLast(4) + "AAA=", most.dropLast(4) + "AAAA"] {
            let error = #expect(throws: AssistantError.self) { try Attachment(base64: String(tooLong), name: "a.pdf") }
            #expect(error?.status == 413 && error?.sentence == "The file is longer than 10 MB.")
        }
        let error = #expect(throws: AssistantError.self) { try Attachment(base64: most, name: "a.pdf") }
        #expect(error?.status == 400, "zeros are no PDF, but they are not too long")
    }

    @Test("The body's limit leaves room for the longest attachment, and a longer body gets 413")
    func theFunctionTakesAsMuch() {
        let body = Attachment.maximumLength / 3 * 4 + 4 + 200_000
        #expect(QuickChat.maximumBodyLength >= body)
        var call = chat.call()
        call.body = .tooLarge
        let reply = chat.send(call)
        #expect(reply.status == 413 && reply.error == "The body is longer than 15728640 bytes.")
    }

    /// Each request of the file's own turn contains it. Later turns and the database have only its type.
    @Test("An attached file is sent to the model in its own turn only, and is not stored")
    func aFileIsNotKept() throws {
        let id: [String: JSON] = ["sessionId": .string(Identifier.random().description)]
        chat.anthropic.says(FakeAnthropic.calls((name: "get_risk_score", input: [:])))
        #expect(send(Array("the words of the file".utf8), "notes.txt", id).status == 200)
        #expect(chat.anthropic.provider.requests.allSatisfy { $0.text.contains("the words of the file") })
        #expect(chat.send("And?", id).status == 200)
        let last = try #require(chat.anthropic.provider.requests.last)
        #expect(!last.text.contains("the words of the file") && last.text.contains("A file of type text/plain"))
        let kept = try chat.store.database.rows("SELECT content FROM chat_messages") { try $0[0] as String }
        #expect(kept.allSatisfy { !$0.contains("the words of the file") })
    }
}

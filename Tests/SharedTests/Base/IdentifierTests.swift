import Base
import Testing

@Suite struct IdentifierTests {
    @Test("UUIDs are read in either case and written in lower case") func readsEitherCaseAndWritesLowerCase() throws {
        let identifier = try #require(Identifier("7D3C2F0E-5b1a-4c8e-9F60-2a1b3c4d5e6f"))
        #expect(identifier.description == "7d3c2f0e-5b1a-4c8e-9f60-2a1b3c4d5e6f")
        #expect(identifier == Identifier("7d3c2f0e-5b1a-4c8e-9f60-2a1b3c4d5e6f"))
    }

    @Test(
        "Malformed UUIDs are refused",
        arguments: [
            "", "7d3c2f0e", "7d3c2f0e5b1a4c8e9f602a1b3c4d5e6f", "7d3c2f0e-5b1a-4c8e-9f60-2a1b3c4d5e6",
            "7d3c2f0e-5b1a-4c8e-9f60-2a1b3c4d5e6ff", "7d3c2f0e-5b1a-4c8e-9f60_2a1b3c4d5e6f",
            "{7d3c2f0e-5b1a-4c8e-9f60-2a1b3c4d5e}", " 7d3c2f0e-5b1a-4c8e-9f60-2a1b3c4d5e6",
            "7d3c2f0e-5b1a-4c8e-9f60-2a1b3c4d5e6g", "7d3c2f0e-5b1a-4c8e-9f60-2a1b3c4d5eé",
            "7d3c2f0e05b1a-4c8e-9f60-2a1b3c4d5e6f", "' OR 1=1 --                         ",
        ])
    func refuses(_ text: String) { #expect(Identifier(text) == nil) }

    @Test("Generated identifiers are different UUIDs of version 4") func newOnesAreOfVersionFourAndDiffer() {
        let made = (0..<1_000).map { _ in Identifier.random().description }
        #expect(Set(made).count == made.count)
        for text in made {
            #expect(Identifier(text)?.description == text)
            #expect(text.dropFirst(14).first == "4")
            #expect("89ab".contains(text[text.index(text.startIndex, offsetBy: 19)]))
        }
    }

    /// RFC 4122 §4.4: all bits except the six of version and variant come from the generator.
    @Test("A generated identifier uses all random bits except those of version and variant")
    func useAllTheRandomBits() {
        struct Constant: RandomNumberGenerator {
            let word: UInt64
            func next() -> UInt64 { word }
        }
        var zeros = Constant(word: 0)
        var ones = Constant(word: .max)
        #expect(Identifier.random(using: &zeros).description == "00000000-0000-4000-8000-000000000000")
        #expect(Identifier.random(using: &ones).description == "ffffffff-ffff-4fff-bfff-ffffffffffff")
    }

    @Test("An identifier is a string in JSON") func isAStringInJSON() {
        let text = "7d3c2f0e-5b1a-4c8e-9f60-2a1b3c4d5e6f"
        #expect(Identifier(text).map { JSONWriter.bytes($0) } == Array("\"\(text)\"".utf8))
    }
}

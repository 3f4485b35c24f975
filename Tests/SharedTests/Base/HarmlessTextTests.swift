import Base
import Testing

struct HarmlessTextTests {
    @Test(
        "Characters that control a terminal or reorder text are replaced, and all others stay",
        arguments: [
            ("plain text, é 日本 👩‍💻", "plain text, é 日本 👩‍💻"), ("a\u{1B}[31m", "a\u{FFFD}[31m"),
            ("\u{9B}31m\u{7F}", "\u{FFFD}31m\u{FFFD}"), ("a\u{202E}b\u{2066}\u{FEFF}", "a\u{FFFD}b\u{FFFD}\u{FFFD}"),
            ("a\r\n\tb", "a   b"), ("a\u{85}b\u{2028}c\u{2029}", "a b c "), ("می\u{200C}خواهم", "می\u{200C}خواهم"),
        ])
    func harmless(_ text: String, _ result: String) {
        #expect(Array(text.harmless.unicodeScalars) == Array(result.unicodeScalars))
        #expect(!result.unicodeScalars.contains { $0.isHarmful })
    }

    @Test("The length of a text is limited in Unicode scalars, since one character can be of any length") func atMost()
    {
        #expect("a\nbcd".harmless(atMost: 3) == "a b" && "ab".harmless(atMost: 3) == "ab")
        let letter = "e" + String(repeating: "\u{301}", count: 1_000)
        #expect(letter.count == 1 && letter.harmless(atMost: 60).unicodeScalars.count == 60)
    }
}

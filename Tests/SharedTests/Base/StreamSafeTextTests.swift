import Base
import HTTP
import Testing

/// Long rows of combining marks must not cost a reader of outside text disproportionate time.
@Suite struct StreamSafeTextTests {
    /// Returns a letter with this number of marks, alternately above and below it.
    private func letter(marks: Int) -> String {
        var scalars: String.UnicodeScalarView = "a".unicodeScalars
        for mark in 0..<marks { scalars.append(mark.isMultiple(of: 2) ? "\u{301}" : "\u{316}") }
        return String(scalars)
    }

    @Test("Text with few combining marks stays unchanged") func textWithFewMarksStaysAsItIs() {
        let texts = ["", "a", "Ærøskøbing é e\u{301}", String(repeating: "न\u{943}日本👩‍👩‍👧", count: 100), letter(marks: 30)]
        for text in texts {
            #expect(StreamSafeText.read(text).unicodeScalars.elementsEqual(text.unicodeScalars))
        }
        #expect(StreamSafeText.read([0x61, 0xCC]) == nil)
    }

    @Test("A joiner is inserted after each thirty combining marks") func aJoinerEndsARowOfThirtyMarks() {
        for marks in [31, 60, 61, 1_000] {
            let text = StreamSafeText.read(letter(marks: marks))
            let rows = text.unicodeScalars.dropFirst().split(separator: "\u{34F}")
            #expect(rows.map(\.count).max() == 30 && rows.reduce(0) { $0 + $1.count } == marks)
            #expect(StreamSafeText.read(text).unicodeScalars.elementsEqual(text.unicodeScalars))
        }
    }

    /// Without the joiners, parsing the JSON would take minutes.
    @Test("A very long row of combining marks is read quickly") func aLongRowOfMarksIsReadInNoTime() throws {
        let text = letter(marks: 300_000)
        let start = ContinuousClock.now
        let json = try JSON(parsing: Array("{\"\(text)\":\"\(text)\"}".utf8))
        #expect(json.object?.count == 1 && json.object?.values.first?.string?.contains("@") == false)
        let query = try #require(Query("name=1&" + PercentEncoding.encode(text) + "=2"))
        #expect(query.values("name") == ["1"])
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}

import Base
import Testing

@Suite struct JSONWriterTests {
    private func text(_ value: some JSONWritable) -> String {
        String(decoding: JSONWriter.bytes(value), as: UTF8.self)
    }

    @Test(
        "Strings are escaped as JSON requires",
        arguments: [
            ("plain", "\"plain\""), ("\"\\/", "\"\\\"\\\\/\""),
            ("\n\r\t\u{8}\u{C}\u{0}\u{1F}", "\"\\n\\r\\t\\u0008\\u000c\\u0000\\u001f\""),
            ("é😀\u{2028}", "\"é😀\u{2028}\""), ("\u{7F}", "\"\\u007f\""), ("</script>", "\"</script>\""),
        ])
    func escapes(_ value: String, _ written: String) { #expect(text(value) == written) }

    @Test(
        "Numbers are written as JSON, and non-finite numbers as null",
        arguments: [
            (0.5, "0.5"), (-0.0, "0"), (3, "3"), (1e300, "1e+300"), (.infinity, "null"), (-.infinity, "null"),
            (.nan, "null"),
            (.leastNonzeroMagnitude, "5e-324"),
        ] as [(Double, String)])
    func writesNumbers(_ value: Double, _ written: String) { #expect(text(value) == written) }

    @Test("Members are written in the given order, and absent optional ones are left out")
    func writesWhatItIsToldInThatOrder() {
        var json = JSONWriter()
        json.object { json in
            json.field("z", 1)
            json.field("left out", ifPresent: nil as Int?)
            json.field("a", nil as String?)
            json.name("list")
            json.array { json in
                json.value(true)
                json.object { _ in }
                json.array { _ in }
                json.value("x")
            }
            json.field("raw", JSONText("{\"k\":[1]}"))
            json.field("last", Timestamp(seconds: 0))
        }
        #expect(
            String(decoding: json.bytes, as: UTF8.self)
                == #"{"z":1,"a":null,"list":[true,{},[],"x"],"raw":{"k":[1]},"last":"1970-01-01T00:00:00Z"}"#)
    }

    /// Hashes are computed over this form: names sorted by their bytes, without spaces.
    @Test("JSON values are written in canonical form") func valuesAreCanonical() {
        let value: JSON = ["b": 1, "a": [true, nil, 1], "B": "é", "é": .number(0.25), "aa": [:]]
        #expect(text(value) == #"{"B":"é","a":[true,null,1],"aa":{},"b":1,"é":0.25}"#)
    }

    @Test(
        "Every kind of JSON value is read back as it was written",
        arguments: [
            [:], [], nil, true, "", .integer(.min), .integer(.max), .number(0.1), .number(-1.5e-9), .number(1e21),
            "\u{0}\u{1F}\u{7F}\"\\/é\u{FFFF}😀", ["a": ["b": [["c": nil]]], "": [1, "2", false]],
        ] as [JSON])
    func whatIsWrittenIsReadBack(_ value: JSON) throws {
        #expect(try JSON(parsing: JSONWriter.bytes(value)) == value)
    }

    @Test("Every Unicode scalar is read back as it was written") func everyScalarIsReadBack() throws {
        // There is a letter between two scalars, because long rows of combining marks are broken up.
        let all = (0...0x10FFFF).compactMap(Unicode.Scalar.init).map { "a" + String($0) }
        for start in stride(from: 0, to: all.count, by: 50_000) {
            let text = all[start..<min(start + 50_000, all.count)].joined()
            let read = try JSON(parsing: JSONWriter.bytes(text)).string
            #expect(read.map { Array($0.utf8) } == Array(text.utf8))
        }
    }
}

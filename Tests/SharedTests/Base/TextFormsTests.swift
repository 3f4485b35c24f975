import Base
import Testing

@Suite struct Base64Tests {
    /// RFC 4648 §10.
    @Test(
        "Base64 matches the vectors of RFC 4648",
        arguments: [
            ("", "", ""), ("f", "Zg==", "Zg"), ("fo", "Zm8=", "Zm8"), ("foo", "Zm9v", "Zm9v"),
            ("foob", "Zm9vYg==", "Zm9vYg"),
            ("fooba", "Zm9vYmE=", "Zm9vYmE"), ("foobar", "Zm9vYmFy", "Zm9vYmFy"),
        ])
    func followsTheRFC(_ text: String, _ standard: String, _ urlSafe: String) {
        let bytes = Array(text.utf8)
        #expect(Base64.standard.encode(bytes) == standard && Base64.standard.decode(standard) == bytes)
        #expect(Base64.urlSafe.encode(bytes) == urlSafe && Base64.urlSafe.decode(urlSafe) == bytes)
    }

    @Test("Every byte at every position survives Base64") func everyByteAtEveryPlaceIsReadBack() {
        for length in 1...4 {
            for byte in UInt8.min...UInt8.max {
                let bytes = Array(repeating: byte, count: length)
                #expect(Base64.standard.decode(Base64.standard.encode(bytes)) == bytes)
                #expect(Base64.urlSafe.decode(Base64.urlSafe.encode(bytes)) == bytes)
            }
        }
    }

    @Test("The standard and URL-safe alphabets differ in two digits") func theAlphabetsDifferInTwoDigits() {
        #expect(Base64.standard.encode([0xFB, 0xFF]) == "+/8=" && Base64.urlSafe.encode([0xFB, 0xFF]) == "-_8")
        #expect(Base64.standard.decode("-_8=") == nil && Base64.urlSafe.decode("+/8") == nil)
    }

    /// A value must have exactly one text; otherwise a token's signature could be written in several ways.
    @Test(
        "Malformed standard Base64 is refused",
        arguments: [
            "A", "Zh", "Zg=", "Zg===", "Zm9=", "====", "=", "Z===", "Z=g=", "Zm 8=", "Zm8=\n", "Zm8é", "AA=A", "Zh==",
        ])
    func refusesWhatIsNotOneValue(_ text: String) { #expect(Base64.standard.decode(text) == nil) }

    @Test(
        "Padding and stray bits in URL-safe Base64 are refused",
        arguments: ["A", "Zh", "Zg==", "Zm8=", "Zm9vY", "Zm 8", ".", "Zm8\u{0}"])
    func refusesPaddingAndStrayBits(_ text: String) { #expect(Base64.urlSafe.decode(text) == nil) }
}

@Suite struct HexTests {
    @Test("Hexadecimal text has two lower-case digits per byte") func writesTwoLowerCaseDigitsAByte() {
        #expect(Hex.encode([0x00, 0x0F, 0xA5, 0xFF] as [UInt8]) == "000fa5ff" && Hex.encode([] as [UInt8]) == "")
    }

    @Test("Hexadecimal digits are read in either case, and other characters are refused")
    func readsEitherCaseAndNothingElse() {
        let digits = Array("0123456789abcdef".utf8) + Array("ABCDEF".utf8)
        let values = (UInt8.min...UInt8.max).map { Hex.value(of: $0) }
        #expect(digits.map { values[Int($0)] } == (Array(0...15) + Array(10...15)))
        #expect(values.count { $0 != nil } == digits.count)
    }
}

import Testing

@testable import local_runner

@Suite struct DecimalTests {
    /// A function may put any number into its response.
    @Test("Any integer is written in decimal", arguments: [0, 7, 10, 1_234_567, -1, .max, .min])
    func anyNumberIsWritten(_ number: Int) {
        var bytes: [UInt8] = []
        bytes.append(decimal: number)
        #expect(String(decoding: bytes, as: UTF8.self) == String(number))
    }

    @Test(
        "A scheduled run's status is a valid HTTP status",
        arguments: [
            ("200", 200), ("-5", 502), ("99", 502), ("600", 502), ("9223372036854775807", 502), ("\"x\"", 502),
        ])
    func aScheduledRunHasAStatusOfHTTP(_ given: String, _ status: Int) {
        #expect(OneShot.Outcome.answered(Array("{\"statusCode\":\(given)}".utf8)).status == status)
    }
}

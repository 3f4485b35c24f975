import Testing

@testable import local_runner

/// A transfer pays for its time with bytes, 8 KiB for a second. `paid` is the time until which it has paid, in
/// milliseconds.
@Suite struct PaceTests {
    private func paid(_ parts: [(milliseconds: Int, kibibytes: Int)]) -> Int {
        var pace = Pace(5_000_000, total: 3 << 10)
        var total = 3 << 10
        for part in parts {
            total += part.kibibytes << 10
            pace.note(5_000_000 + part.milliseconds * 1_000, total: total)
        }
        return pace.paid / 1_000 - 5_000
    }

    private static let transfers: [(parts: [(milliseconds: Int, kibibytes: Int)], paid: Int)] = [
        ([], 0), ([(1_000, 8)], 1_000), ([(2_000, 8)], 1_000), ([(1_000, 4), (2_000, 4)], 1_000),
        // Bytes above the pace earn no credit.
        ([(1_000, 1_000)], 1_000), ([(10, 1_000), (60_000, 8)], 1_010),
        // A delay is not forgiven either.
        ([(30_000, 8), (31_000, 8)], 2_000), ([(30_000, 8), (31_000, 800)], 31_000),
    ]

    @Test("Received bytes pay for time", arguments: transfers)
    func bytesPayForTime(_ parts: [(milliseconds: Int, kibibytes: Int)], _ expected: Int) {
        #expect(paid(parts) == expected)
    }

    @Test("Single bytes pay for time too") func singleBytesPayToo() {
        var pace = Pace(0, total: 0)
        for byte in 1...1_024 { pace.note(10_000_000, total: byte) }
        // Each byte pays for 122.07 microseconds, which are rounded down.
        #expect((124_000...125_000).contains(pace.paid))
    }
}

/// The pace of an upload, or of a response that its client takes slowly.
///
/// Each byte pays for some time. A transfer that keeps the pace is paid up to now; what is more than that is not credited, so
/// that nobody earns a long silence by a quick beginning. How long ago the paid time ended says how slow a transfer is.
struct Pace {
    /// A KiB pays for so many microseconds (8 KiB a second).
    private static let perKibibyte = 125_000

    /// The point in time up to which the transfer is paid, in microseconds on the monotonic clock.
    private(set) var paid: Int
    private var total: Int

    /// The pace of a transfer that begins now, at `total` bytes.
    init(_ now: Int, total: Int) {
        paid = now
        self.total = total
    }

    /// Takes note of the bytes that have been transferred in all.
    mutating func note(_ now: Int, total: Int) {
        paid = min(now, paid + (total - self.total) * Self.perKibibyte / 1024)
        self.total = total
    }
}

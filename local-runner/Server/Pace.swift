/// The pace of an upload, or of a response that its client reads slowly.
///
/// Each byte pays for some time. A transfer that keeps the pace is paid up to now. Faster bytes earn no credit, so that
/// a fast start does not allow a long pause later. The time since the paid time ended shows how slow a transfer is.
struct Pace {
    /// The time, in microseconds, that a KiB pays for (8 KiB a second).
    private static let perKibibyte = 125_000

    /// The time up to which the transfer is paid, in microseconds on the monotonic clock.
    private(set) var paid: Int
    private var total: Int

    /// Starts the pace of a transfer now, at `total` bytes.
    init(_ now: Int, total: Int) {
        paid = now
        self.total = total
    }

    /// Records the total number of bytes transferred so far.
    mutating func note(_ now: Int, total: Int) {
        paid = min(now, paid + (total - self.total) * Self.perKibibyte / 1024)
        self.total = total
    }
}

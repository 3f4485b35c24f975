/// The pace of an upload, or of a response that its client reads slowly. The expected pace is 8 KiB a second.
///
/// Each transferred byte pays for some time, and `paid` is the time up to which the bytes so far have paid. It is never
/// later than now, so that a fast start does not allow a long pause later. The further `paid` is behind now, the slower
/// the transfer.
struct Pace {
    /// The time, in microseconds, for which one KiB pays.
    private static let perKibibyte = 125_000

    /// The time up to which the transfer is paid, in microseconds on the monotonic clock.
    private(set) var paid: Int
    private var total: Int

    /// Starts the pace of a transfer now. `total` is the number of bytes transferred before.
    init(_ now: Int, total: Int) {
        paid = now
        self.total = total
    }

    /// Moves `paid` forward for the bytes transferred since the last call. `total` is the number of bytes transferred
    /// so far.
    mutating func note(_ now: Int, total: Int) {
        paid = min(now, paid + (total - self.total) * Self.perKibibyte / 1024)
        self.total = total
    }
}

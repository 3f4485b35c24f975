import CSystem

/// Lets something happen at most once in an interval: in this process and, together, in those that are forked from it later.
public final class SharedInterval {
    private let seconds: Int
    /// When it happened last, in seconds since 1970; nil if there is no memory for it.
    private let last: UnsafeMutablePointer<Int64>?

    /// An interval of so many seconds.
    public init(seconds: Int) {
        self.seconds = seconds
        last = csystem_shared_integer()
    }

    deinit { csystem_free_shared_integer(last) }

    /// True if it has not happened within the interval; then it has happened now.
    public func begin(now: Timestamp = .now) -> Bool {
        guard let last else { return true }
        return csystem_advance(last, Int64(clamping: now.seconds), Int64(clamping: seconds)) == 1
    }
}

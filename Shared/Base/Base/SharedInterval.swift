import CSystem

/// Allows an event once per interval, counted together over this process and the processes that are forked from it
/// later. If the clock is set back, or if no memory can be shared, it allows more.
public final class SharedInterval {
    private let seconds: Int
    /// The time of the last event in seconds since 1970, 0 before the first, in memory shared with forked processes.
    /// Nil if that memory could not be allocated; then every event is allowed.
    private let last: UnsafeMutablePointer<Int64>?

    /// Creates an interval of `seconds` seconds.
    public init(seconds: Int) {
        self.seconds = seconds
        last = csystem_shared_integer()
    }

    deinit { csystem_free_shared_integer(last) }

    /// Returns true, and records `now` as the time of the event, if there was no event yet, or if the last one is at
    /// least one interval before `now` or lies after it. Returns false otherwise, and if another process records an
    /// event at the same moment. If there is no shared memory, always returns true.
    public func begin(now: Timestamp = .now) -> Bool {
        guard let last else { return true }
        return csystem_advance(last, Int64(clamping: now.seconds), Int64(clamping: seconds)) == 1
    }
}

import CSystem

/// Allows an event at most once per interval, counted together over this process and the processes that are forked from
/// it later.
public final class SharedInterval {
    private let seconds: Int
    /// The time of the last event in seconds since 1970, in memory shared with forked processes. Nil if that memory
    /// could not be allocated; then every event is allowed.
    private let last: UnsafeMutablePointer<Int64>?

    /// Creates an interval of `seconds` seconds.
    public init(seconds: Int) {
        self.seconds = seconds
        last = csystem_shared_integer()
    }

    deinit { csystem_free_shared_integer(last) }

    /// Returns true, and records `now` as the time of the event, if the last event is at least one interval ago.
    /// Returns false otherwise.
    public func begin(now: Timestamp = .now) -> Bool {
        guard let last else { return true }
        return csystem_advance(last, Int64(clamping: now.seconds), Int64(clamping: seconds)) == 1
    }
}

import Foundation

/// Threads that run at the same time, as processes would.
public final class Threads {
    private let group = DispatchGroup()

    /// Starts `count` threads, each with its number.
    public init(count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        for number in 0..<count {
            group.enter()
            let group = group
            let thread = Thread {
                body(number)
                group.leave()
            }
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    /// Waits until all of them have ended.
    public func join() { group.wait() }
}

import CSystem
import Glibc

/// What can be done with a descriptor now (epoll(7)).
struct Readiness {
    fileprivate let bits: UInt32

    private func has(_ events: EPOLL_EVENTS...) -> Bool { events.contains { bits & $0.rawValue != 0 } }

    var isReadable: Bool { has(EPOLLIN, EPOLLRDHUP, EPOLLHUP, EPOLLERR) }
    var isWritable: Bool { has(EPOLLOUT, EPOLLHUP, EPOLLERR) }
    /// The other side sends nothing any more, though there may be something left to read.
    var hasEnded: Bool { has(EPOLLRDHUP, EPOLLHUP, EPOLLERR) }
    /// Both directions are closed.
    var isBroken: Bool { has(EPOLLHUP, EPOLLERR) }
}

/// Something that waits for a descriptor. Notice comes once for each change (edge-triggered), so that a handler
/// keeps in mind what it has not used up.
protocol EventHandler: AnyObject {
    func handle(_ readiness: Readiness)
}

/// Something that has more to do than one turn of the loop may take, or that goes on once all events of a turn have been
/// handled.
protocol Continuation: AnyObject {
    func proceed()
}

/// One epoll loop on one thread: descriptors, timers, ends of child processes, SIGTERM and SIGINT.
///
/// A turn handles the events that there are, then the timers that are due, then continuations. A handler does a bounded
/// amount of work and leaves the rest to a continuation, so that nobody keeps the loop from the others.
final class EventLoop {
    /// Names a descriptor that the loop watches.
    struct Registration: Equatable {
        fileprivate let slot: Int
        fileprivate let generation: UInt32
    }

    private struct Slot {
        var handler: (any EventHandler)?
        var generation: UInt32 = 0
    }

    /// Memory to read into, for handlers that use what they read at once.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    /// Memory for what processes write on standard error: that is also read while `scratch` is in use.
    let logScratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    /// Memory to read a request's body from its file into, also while `scratch` is in use.
    let bodyScratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    /// Called at the end of each turn, before the loop waits again.
    var afterRound: () -> Void = {}

    /// The time at which this turn's events came, on the monotonic clock.
    private(set) var round = EventLoop.now

    private let epoll: Int32
    private let signals: Signals
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var timers = Timers()
    private var continuations: [any Continuation] = []
    private var proceeding: [any Continuation] = []
    private var exits: [pid_t: (Int32) -> Void] = [:]
    private let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 128)

    /// Throws when the system has no descriptor left.
    init() throws(ServerError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        let code = errno
        signals = Signals()
        signals.loop = self
        guard epoll >= 0 else { throw ServerError("epoll: \(String(cString: strerror(code)))") }
        guard signals.descriptor >= 0, watch(signals.descriptor, signals) != nil else {
            throw ServerError("signals: \(String(cString: strerror(signals.descriptor < 0 ? signals.code : errno)))")
        }
    }

    deinit {
        close(epoll)
        close(signals.descriptor)
        scratch.deallocate()
        logScratch.deallocate()
        bodyScratch.deallocate()
        events.deallocate()
    }

    /// The monotonic clock, in microseconds.
    static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
    }

    /// Has `handler` told of what happens to a non-blocking descriptor; nil with errno when that can't be.
    func watch(_ descriptor: Int32, _ handler: any EventHandler) -> Registration? {
        let slot = freeSlots.popLast() ?? slots.count
        if slot == slots.count { slots.append(Slot()) }
        slots[slot].handler = handler
        let registration = Registration(slot: slot, generation: slots[slot].generation)
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        event.data.u64 = UInt64(registration.generation) << 32 | UInt64(slot)
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            forget(registration)
            return nil
        }
        return registration
    }

    /// Ends what `watch` began. The caller then closes the descriptor, which takes it out of epoll.
    func forget(_ registration: Registration) {
        guard slots[registration.slot].generation == registration.generation else { return }
        slots[registration.slot].handler = nil
        slots[registration.slot].generation &+= 1
        freeSlots.append(registration.slot)
    }

    /// Calls `work` once, after so many milliseconds; the result is for `cancel`.
    @discardableResult
    func after(milliseconds: Int, _ work: @escaping () -> Void) -> Int {
        timers.add(due: Self.now + milliseconds * 1_000, work)
    }

    /// Forgets what `after` was to do.
    func cancel(_ timer: Int) { timers.cancel(timer) }

    /// Has `continuation` proceed at the end of this turn; in the next one if it asks for that while it proceeds.
    func soon(_ continuation: any Continuation) { continuations.append(continuation) }

    /// Calls `work` when the child process ends, with its exit status (128 and the signal's number when a
    /// signal ended it).
    func whenEnded(_ process: pid_t, _ work: @escaping (Int32) -> Void) { exits[process] = work }

    /// Has SIGTERM and SIGINT call `work` instead of ending this process.
    func onTermination(_ work: @escaping () -> Void) { signals.catchTermination(work) }

    /// Handles events until `isDone`.
    func run(until isDone: () -> Bool) {
        while !isDone() {
            wait()
            // One look at the clock: timers that are set by these are for a later turn.
            let now = Self.now
            while let work = timers.pop(now) { work() }
            if !continuations.isEmpty {
                swap(&continuations, &proceeding)
                for continuation in proceeding { continuation.proceed() }
                proceeding.removeAll(keepingCapacity: true)
            }
            afterRound()
        }
    }

    private func wait() {
        var timeout: Int32 = -1
        if !continuations.isEmpty {
            timeout = 0
        } else if let next = timers.next {
            timeout = Int32(clamping: max(0, (next - Self.now + 999) / 1_000))
        }
        let count = epoll_wait(epoll, events.baseAddress, Int32(events.count), timeout)
        round = Self.now
        for index in 0..<max(0, Int(count)) {
            let key = events[index].data.u64
            let slot = Int(key & 0xFFFF_FFFF)
            guard slots[slot].generation == UInt32(key >> 32), let handler = slots[slot].handler else {
                continue
            }
            handler.handle(Readiness(bits: events[index].events))
        }
    }

    /// Takes the status of all children that have ended, and calls what waits for it. As process 1 of a container, the
    /// runner is also the parent of processes that it did not start.
    fileprivate func reap() {
        var status: Int32 = 0
        while true {
            let process = waitpid(-1, &status, WNOHANG)
            guard process > 0 else { return }
            exits.removeValue(forKey: process)?(csystem_exit_status(status))
        }
    }
}

/// Signals as events: SIGCHLD, and SIGTERM and SIGINT once they are caught.
private final class Signals: EventHandler {
    let descriptor: Int32
    /// The errno if there is no descriptor.
    let code: Int32
    weak var loop: EventLoop?
    private var mask = sigset_t()
    private var onTermination: () -> Void = {}

    init() {
        // A parent may have set SIGCHLD to be ignored, and then no child could be waited for.
        signal(SIGCHLD, SIG_DFL)
        sigemptyset(&mask)
        sigaddset(&mask, SIGCHLD)
        sigprocmask(SIG_BLOCK, &mask, nil)
        descriptor = signalfd(-1, &mask, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
        code = errno
    }

    func catchTermination(_ work: @escaping () -> Void) {
        onTermination = work
        sigaddset(&mask, SIGTERM)
        sigaddset(&mask, SIGINT)
        sigprocmask(SIG_BLOCK, &mask, nil)
        _ = signalfd(descriptor, &mask, 0)
    }

    func handle(_ readiness: Readiness) {
        var signal = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        var hasChildren = false
        while read(descriptor, &signal, size) == size {
            if signal.ssi_signo == UInt32(SIGCHLD) { hasChildren = true } else { onTermination() }
        }
        if hasChildren { loop?.reap() }
    }
}

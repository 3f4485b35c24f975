import CSystem
import Glibc

/// The operations that are possible on a descriptor now (epoll(7)).
struct Readiness {
    fileprivate let bits: UInt32

    private func has(_ events: EPOLL_EVENTS...) -> Bool { events.contains { bits & $0.rawValue != 0 } }

    var isReadable: Bool { has(EPOLLIN, EPOLLRDHUP, EPOLLHUP, EPOLLERR) }
    var isWritable: Bool { has(EPOLLOUT, EPOLLHUP, EPOLLERR) }
    /// True if the other side sends nothing more, or there was an error. Something may still be left to read.
    var hasEnded: Bool { has(EPOLLRDHUP, EPOLLHUP, EPOLLERR) }
    /// True if both directions are closed, or there was an error.
    var isBroken: Bool { has(EPOLLHUP, EPOLLERR) }
}

/// An object that handles events of a descriptor. Each change is reported only once (edge-triggered), so a handler must
/// remember what it has not read or written yet.
protocol EventHandler: AnyObject {
    func handle(_ readiness: Readiness)
}

/// An object with more work than fits into one turn of the loop, or work that must wait until all events of a turn have
/// been handled.
protocol Continuation: AnyObject {
    func proceed()
}

/// An epoll loop on one thread, for descriptors, timers, ends of child processes, SIGTERM and SIGINT.
///
/// A turn handles the available events, then timers that are due, then continuations. A handler does a limited amount
/// of work and leaves the rest to a continuation, so that it does not block other handlers.
final class EventLoop {
    /// Identifies a watched descriptor.
    struct Registration: Equatable {
        fileprivate let slot: Int
        fileprivate let generation: UInt32
    }

    private struct Slot {
        var handler: (any EventHandler)?
        var generation: UInt32 = 0
    }

    /// A buffer for data that a handler uses before it returns.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    /// A second buffer, for the standard error of processes, which is also read while `scratch` is in use.
    let logScratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    /// A third buffer, for request bodies that are kept in files. These files are also read while `scratch` is in use.
    let bodyScratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    /// Called at the end of each turn, before the loop waits.
    var afterRound: () -> Void = {}

    /// The time at which this turn began, in microseconds on the monotonic clock.
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

    /// Creates a loop. Throws if the system can't create a descriptor.
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

    /// Reports events of a non-blocking descriptor to `handler`. Returns nil and sets errno if that is not possible.
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

    /// Stops watching a descriptor. The caller then closes it, which removes it from epoll.
    func forget(_ registration: Registration) {
        guard slots[registration.slot].generation == registration.generation else { return }
        slots[registration.slot].handler = nil
        slots[registration.slot].generation &+= 1
        freeSlots.append(registration.slot)
    }

    /// Calls `work` once, after the given number of milliseconds. The result can be passed to `cancel`.
    @discardableResult
    func after(milliseconds: Int, _ work: @escaping () -> Void) -> Int {
        timers.add(due: Self.now + milliseconds * 1_000, work)
    }

    /// Cancels the work of a call to `after`.
    func cancel(_ timer: Int) { timers.cancel(timer) }

    /// Makes `continuation` proceed after the events and timers of this turn; or of the next turn, if the continuations
    /// of this turn already proceed.
    func soon(_ continuation: any Continuation) { continuations.append(continuation) }

    /// Calls `work` with the exit status when a child process ends. If a signal ended the process, the status is 128
    /// plus the signal's number.
    func whenEnded(_ process: pid_t, _ work: @escaping (Int32) -> Void) { exits[process] = work }

    /// Makes SIGTERM and SIGINT call `work` instead of ending this process.
    func onTermination(_ work: @escaping () -> Void) { signals.catchTermination(work) }

    /// Handles events, turn by turn, until `isDone` returns true before a turn.
    func run(until isDone: () -> Bool) {
        while !isDone() {
            wait()
            // Reads the clock once, so that timers set by these timers wait for a later turn.
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

    /// Collects the exit status of all children that have ended, and calls the functions that wait for it. As process 1
    /// of a container the runner is also the parent of processes that it did not start.
    fileprivate func reap() {
        var status: Int32 = 0
        while true {
            let process = waitpid(-1, &status, WNOHANG)
            guard process > 0 else { return }
            exits.removeValue(forKey: process)?(csystem_exit_status(status))
        }
    }
}

/// Receives signals as events: SIGCHLD, and SIGTERM and SIGINT once they are caught.
private final class Signals: EventHandler {
    let descriptor: Int32
    /// The errno if the descriptor could not be created.
    let code: Int32
    weak var loop: EventLoop?
    private var mask = sigset_t()
    private var onTermination: () -> Void = {}

    init() {
        // The parent process may have set SIGCHLD to be ignored, and then the exit status of children would be lost.
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

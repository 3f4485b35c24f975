/// Work that is due at certain times, as a binary heap with the earliest first.
struct Timers {
    private struct Entry {
        /// The time in microseconds on the monotonic clock.
        let due: Int
        let number: Int
    }

    private var heap: [Entry] = []
    private var work: [Int: () -> Void] = [:]
    private var lastNumber = 0

    /// The time at which the next work, which may have been cancelled, is due, in microseconds on the monotonic clock;
    /// nil if there is none.
    var next: Int? { heap.first?.due }

    /// Adds work and returns its number, for `cancel`.
    mutating func add(due: Int, _ work: @escaping () -> Void) -> Int {
        lastNumber += 1
        self.work[lastNumber] = work
        heap.append(Entry(due: due, number: lastNumber))
        var child = heap.count - 1
        while child > 0, heap[child].due < heap[(child - 1) / 2].due {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
        return lastNumber
    }

    /// Cancels work that has not been done yet.
    mutating func cancel(_ number: Int) { work[number] = nil }

    /// Removes and returns the first work if it is due at `now`; otherwise returns nil. For cancelled work, returns a
    /// function that does nothing.
    mutating func pop(_ now: Int) -> (() -> Void)? {
        guard let first = heap.first, first.due <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return work.removeValue(forKey: first.number) ?? {}
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [parent * 2 + 1, parent * 2 + 2]
            where child < heap.count && heap[child].due < heap[least].due {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}

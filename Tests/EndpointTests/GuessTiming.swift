import Glibc

/// How much longer a check takes for guesses that are nearer than others.
///
/// Near and far guesses take turns, in batches, so that whatever else the machine does meets both alike. Time is that
/// of the thread's own use of a processor, so that waiting for one does not count.
struct GuessTiming {
    /// The median over all pairs of batches of how many nanoseconds longer a check of a near guess takes.
    let difference: Double
    /// The share of pairs in which the near guesses took longer: a half if it makes no difference.
    let share: Double

    /// Times `check` with guesses of both kinds. Each guess is made anew, at another place in memory.
    init<Guess>(pairs: Int = 1_500, near: () -> Guess, far: () -> Guess, check: (Guess) -> Bool) {
        var differences: [Double] = []
        var longer = 0.0
        for _ in 0..<50 { _ = (check(near()), check(far())) }
        for number in 0..<pairs {
            // Whoever comes first may find the caches colder.
            let isNearFirst = number % 2 == 0
            let first = Self.time(isNearFirst ? near() : far(), check)
            let second = Self.time(isNearFirst ? far() : near(), check)
            let difference = isNearFirst ? first - second : second - first
            differences.append(difference)
            longer += difference > 0 ? 1 : difference == 0 ? 0.5 : 0
        }
        differences.sort()
        difference = differences[pairs / 2]
        share = longer / Double(pairs)
    }

    private static let batch = 8

    /// Nanoseconds for one check of a guess. None of the guesses may be right.
    private static func time<Guess>(_ guess: Guess, _ check: (Guess) -> Bool) -> Double {
        var accepted = false
        let start = now()
        for _ in 0..<batch where check(guess) { accepted = true }
        let end = now()
        precondition(!accepted, "a guess was right")
        return Double(end - start) / Double(batch)
    }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}

/// Whether two values are equal, byte by byte up to the first that differs: what a check must not do.
func naivelyEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    for index in left.indices where left[index] != right[index] { return false }
    return true
}

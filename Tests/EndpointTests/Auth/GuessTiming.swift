import Glibc

/// Measures how much longer a check takes for guesses that are closer to the secret than others.
///
/// Close and far guesses alternate in batches, so that other load on the machine affects both alike. The measured time
/// is the thread's own processor time, so that waiting for a processor does not count.
struct GuessTiming {
    /// The median over all pairs of batches: how many nanoseconds longer the check of a close guess takes.
    let difference: Double
    /// The share of pairs in which the close guesses took longer: about a half if there is no difference.
    let share: Double
    /// The standard score of the share: the number of standard deviations by which it is above a half. If there is no
    /// difference, it is between -3 and 3 in 99.7 % of measurements.
    let score: Double

    /// Times `check` with guesses of both kinds. `near` and `far` return a new copy of the guess for each batch.
    init<Guess>(pairs: Int = 1_500, near: () -> Guess, far: () -> Guess, check: (Guess) -> Bool) {
        var differences: [Double] = []
        var longer = 0.0
        for _ in 0..<50 { _ = (check(near()), check(far())) }
        for number in 0..<pairs {
            // The first batch of a pair may find colder caches.
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
        score = (share - 0.5) * 2 * Double(pairs).squareRoot()
    }

    private static let batch = 8

    /// Returns the average nanoseconds of one check of a guess. Traps if the guess is right.
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

/// Compares byte by byte and stops at the first difference: exactly the behaviour that a check must avoid.
func naivelyEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    for index in left.indices where left[index] != right[index] { return false }
    return true
}

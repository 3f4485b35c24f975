import Base
import Testing

@Suite struct SharedIntervalTests {
    @Test("An action runs once per interval, and again after it or when the clock was set back")
    func once() {
        let interval = SharedInterval(seconds: 60)
        let moments = [1_000, 1_000, 1_059, 1_060, 1_061, 900, 950, 960]
        #expect(
            moments.map { interval.begin(now: Timestamp(seconds: $0)) }
                == [true, false, false, true, false, true, false, true])
    }
}

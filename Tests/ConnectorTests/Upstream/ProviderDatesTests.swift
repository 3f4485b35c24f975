import Base
import Testing
import Upstream

@Suite struct ProviderDatesTests {
    @Test(
        "A UTC offset of a provider's date has at most 23 hours and 59 minutes",
        arguments: [
            ("", "12:30:00"), ("Z", "12:30:00"), ("+02:00", "10:30:00"), ("-0530", "18:00:00"), ("+02", "10:30:00"),
            ("+12:59", "23:31:00"), ("+24:00", nil), ("-2400", nil), ("+02:60", nil), ("+99:99", nil), ("+99", nil),
        ])
    func offsets(_ offset: String, _ time: String?) {
        let moment = Timestamp(provider: "2026-04-15T12:30:00" + offset)
        #expect(moment.map { String($0.description.dropFirst(11).prefix(8)) } == time)
        #expect(Timestamp(provider: "2026-04-15T12:30:00-23:59")?.description == "2026-04-16T12:29:00Z")
    }
}

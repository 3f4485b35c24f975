import Base
import HTTP
import Testing

@Suite struct HTTPDateTests {
    @Test(
        "An HTTP date has its day of the week, also before 1970",
        arguments: [
            ("1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
            ("1969-12-25T00:00:00Z", "Thu, 25 Dec 1969 00:00:00 GMT"),
            ("1900-01-01T12:00:00Z", "Mon, 01 Jan 1900 12:00:00 GMT"),
        ])
    func dates(_ text: String, _ expected: String) throws {
        let moment = try #require(Timestamp(text))
        #expect(moment.httpDate == expected && Timestamp(httpDate: expected) == moment)
    }
}

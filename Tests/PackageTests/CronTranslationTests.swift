import Testing

@testable import local_runner

/// Cron expressions in the forms of EventBridge and systemd.
@Suite struct CronTranslationTests {
    @Test(
        "EventBridge gets six fields, with a question mark for one of the two for days",
        arguments: [
            ("* * * * *", "rate(1 minute)"), ("*/15 * * * *", "cron(0,15,30,45 * * * ? *)"),
            ("5 4 * * *", "cron(5 4 * * ? *)"), ("0 9-17 1 * *", "cron(0 9-17 1 * ? *)"),
            ("0 0 * * MON-FRI", "cron(0 0 ? * MON-FRI *)"), ("0 0 * * 7", "cron(0 0 ? * SUN *)"),
            ("0 0 * JAN,FEB *", "cron(0 0 * 1,2 ? *)"), ("30 12 1-31 * MON", "cron(30 12 * * ? *)"),
        ])
    func aws(_ text: String, _ expected: String) throws {
        #expect(try CronExpression(text).onAWS == expected)
    }

    @Test("Days of the month together with days of the week are refused for EventBridge")
    func awsRefusals() throws {
        for text in ["0 0 13 * FRI", "0 0 */2 * MON"] {
            let cron = try CronExpression(text)
            #expect(throws: CronError.self) { try cron.onAWS }
        }
    }

    @Test(
        "systemd gets one or two times of the calendar",
        arguments: [
            ("* * * * *", ["*-*-* *:*:00 UTC"]), ("*/20 3 * * *", ["*-*-* 03:00,20,40:00 UTC"]),
            ("0 9-17 1 2 *", ["*-02-01 09..17:00:00 UTC"]), ("0 0 * * SAT-SUN", ["Sun,Sat *-*-* 00:00:00 UTC"]),
            ("0 0 13 * FRI", ["*-*-13 00:00:00 UTC", "Fri *-*-* 00:00:00 UTC"]),
            ("0 0 */10 * MON", ["Mon *-*-01,11,21,31 00:00:00 UTC"]),
        ])
    func systemd(_ text: String, _ expected: [String]) throws {
        #expect(try CronExpression(text).onCalendar == expected)
    }
}

import Base
import TestSupport
import Testing

@testable import Connectors

/// AWS makes a credential report on request, which may take minutes.
@Suite struct CredentialReportTests {
    private static func isReport(_ request: FakeProvider.Request) -> Bool {
        request.text.contains("Action=GetCredentialReport")
    }

    private static func notYet(_ code: String, status: Int) -> FakeProvider.Reply {
        var reply = AWSAccount.error(code, status: status)
        reply.headers["Retry-After"] = "0"
        return reply
    }

    @Test(
        "A credential report that is not ready is waited for",
        arguments: [("ReportNotPresent", 410), ("ReportExpired", 410), ("ReportInProgress", 404)])
    func isWaitedFor(_ code: String, _ status: Int) throws {
        let provider = try FakeProvider(ConnectorCase.aws.org)
        for _ in 0..<3 { provider.fail(Self.notYet(code, status: status), when: Self.isReport) }
        let connector = try ConnectorCase.aws.connect(provider)
        #expect(try pull { connector }.count == 34)
        #expect(provider.requests.filter(Self.isReport).count == 4)
    }

    @Test(
        "A credential report that takes too long is reported and requested again in the next sync",
        arguments: [("ReportNotPresent", 410), ("ReportExpired", 410), ("ReportInProgress", 404)])
    func thatTakesLongIsToldAndTriedAgain(_ code: String, _ status: Int) throws {
        let provider = try FakeProvider { request in
            Self.isReport(request) ? Self.notYet(code, status: status) : ConnectorCase.aws.org(request)
        }
        let connector = try ConnectorCase.aws.connect(provider)
        let reasons = try pullEntries { connector }.entries.leftOut.map(\.reason)
        #expect(reasons.contains("AWS is still making its credential report. The next try asks for it again."))
    }
}

import Base
import HTTP
import TestSupport
import Testing

@testable import Connectors

/// The suspension of an AWS user carries out every step that AWS permits.
@Suite struct AWSSuspensionTests {
    private let target = ActionTarget(actionID: .random(), externalID: "u0")

    /// Returns the calls of a suspension, equal ones in a row only once, and its error, while AWS refuses some calls.
    private func suspend(
        refusing refused: [String: (code: String, status: Int)]
    ) throws -> (calls: [String], error: ConnectorError?) {
        let provider = try FakeProvider { request in
            let action = request.form?.values("Action").first ?? ""
            let key = request.form?.values("AccessKeyId").first
            if let answer = refused[action] ?? key.flatMap({ refused[$0] }) {
                return AWSAccount.error(answer.code, status: answer.status)
            }
            return AWSAccount.reply(
                action,
                """
                <AccessKeyMetadata><member><AccessKeyId>AKIA1</AccessKeyId><Status>Active</Status></member>\
                <member><AccessKeyId>AKIA2</AccessKeyId><Status>Active</Status></member></AccessKeyMetadata>
                """)
        }
        let connector = try ConnectorCase.aws.connect(provider)
        var error: ConnectorError?
        do {
            _ = try connector.perform(.suspendUser, on: target)
        } catch let thrown as ConnectorError {
            error = thrown
        }
        let calls = provider.requests.compactMap { $0.form?.values("Action").first }
        return (calls.reduce(into: []) { if $0.last != $1 { $0.append($1) } }, error)
    }

    private static let all = ["DeleteLoginProfile", "ListAccessKeys", "UpdateAccessKey", "PutUserPolicy"]

    @Test("A suspension removes the password first, then the keys") func thePasswordAndTheKeysComeFirst() throws {
        let (calls, error) = try suspend(refusing: [:])
        #expect(calls == Self.all && error == nil)
    }

    @Test("A refused step does not stop the other steps") func aRefusedStepStopsNoOther() throws {
        let denied = (code: "AccessDenied", status: 403)
        let (calls, error) = try suspend(refusing: ["DeleteLoginProfile": denied])
        #expect(calls == Self.all)
        #expect(
            error?.sentence.hasPrefix(
                """
                The suspension is incomplete: the password could not be deleted; no access key is active; \
                a policy denies everything.
                """) == true, "\(error?.sentence ?? "")")
        #expect(error?.isTransient == false)
        let keys = try suspend(refusing: ["AKIA1": denied])
        #expect(keys.calls == Self.all)
        #expect(keys.error?.sentence.contains("not every access key could be deactivated;") == true)
        let none = try suspend(refusing: [
            "DeleteLoginProfile": denied, "ListAccessKeys": denied, "PutUserPolicy": denied, "AttachUserPolicy": denied,
        ])
        #expect(none.calls == ["DeleteLoginProfile", "ListAccessKeys", "PutUserPolicy", "AttachUserPolicy"])
        #expect(none.error?.sentence.hasPrefix("The suspension is refused: ") == true)
        #expect(none.error?.kind == "configuration_invalid")
    }

    @Test("If the user has no room for an inline policy, AWS's own policy is attached")
    func whoHasNoRoomForAPolicyGetsAWSs() throws {
        let (calls, error) = try suspend(refusing: ["PutUserPolicy": (code: "LimitExceeded", status: 409)])
        #expect(calls == Self.all + ["AttachUserPolicy"] && error == nil)
        let both = try suspend(refusing: [
            "PutUserPolicy": (code: "LimitExceeded", status: 409),
            "AttachUserPolicy": (code: "LimitExceeded", status: 409),
        ])
        #expect(both.error?.sentence.contains("no policy that denies everything could be added;") == true)
    }

    @Test("A temporary failure of a step can be retried") func whatMayPassIsTriedAgain() throws {
        let (calls, error) = try suspend(refusing: ["ListAccessKeys": (code: "ServiceFailure", status: 500)])
        #expect(Set(calls).isSuperset(of: ["DeleteLoginProfile", "PutUserPolicy"]))
        #expect(error?.isTransient == true)
    }

    @Test("Suspending a user who does not exist is reported as missing") func nobodyIsNobody() throws {
        let gone = (code: "NoSuchEntity", status: 404)
        let (_, error) = try suspend(refusing: Dictionary(uniqueKeysWithValues: Self.all.map { ($0, gone) }))
        #expect(error == .missing("AWS has no such user, role, key or password."))
    }

    @Test(
        "A user counts as suspended only if the policy denies everything",
        arguments: [
            (#"{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#, "", true),
            (#"{"Statement":[]}"#, "", false),
            (nil, "<member><PolicyArn>arn:aws:iam::aws:policy/AWSDenyAll</PolicyArn></member>", true), (nil, "", false),
        ] as [(String?, String, Bool)])
    func aSuspensionIsWhatThePolicySays(_ own: String?, _ attached: String, _ isDone: Bool) throws {
        let provider = try FakeProvider { request in
            switch request.form?.values("Action").first {
            case "GetLoginProfile": AWSAccount.error("NoSuchEntity", status: 404)
            case "ListAccessKeys": AWSAccount.reply("ListAccessKeys", "<AccessKeyMetadata/>")
            case "GetUserPolicy":
                own.map {
                    AWSAccount.reply("GetUserPolicy", "<PolicyDocument>\(PercentEncoding.encode($0))</PolicyDocument>")
                }
                    ?? AWSAccount.error("NoSuchEntity", status: 404)
            case "ListAttachedUserPolicies":
                AWSAccount.reply("ListAttachedUserPolicies", "<AttachedPolicies>\(attached)</AttachedPolicies>")
            default: nil
            }
        }
        let connector = try ConnectorCase.aws.connect(provider)
        #expect((try connector.outcome(of: .suspendUser, on: target) != .notDone) == isDone)
        #expect(provider.unexpected.isEmpty)
    }
}

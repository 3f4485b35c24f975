import Base
import TestSupport
import Testing

@testable import Connectors

@Suite struct CrowdStrikeAbsenceTests {
    private func sync(_ answer: @escaping Absence.Answer) throws -> Absence { try Absence(.crowdStrike, answer) }

    private static let failure: JSON = [
        "resources": [], "errors": [["code": 500, "message": "Internal error"]], "meta": ["pagination": ["total": 0]],
    ]
    private static let scroll = "/devices/queries/devices-scroll/v1"
    private static let hosts = "/devices/entities/devices/v2"

    @Test("Errors next to status 200 make the list of hosts fail", arguments: [scroll, hosts])
    func errorsOfHosts(_ path: String) {
        #expect(throws: ConnectorError.provider("CrowdStrike failed with code 500. Try again later.")) {
            try sync { request, _ in request.path == path ? .json(Self.failure) : nil }
        }
    }

    @Test(
        "Errors next to status 200 leave the console's users out, and no user is gone",
        arguments: ["/user-management/queries/users/v1", "/user-management/entities/users/GET/v1"])
    func errorsOfUsers(_ path: String) throws {
        let absence = try sync { request, _ in request.path == path ? .json(Self.failure) : nil }
        #expect(absence.gone == [] && absence.leftOut == ["users"])
        #expect(absence.records.count == 6)
    }

    @Test(
        "Detections that could not be counted keep their stored number, and the report names them",
        arguments: [
            .json(failure), .json(failure, status: 403), .init(500),
            .json(["resources": [nil], "errors": [], "meta": ["pagination": ["total": 1]]]),
            .json(["resources": [["device": ["device_id": "d0"]]], "errors": []]),
        ] as [FakeProvider.Reply])
    func alerts(_ reply: FakeProvider.Reply) throws {
        let absence = try sync { request, _ in request.path == "/alerts/combined/alerts/v1" ? reply : nil }
        #expect(absence.gone == [] && absence.leftOut == ["alerts"])
        let devices = absence.records.compactMap { if case .device(let device) = $0 { device } else { nil } }
        #expect(devices.count == 6 && devices.allSatisfy { $0.unread.contains(.openDetections) })
    }

    @Test("Connecting does not need access to alerts") func checkWithoutAlerts() throws {
        let provider = try FakeProvider { request in
            request.path.contains("alerts")
                ? .json(Self.failure, status: 403) : FalconCloud.answer(request, isEmpty: false)
        }
        try ConnectorCase.crowdStrike.connect(provider).check()
    }

    struct Answer: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let errors: JSON
        let gone: Set<String>
        let leftOut: Set<String>
    }

    static let answers = [
        Answer(testDescription: "no error", errors: [], gone: [], leftOut: []),
        Answer(
            testDescription: "404 for the host", errors: [["code": 404, "id": "d1"]], gone: ["device/d1"], leftOut: []),
        Answer(testDescription: "404 for no host", errors: [["code": 404]], gone: [], leftOut: ["hosts"]),
        Answer(testDescription: "500 for the host", errors: [["code": 500, "id": "d1"]], gone: [], leftOut: ["hosts"]),
        Answer(testDescription: "null", errors: [nil], gone: [], leftOut: ["hosts"]),
    ]

    @Test("A requested host that was not returned is gone only if CrowdStrike says so", arguments: answers)
    func hostThatDidNotCome(_ answer: Answer) throws {
        let absence = try sync { request, reply in
            request.path == Self.hosts
                ? reply.entries("resources") { $0.filter { $0.text("device_id") != "d1" } }.with(
                    "errors", answer.errors)
                : nil
        }
        #expect(absence.gone == answer.gone && absence.leftOut == answer.leftOut)
    }

    @Test(
        "An unreadable entry protects its own record, or all records if it has no id",
        arguments: [
            (scroll, .null, []), (scroll, 7, []), (hosts, .null, []), (hosts, ["hostname": "x"], []),
            ("/user-management/queries/users/v1", .null, []), ("/user-management/entities/users/GET/v1", .null, []),
            ("/user-management/entities/users/GET/v1", ["uid": "x"], []),
        ] as [(String, JSON, Set<String>)])
    func unreadable(_ path: String, _ entry: JSON, _ gone: Set<String>) throws {
        let absence = try sync { request, reply in
            request.path == path ? reply.entries("resources") { _ in [entry] } : nil
        }
        #expect(absence.gone == gone)
    }

    @Test("A list that counts more than it shows is an error") func counts() throws {
        func sync(_ path: String) throws -> Absence {
            try self.sync { $0.path == path ? $1.entries("resources") { _ in [] } : nil }
        }
        #expect(throws: ConnectorError.self) { try sync(Self.scroll) }
        let users = try sync("/user-management/queries/users/v1")
        #expect(users.leftOut == ["users"] && users.gone == [])
    }

    @Test("A list that does not tell if there is more is incomplete") func noPagination() throws {
        func sync(_ path: String) throws -> Absence { try self.sync { $0.path == path ? $1.with("meta", nil) : nil } }
        #expect(throws: ConnectorError.self) { try sync(Self.scroll) }
        #expect(try sync("/user-management/queries/users/v1").gone == [])
    }

    @Test("A host without a status keeps its stored containment") func noStatus() throws {
        let absence = try sync { request, reply in
            request.path == Self.hosts ? reply.entries("resources") { $0.map { $0.with(["status": nil]) } } : nil
        }
        guard case .device(let device)? = absence.records.byKey["device/d1"] else {
            Issue.record("the host is missing")
            return
        }
        #expect(device.unread == [.isContained])
    }

    @Test(
        "If one user's roles can't be read, that user's stored roles stay",
        arguments: [
            .json(failure), .json(["errors": [["code": 403]]], status: 403), .init(401), .init(500),
            .json(["resources": [nil]]), .json(["resources": [["role_name": "Falcon Administrator"]]]),
        ] as [FakeProvider.Reply])
    func roles(_ reply: FakeProvider.Reply) throws {
        let absence = try sync { request, _ in request.parameter("user_uuid") == "u0" ? reply : nil }
        #expect(absence.accounts["u0"]?.isAdmin == nil && absence.accounts["u0"]?.unread == [.adminRoles])
        #expect(absence.accounts["u1"]?.isAdmin == false && absence.accounts["u1"]?.unread == [])
        let isRead = reply.status == 200 && !reply.body.starts(with: JSONWriter.bytes(Self.failure))
        #expect(absence.leftOut == (isRead ? [] : ["roles"]))
    }

    @Test("Only CrowdStrike's documented answers mean bad credentials", arguments: [308, 404, 405, 500])
    func tokens(_ status: Int) throws {
        let provider = try FakeProvider { _ in FalconCloud.refused(status, "no") }
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.crowdStrike.connect(provider).check() }
        #expect(error?.kind == (status == 308 ? "configuration_invalid" : "provider_error"))
    }
}

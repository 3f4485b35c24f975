import Base
import TestSupport
import Testing

@testable import Connectors

@Suite struct JamfProAbsenceTests {
    private func sync(_ answer: @escaping Absence.Answer) throws -> Absence { try Absence(.jamfPro, answer) }

    private static let computers = "/api/v4/computers-inventory"
    private static let mobiles = "/api/v2/mobile-devices/detail"

    @Test(
        "An unreadable entry protects its own record, or all records if its id is unknown",
        arguments: [
            (computers, .null, []), (computers, ["id": "0"], []), (computers, ["id": "0", "general": .null], []),
            (
                computers, ["general": ["managementId": "c0ffee00-0000-4000-8000-000000000000"]],
                ["device/c0ffee00-0000-4000-8000-00000000000249"]
            ),
            (mobiles, .null, []), (mobiles, ["mobileDeviceId": "0"], []),
            (mobiles, ["general": ["managementId": "beef-0"]], ["device/beef-249"]),
        ] as [(String, JSON, Set<String>)])
    func unreadable(_ path: String, _ entry: JSON, _ gone: Set<String>) throws {
        let absence = try sync { request, reply in
            guard request.path == path else { return nil }
            // The first entry can't be read, and the last one is gone.
            return switch request.parameter("page") {
            case "0": reply.entries("results") { [entry] + $0.dropFirst() }
            case "2": reply.entries("results") { $0.dropLast() }
            default: nil
            }
        }
        #expect(absence.gone == gone)
    }

    @Test("If mobile devices are refused, they are left out and none is gone", arguments: [401, 403, 404, 500])
    func mobileDevices(_ status: Int) throws {
        let absence = try sync { request, _ in request.path == Self.mobiles ? .json([:], status: status) : nil }
        #expect(absence.leftOut == ["mobile devices"] && absence.gone == [] && absence.records.count == 250)
    }

    @Test("A list without a count, or with one above its entries, is an error", arguments: [true, false])
    func counts(_ hasCount: Bool) throws {
        let error = #expect(throws: ConnectorError.self) {
            try sync { request, reply in
                guard request.path == Self.computers else { return nil }
                return hasCount ? reply.entries("results") { _ in [] } : reply.with("totalCount", nil)
            }
        }
        #expect(error?.kind == "provider_error")
    }

    @Test("An entry without an id at the end of a page hides no other entry") func lastWithoutID() throws {
        let absence = try sync { request, reply in
            request.path == Self.computers && request.parameter("page") == "0"
                ? reply.entries("results") { $0.dropLast() + [nil] } : nil
        }
        #expect(absence.gone == [] && absence.records.count == 499)
    }

    @Test("Only a refusal of the client means bad credentials", arguments: [403, 405, 500])
    func tokens(_ status: Int) throws {
        let provider = try FakeProvider { _ in .json([:], status: status) }
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.jamfPro.connect(provider).check() }
        #expect(error?.kind == "provider_error")
    }
}

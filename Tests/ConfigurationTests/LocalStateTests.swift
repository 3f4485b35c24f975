import Base
import Foundation
import Testing

@testable import local_runner

@Suite struct LocalStateTests {
    /// Calls `body` with the path of a new folder that contains the folder `deep/er`.
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + UUID().uuidString
        try File.makeFolder(folder + "/deep/er", mode: 0o700)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test("The file watch notices new, changed and deleted files") func watchesFilesThatComeChangeAndGo() throws {
        try inFolder { folder in
            try File.write(folder + "/one", [1], mode: 0o600)
            var watch = FileWatch([folder + "/deep", folder + "/one", folder + "/absent"])
            #expect(watch.changes().isEmpty)
            try File.write(folder + "/deep/er/two", [1], mode: 0o600)
            try File.write(folder + "/elsewhere", [1], mode: 0o600)
            #expect(watch.changes() == [folder + "/deep/er/two"])
            try File.write(folder + "/one", [2], mode: 0o600)
            try File.write(folder + "/absent", [1], mode: 0o600)
            #expect(watch.changes() == [folder + "/absent", folder + "/one"])
            unlink(folder + "/one")
            #expect(watch.changes() == [folder + "/one"])
            #expect(watch.changes().isEmpty)
        }
    }

    @Test("dev.json can be read by its owner only") func keepsDevJSONToItsOwner() throws {
        try inFolder { folder in
            let path = folder + "/dev.json"
            #expect(DevState.apiKeys(in: path).isEmpty)
            let state = DevState(
                url: "http://127.0.0.1:1", workspaceID: "w", tokens: ["viewer": "t"], localToken: "l",
                apiKeys: ["read": "thal_r", "write": "thal_w"])
            try state.write(to: path)
            #expect(DevState.apiKeys(in: path) == state.apiKeys)
            #expect(try JSON(parsing: File.read(path))["tokens"]?["viewer"]?.string == "t")
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test("The error of a second runner names the first one's process") func aSecondRunnerIsToldOfTheFirst() throws {
        try inFolder { folder in
            try StateLock.take(in: folder)
            let failure = #expect(throws: Failure.self) { try StateLock.take(in: folder) }
            #expect(failure?.description.contains("(process \(getpid())) uses \(folder)") == true)
        }
    }

    @Test("Requests of the command line become events") func makesEventsOfRequests() {
        let event = RequestEvent.make(
            method: "POST", target: "/api/x?a=1&b=?", headers: [("X-A", "1"), ("x-a", "2")],
            body: Array("{}".utf8))
        #expect(event["rawPath"] == "/api/x")
        #expect(event["rawQueryString"] == "a=1&b=?")
        #expect(event["headers"] == ["x-a": "1,2"])
        #expect(event["requestContext"]?["http"]?["method"] == "POST")
        #expect(event["body"] == "{}" && event["isBase64Encoded"] == false)
        let binary = RequestEvent.make(method: "POST", target: "/", headers: [], body: [0xFF])
        #expect(binary["body"] == "/w==" && binary["isBase64Encoded"] == true)
        #expect(RequestEvent.make(method: "GET", target: "/", headers: [], body: [])["body"] == nil)
    }
}

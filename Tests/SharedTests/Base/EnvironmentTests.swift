import Base
import Foundation
import TestSupport
import Testing

@Suite struct EnvironmentTests {
    @Test("An empty environment variable counts as not set") func anEmptyVariableIsNotSet() {
        let environment = Environment(["A": "1", "EMPTY": ""])
        #expect(
            environment["A"] == "1" && environment["EMPTY"] == nil && environment["B"] == nil && environment["a"] == nil
        )
    }

    @Test("The value of a variable may be in a file that another variable names, which is read each time")
    func files() throws {
        let folder = try TemporaryFolder()
        let environment = Environment([
            "A_FILE": folder.path("a"), "B": "set", "B_FILE": folder.path("a"), "C": "", "C_FILE": folder.path("a"),
            "D_FILE": folder.path("none"), "E_FILE": "",
        ])
        for (content, value) in [("one\n", "one"), ("two", "two"), ("a b\nc\r\n", "a b\nc"), ("\n", nil)] {
            try folder.write("a", content)
            #expect(environment["A"] == value && environment["C"] == value && environment["B"] == "set")
        }
        #expect(environment["D"] == nil && environment["E"] == nil)
        try folder.write("a", String(repeating: "x", count: 65_537))
        #expect(environment["A"] == nil)
    }

    @Test("A file with NUL, a pipe without a writer, and a device hold no value", .timeLimit(.minutes(30)))
    func unsuitableFiles() throws {
        let folder = try TemporaryFolder()
        try folder.write("nul", "before\0behind")
        #expect(Environment(["A_FILE": folder.path("nul")])["A"] == nil)
        #expect(Environment(["A_FILE": "/dev/zero"])["A"] == nil)
        #expect(Environment(["A_FILE": folder.path])["A"] == nil)
        #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
        #expect(Environment(["A_FILE": folder.path("pipe")])["A"] == nil)
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        #expect(write(ends[1], "value\n", 6) == 6)
        close(ends[1])
        #expect(Environment(["A_FILE": "/dev/fd/\(ends[0])"])["A"] == "value")
    }

    @Test("A variable may hold two keys, or one with a comma in it")
    func twoKeys() throws {
        let (new, old) = (String(repeating: "n", count: 32), String(repeating: "o", count: 40))
        func keys(_ value: String) throws -> [String] {
            try Environment(["K": value]).hmacKeys("K").map { key in key.reveal { $0 } }
        }
        #expect(try keys(new) == [new])
        #expect(try keys("\(new),\(old)") == [new, old, "\(new),\(old)"])
        #expect(try keys(" \(new) , \(old)\n") == [new, old, " \(new) , \(old)\n"])
        #expect(try keys("\(new),") == ["\(new),"])
        #expect(try keys("\(new),short") == ["\(new),short"])
        #expect(try keys("\(new),\(old),\(old)") == ["\(new),\(old),\(old)"])
        #expect(try keys("") == [])
        #expect(throws: EnvironmentError.self) { try keys("short") }
    }

    @Test("Given variables replace those of the process") func givenVariablesHideTheProcess() {
        #expect(Environment.process["PATH"] == ProcessInfo.processInfo.environment["PATH"])
        #expect(Environment([:])["PATH"] == nil)
    }

    @Test("Variables with a given prefix are listed") func variablesWithAPrefixAreListed() {
        var found: [String: String] = [:]
        Environment(["UP_A": "1", "UP_": "2", "DOWN": "3"]).forEach(prefix: "UP_") { found[$0] = $1 }
        #expect(found == ["A": "1", "": "2"])
        var ofProcess: [String: String] = [:]
        Environment.process.forEach(prefix: "PAT") { ofProcess[$0] = $1 }
        #expect(ofProcess["H"] == ProcessInfo.processInfo.environment["PATH"])
    }
}

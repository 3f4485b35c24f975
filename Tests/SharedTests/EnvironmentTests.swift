import Base
import Foundation
import Testing

@Suite struct EnvironmentTests {
    @Test("An empty environment variable counts as not set") func anEmptyVariableIsNotSet() {
        let environment = Environment(["A": "1", "EMPTY": ""])
        #expect(
            environment["A"] == "1" && environment["EMPTY"] == nil && environment["B"] == nil && environment["a"] == nil
        )
    }

    @Test("Given variables replace those of the process") func givenVariablesHideTheProcess() {
        #expect(Environment.process["PATH"] == ProcessInfo.processInfo.environment["PATH"])
        #expect(Environment([:])["PATH"] == nil)
    }

    @Test("Variables with a given prefix are listed") func variablesWithAPrefixAreListed() {
        var found: [String: String] = [:]
        Environment(["UP_A": "1", "UP_": "2", "DOWN": "3"]).forEach(prefix: "UP_") { found[String($0)] = $1 }
        #expect(found == ["A": "1", "": "2"])
        var ofProcess: [String: String] = [:]
        Environment.process.forEach(prefix: "PAT") { ofProcess[String($0)] = $1 }
        #expect(ofProcess["H"] == ProcessInfo.processInfo.environment["PATH"])
    }
}

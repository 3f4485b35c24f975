import Foundation
import TestSupport
import Testing

/// The six ways of invocation; FastCGI in its two modes.
enum Way: CaseIterable, CustomTestStringConvertible {
    case standardInput, variable, cgi, fastCGI, isolated, watchdog, lambda

    var testDescription: String { "\(self)" }

    /// False if the body must fit into one variable (execve(2): 128 KiB).
    var takesLargeBodies: Bool { self != .variable }

    /// True if responses have a status and header fields in this way.
    var hasHead: Bool { self != .watchdog }

    /// Sends a request to the probe in its own process, and waits until the process has finished all work.
    /// `whenComplete` is called once the response is complete, while the process may still be working.
    func ask(_ ask: Ask, whenComplete: (Answer) throws -> Void = { _ in }) throws -> Answer {
        switch self {
        case .standardInput:
            return try run([:], input: ask.event, Answer.init(event:), whenComplete)
        case .variable:
            let event = String(decoding: ask.event, as: UTF8.self)
            return try run(["FUNCTION_EVENT": event], input: [], Answer.init(event:), whenComplete)
        case .cgi: return try run(ask.variables, input: ask.body, Answer.init(cgi:), whenComplete)
        case .watchdog:
            return try run(ask.watchdogVariables, input: ask.body, { Answer(status: nil, body: $0) }, whenComplete)
        case .fastCGI, .isolated:
            let server = try FastCGIProgram(isolated: self == .isolated)
            let peer = try server.connect()
            peer.request(1, ask.variables, body: ask.body)
            let answer = try Answer(cgi: peer.readStream())
            try whenComplete(answer)
            try #require(try peer.readEnd() == .complete)
            try #require(try peer.next() == nil, "the connection was not to be kept")
            try server.terminate()
            return answer
        case .lambda:
            let api = try RuntimeAPI()
            try api.takeNext()
            try api.invoke("first", ask.event)
            let answer = try api.takeAnswer("first")
            try whenComplete(answer)
            try api.takeNext()
            return answer
        }
    }

    private func run(
        _ variables: [String: String], input: [UInt8], _ decode: ([UInt8]) throws -> Answer,
        _ whenComplete: (Answer) throws -> Void
    ) throws -> Answer {
        let process = try PipedProgram(
            ProbeProgram.path, environment: ProbeProgram.environment(variables), input: input)
        try process.finishOutput()
        let answer = try decode(process.output)
        try whenComplete(answer)
        try #require(try process.waitForEnd() == 0)
        return answer
    }
}

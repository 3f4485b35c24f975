import Base
import Foundation
import TestSupport
import Testing

@testable import local_runner

/// The commands and the code that the documents show a newcomer.
@Suite struct ReadmeTests {
    private let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Runs the commands of a section in the folder that contains the runner's `.local-runner`, with the runner's
    /// address and with options that make curl print the status.
    @Test(
        "The commands that call the API are answered with 200",
        arguments: [("README.md", "## Try it"), ("Functions/README.md", "## Call the endpoints")])
    func commandsAreAnswered(_ document: String, _ title: String) throws {
        let folder = try TemporaryFolder()
        let runner = try TestProcess(
            BuiltProducts.folder + "/local-runner",
            [
                "dev", "--config", copiedConfiguration(in: folder), "--persist-to", folder.path(".local-runner"),
                "--port", "0",
            ],
            log: folder.path("log"))
        let isReady = poll(seconds: 30) {
            FileManager.default.fileExists(atPath: folder.path(".local-runner/dev.json"))
                && folder.read(".local-runner/dev.json").contains("\"read\"") || !runner.isRunning
        }
        #expect(isReady && runner.isRunning, "\(folder.read("log"))")
        let state = try JSON(parsing: Array(folder.read(".local-runner/dev.json").utf8))
        let url = try #require(state["url"]?.string)

        let lines = try section(title, of: document).map { line in
            line.hasPrefix("URL=") ? "URL=\(url)" : line.replacing("curl ", with: "echo; curl -sS -w '%{http_code}' ")
        }
        let answers = try shell(lines.joined(separator: "\n"), in: folder)
        let codes = answers.split(separator: "\n").map { $0.suffix(3) }
        #expect(codes.count == lines.count { $0.contains("curl ") } && codes.count >= 4)
        #expect(codes.allSatisfy { $0 == "200" }, "\(answers)")
    }

    @Test("The endpoint that the README of the functions shows is the real one")
    func theFunctionShownIsTheRealOne() throws {
        let readme = try String(contentsOfFile: top + "/Functions/README.md", encoding: .utf8)
        let function = try String(contentsOfFile: top + "/Functions/api/create-checkout.swift", encoding: .utf8)
        #expect(readme.contains("```swift\n" + function + "```"))
    }

    private func copiedConfiguration(in folder: TemporaryFolder) throws -> String {
        let copy = folder.path("wrangler-like.json")
        try FileManager.default.copyItem(atPath: top + "/wrangler-like.json", toPath: copy)
        return copy
    }

    /// Returns the indented lines of a section, without their indentation.
    private func section(_ title: String, of document: String) throws -> [String] {
        let readme = try String(contentsOfFile: top + "/" + document, encoding: .utf8)
        let rest = readme.components(separatedBy: "\n").drop { $0 != title }.dropFirst()
        return rest.prefix { !$0.hasPrefix("## ") }.filter { $0.hasPrefix("    ") }.map { String($0.dropFirst(4)) }
    }

    private func shell(_ script: String, in folder: TemporaryFolder) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", script]
        process.currentDirectoryURL = URL(filePath: folder.path(""))
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }
}

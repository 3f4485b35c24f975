public import Base
import Foundation

/// Third-party programs in Python, such as the official SDKs of Anthropic and Stripe, used by scripts in Tests/sdk.
/// Tests/run installs them.
public enum SDK {
    private static let python = ProcessInfo.processInfo.environment["THALIAN_PYTHON"]
    /// True if Tests/run has installed them.
    public static var isThere: Bool { python != nil }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "sdk").path

    /// Runs a script of Tests/sdk with JSON on standard input; returns its output and errors as one text.
    public static func run(_ script: String, _ input: JSON) throws -> String {
        let files = try TemporaryFolder()
        try Data(JSONWriter.bytes(input)).write(to: URL(filePath: files.path("input.json")))
        let process = Foundation.Process()
        let output = Foundation.Pipe()
        process.executableURL = URL(filePath: python ?? "/usr/bin/python3")
        process.arguments = [folder + "/" + script]
        process.standardInput = try FileHandle(forReadingFrom: URL(filePath: files.path("input.json")))
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }

    /// Returns a request as the JSON that the scripts expect.
    public static func described(_ request: FakeProvider.Request, body: JSON) -> JSON {
        [
            "method": .string(request.method), "target": .string(request.target), "body": body,
            "headers": .object(
                Dictionary(request.headers.fields.map { ($0.name, JSON.string($0.value)) }) { _, last in last }),
        ]
    }
}

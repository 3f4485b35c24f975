import Foundation
import Integrations
import TestSupport
import Testing

@testable import Connectors

/// Checks that every existing platform was added by the steps of "Add a platform" in the connectors' README.
@Suite struct AddPlatformTests {
    /// The folders that are not named after the connector's type.
    private static let folders: [Platform: String] = [.microsoftEntra: "Microsoft", .microsoftIntune: "Microsoft"]

    /// Returns the path of each step's file or folder, with placeholders.
    private static func steps() throws -> [String] {
        let readme = try DocumentTable.library("Connectors").appending(path: "README.md")
        let text = try String(contentsOf: readme, encoding: .utf8)
        let section = try #require(text.components(separatedBy: "\n## Add a platform\n").last)
        return section.matches(of: #/(?m)^\d\. `([^`]+)`: /#).map { String($0.1) }
    }

    /// Returns the text that a step's file must contain for a platform; nil if the step has a folder.
    private static func mark(of step: String, for example: ConnectorCase) -> String? {
        let (platform, type) = (example.connector.platform.rawValue, "\(example.connector)")
        return [
            "Shared/Platforms/Integrations/Platform.swift": platform,
            "Platforms/NAME/TYPE.swift": "struct \(type): Connector {",
            "Connectors.swift": type + ".self", "Tests/ConnectorTests/Platforms/TYPETests.swift": "ConnectorCase(",
            "FIELDS.md": "\n## \(platform)\n", "PLATFORMS.md": "| \(platform) |",
            "wrangler-like.json": "\"UPSTREAM_\(platform.uppercased())\"",
        ][step]
    }

    @Test("There are eight steps, and every platform has a connector and a case for the contract tests")
    func eightSteps() throws {
        #expect(try Self.steps().count == 8)
        #expect(Set(ConnectorCase.all.map { $0.connector.platform }) == Set(Platform.synced))
        #expect(Set(Connectors.all.map { $0.platform }) == Set(Platform.synced))
    }

    @Test("Each step was followed", arguments: ConnectorCase.all)
    func everyStepWasFollowed(_ example: ConnectorCase) throws {
        let platform = example.connector.platform
        let library = try DocumentTable.library("Connectors")
        for step in try Self.steps() {
            let path = step.replacing("NAME", with: Self.folders[platform] ?? "\(example.connector)")
                .replacing("TYPE", with: "\(example.connector)")
                .replacing("pages-PLATFORM", with: "pages-" + platform.rawValue)
            let places = [library, DocumentTable.repository].map { $0.appending(path: path) }
            let place = places.first { FileManager.default.fileExists(atPath: $0.path) }
            guard let place else {
                Issue.record("\(path) does not exist")
                continue
            }
            guard let mark = Self.mark(of: step, for: example) else {
                #expect(try !FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty, "\(path)")
                continue
            }
            // A failed #expect would print the values in its condition, and so the whole file.
            let isMarked = try String(contentsOf: place, encoding: .utf8).contains(mark)
            #expect(isMarked, "\(path) does not contain \(mark)")
        }
    }
}

import Base
import Foundation
import Testing

@testable import local_runner

/// Checks routes, bindings and methods in Package.swift, Functions/ and wrangler-like.json against each other.
@Suite struct HouseTests {
    private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The routes in Package.swift's list, each with its file under Functions/.
    private func packageRoutes() throws -> [String: String] {
        let package = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
        var routes: [String: String] = [:]
        for match in package.matches(of: /Route\(\s*"([^"]+)"(?:,\s*file:\s*"([^"]+)")?/) {
            routes["/" + match.1] = match.2.map(String.init) ?? match.1 + ".swift"
        }
        return routes
    }

    private func configuration() throws -> Configuration {
        let file = root.appending(path: Configuration.fileName).path
        return try Configuration.load(
            file, environment: nil, defaults: ["DATABASE_URL": "sqlite:none"], needsSecrets: false)
    }

    @Test("Package.swift and wrangler-like.json name the same routes")
    func packageAndConfigurationNameTheSameRoutes() throws {
        let package = try packageRoutes()
        let functions = try configuration().functions
        #expect(!package.isEmpty)
        #expect(Set(package.keys) == Set(functions.map(\.route)))
        for function in functions {
            let path = function.route.dropFirst().prefix { $0 != "." }
            #expect(function.function == path.replacing("/", with: "-"))
        }
    }

    @Test("Every route is one file, and every file is one route")
    func everyRouteIsOneFileAndEveryFileOneRoute() throws {
        let folder = root.appending(path: "Functions")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        let package = try packageRoutes()
        #expect(Set(package.values) == Set(paths.filter { $0.hasSuffix(".swift") }))
        for (route, file) in package {
            // The extension of a route such as /api/openapi.json is not part of the file's name.
            let name = String(route.dropFirst().prefix { $0 != "." })
            #expect([name + ".swift", name + "/index.swift"].contains(file))
        }
    }

    /// Only the function for the AI chat may call Anthropic. That function refuses requests without a session.
    @Test("Only the assistant has the key for Anthropic") func theAssistantAloneHasTheKeyOfAnthropic() throws {
        let withKey = try configuration().functions.filter {
            $0.environment.contains { $0.name == "ANTHROPIC_API_KEY" }
        }
        #expect(withKey.map(\.route) == ["/api/ai-chat"])
    }

    /// A function that knows the proxies but not their header field would believe another field.
    @Test("A function that trusts proxies also has their header field")
    func functionsThatTrustProxiesKnowTheirField() throws {
        let bindings = try configuration().functions.map { Set($0.environment.map(\.name)) }
        #expect(bindings.contains { $0.contains("TRUSTED_PROXIES") })
        for names in bindings { #expect(names.contains("TRUSTED_PROXIES") == names.contains("CLIENT_IP_HEADER")) }
    }

    @Test("Each function answers exactly the methods that the configuration names")
    func eachFunctionAnswersTheMethodsThatTheConfigurationSays() throws {
        let package = try packageRoutes()
        for function in try configuration().functions {
            let file = try #require(package[function.route])
            let url = root.appending(path: "Functions").appending(path: file)
            let source = try String(contentsOf: url, encoding: .utf8)
            let methods = source.matches(of: /\bonRequest([A-Z][a-z]+)\b/).map { $0.1.uppercased() }
            #expect(Set(methods) == Set(function.methods), "\(file)")
        }
    }

    /// The compiler writes the length of a file's path next to `withoutActuallyEscaping`, and the path itself for
    /// `#filePath` and `#file`.
    @Test("No source has a form that puts the path of the checkout into an executable")
    func noPathsInExecutables() throws {
        var count = 0
        for folder in ["Functions", "Shared", "local-runner"] {
            let top = root.appending(path: folder)
            for path in try FileManager.default.subpathsOfDirectory(atPath: top.path) where path.hasSuffix(".swift") {
                let text = try String(contentsOf: top.appending(path: path), encoding: .utf8)
                count += 1
                #expect(!text.contains(#/withoutActuallyEscaping|#filePath\b|#file\b/#), "\(folder)/\(path)")
            }
        }
        #expect(count > 100)
    }
}

// swift-tools-version: 6.1
import PackageDescription

// MARK: Modules

/// The libraries under Shared/, and the modules of C among them. A name that is not here does not compile.
enum Module: String {
    case CComponents, CCrypto, CCurl, CLinkStubs, CPostgreSQL, CSQLite, CSQLiteTemplate, CSystem, CZlib
    case Archive, Base, Crypto, FastCGI, HTTP
    case Auth, Jobs, Operation, Store
    case Connectors, Integrations, Outbound, Sync, Upstream
    case Actions, Analysis, Assistant, Billing, Export, Findings, MCP, Remediation
    case Function, Invocation

    var dependency: Target.Dependency { .init(stringLiteral: rawValue) }
}

// MARK: Routes

/// A function: one file, one route, one executable. Its name is its route with dashes; its file is
/// Functions/ROUTE.swift, or Functions/ROUTE/index.swift when other routes lie below it. Both lack the extension of a
/// route such as api/openapi.json.
struct Route {
    let path: String
    let file: String
    /// The libraries that it uses besides `Function`, which every endpoint builds on.
    let uses: [Module]

    init(_ path: String, file: String? = nil, uses: Module...) {
        self.path = path
        self.file = file ?? path + ".swift"
        self.uses = uses
    }

    var target: Target {
        .executableTarget(
            name: path.prefix { $0 != "." }.split(separator: "/").joined(separator: "-"),
            dependencies: ([.Function] + uses).map(\.dependency),
            path: "Functions", exclude: ["README.md", "DEPLOYMENT.md"] + routes.map(\.file).filter { $0 != file },
            sources: [file])
    }
}

let routes = [
    Route("api/health", uses: .Base, .HTTP),
    Route("api/openapi.json", file: "api/openapi.swift", uses: .Base, .HTTP),
    Route("api/api-keys", uses: .Base, .HTTP, .Auth, .Operation),
    Route("api/analyze", uses: .Base, .HTTP, .Auth, .Analysis, .Findings),
    Route("api/export-audit-log", uses: .Base, .HTTP, .Auth, .Store, .Export),
    Route("api/export-workspace", uses: .Base, .HTTP, .Auth, .Operation, .Export),
    Route("api/execute-action", uses: .Base, .HTTP, .Auth, .Jobs, .Operation, .Integrations, .Actions, .Remediation),
    Route("api/connect-integration", uses: .Base, .HTTP, .Auth, .Jobs, .Operation, .Integrations, .Sync, .Analysis),
    Route("api/sync-integration", uses: .Base, .HTTP, .Auth, .Jobs, .Operation, .Integrations, .Sync, .Analysis),
    Route("api/rules", uses: .Base, .HTTP, .Auth, .Operation, .Analysis, .Findings),
    Route("api/platforms", uses: .Base, .HTTP, .Auth, .Connectors),
    Route("api/posture-history", uses: .Base, .HTTP, .Auth, .Operation, .Analysis),
    Route("api/disconnect-integration", uses: .Base, .HTTP, .Auth, .Operation, .Integrations, .Actions),
    Route("api/ai-chat", uses: .Base, .HTTP, .Auth, .Operation, .Assistant, .Remediation),
    Route("api/create-checkout", uses: .Base, .HTTP, .Auth, .Operation, .Billing),
    Route("api/create-portal-session", uses: .Base, .HTTP, .Auth, .Billing),
    Route("api/stripe-webhook", uses: .Base, .HTTP, .Billing),
    Route("api/mcp", file: "api/mcp/index.swift", uses: .Base, .HTTP, .Auth, .Findings, .MCP),
    Route("api/mcp/risk-score", uses: .Auth, .Findings),
    Route("api/mcp/findings", file: "api/mcp/findings/index.swift", uses: .Auth, .Findings),
    Route("api/mcp/findings/snooze", uses: .Base, .Auth, .Findings),
    Route("api/mcp/findings/dismiss", uses: .Base, .Auth, .Findings),
    Route("api/mcp/findings/remediate", uses: .Base, .Auth, .Remediation),
    Route("api/mcp/identity", uses: .Findings),
    Route("api/mcp/integrations", uses: .Integrations),
    Route("api/mcp/posture-summary", uses: .Auth, .Findings),
    Route("api/mcp/rules", uses: .Analysis),
    Route("api/mcp/app-policy", uses: .Findings),
    Route("api/mcp/sync", uses: .Integrations),
    Route("scheduled/housekeeping", uses: .Auth, .Jobs),
    Route(
        "scheduled/jobs",
        uses: .Base, .Auth, .Jobs, .Integrations, .Outbound, .Sync, .Actions, .Analysis, .Assistant, .Billing,
        .Findings, .Remediation),
    Route("scheduled/sync", uses: .Integrations),
    Route("scheduled/session-keys", uses: .Base, .HTTP, .Auth, .Upstream),
]

// MARK: Shared

let system: [Target] = [
    .systemLibrary(
        name: "CSQLite", path: "Shared/Base/System/CSQLite", pkgConfig: "sqlite3",
        providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(
        name: "CCrypto", path: "Shared/Base/System/CCrypto", pkgConfig: "libcrypto",
        providers: [.apt(["libssl-dev"])]),
    // Every build, also that of the tests, links the archives of libpq and libcurl, which need CLinkStubs. pkg-config
    // would name the shared libraries instead.
    .systemLibrary(
        name: "CPostgreSQL", path: "Shared/Base/System/CPostgreSQL", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(
        name: "CCurl", path: "Shared/Base/System/CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .target(name: "CLinkStubs", path: "Shared/Base/System/CLinkStubs"),
    .target(
        name: "CComponents", path: "Shared/Base/System/CComponents",
        cSettings: Context.environment["THALIAN_COMPONENTS"].map {
            [.define("THALIAN_COMPONENTS", to: "\"" + $0 + "\"")]
        }),
    .systemLibrary(
        name: "CZlib", path: "Shared/Base/System/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CSystem", path: "Shared/Base/System/CSystem"),
    .target(name: "CSQLiteTemplate", dependencies: ["CSQLite"], path: "Shared/Base/System/CSQLiteTemplate"),
]

/// The libraries, by layer, the lowest first. A library imports nothing above its layer, and only what is
/// listed here.
let libraries: [Target] = [
    // Base
    library(.Base, in: "Base", on: .CComponents, .CSystem),
    library(.Crypto, in: "Base", on: .CCrypto, .Base),
    library(.Archive, in: "Base", on: .CZlib),
    library(.HTTP, in: "Base", on: .Base),
    library(.FastCGI, in: "Base", on: .Base),
    // Data
    library(
        .Store, in: "Data", on: .CCrypto, .CSQLite, .CSQLiteTemplate, .CSystem, .Base, .Crypto,
        postgreSQL: [.CPostgreSQL, .CLinkStubs],
        // local-runner/dev puts two archives of PostgreSQL that libpq.a needs into this folder.
        linkerSettings: [
            .unsafeFlags(
                ["-L" + Context.packageDirectory + "/.build-postgresql/libpq"], .when(traits: ["PostgreSQL"]))
        ]),
    library(.Auth, in: "Data", on: .Base, .Crypto, .HTTP, .Store),
    library(.Jobs, in: "Data", on: .CSystem, .Base, .Auth, .Store),
    library(.Operation, in: "Data", on: .Base, .Crypto, .Auth),
    // Platforms
    library(.Integrations, in: "Platforms", on: .Base, .Crypto, .Auth, .Jobs, .Operation, .Store),
    library(.Upstream, in: "Platforms", on: .CCrypto, .CCurl, .CLinkStubs, .CSystem, .Base, .HTTP),
    library(
        .Connectors, in: "Platforms", documents: ["FIELDS.md", "PLATFORMS.md"],
        on: .Base, .Crypto, .HTTP, .Integrations, .Upstream),
    library(.Sync, in: "Platforms", on: .Base, .Crypto, .Auth, .Jobs, .Store, .Connectors, .Integrations),
    library(.Outbound, in: "Platforms", on: .Base, .Auth, .Jobs, .Connectors, .Integrations),
    // Product
    library(.Findings, in: "Product", on: .Base, .Auth, .Operation, .Store, .Integrations),
    library(
        .Analysis, in: "Product", documents: ["PRELUDE.md", "DECISIONS.md", "RULES.md"],
        on: .Base, .Auth, .Jobs, .Operation, .Store, .Integrations, .Findings),
    library(.Actions, in: "Product", on: .Base, .Auth, .Jobs, .Operation, .Store, .Integrations),
    library(
        .Remediation, in: "Product",
        on: .Base, .Crypto, .Auth, .Jobs, .Operation, .Store, .Connectors, .Integrations, .Actions, .Findings),
    library(
        .Assistant, in: "Product",
        on: .Base, .Crypto, .HTTP, .Auth, .Operation, .Store, .Integrations, .Upstream, .Actions, .Analysis, .Findings,
        .Remediation),
    library(
        .MCP, in: "Product",
        on: .Base, .HTTP, .Auth, .Operation, .Integrations, .Analysis, .Findings, .Remediation),
    library(.Billing, in: "Product", on: .Base, .Crypto, .HTTP, .Auth, .Store, .Integrations, .Upstream),
    library(.Export, in: "Product", on: .Archive, .Base, .Crypto, .Auth, .Store),
    // Runtime
    library(.Invocation, in: "Runtime", on: .CSystem, .Base, .FastCGI, .HTTP),
    library(.Function, in: "Runtime", on: .Base, .HTTP, .Auth, .Operation, .Store, .Invocation),
]

/// A library.
///
/// - Parameters:
///   - layer: The folder under Shared/ in which it lies.
///   - documents: The documents in its folder, in addition to its README.
///   - postgreSQL: The modules that only builds with PostgreSQL need.
func library(
    _ module: Module, in layer: String, documents: [String] = [], on dependencies: Module...,
    postgreSQL: [Module] = [], linkerSettings: [LinkerSetting]? = nil
) -> Target {
    .target(
        name: module.rawValue,
        dependencies: dependencies.map(\.dependency)
            + postgreSQL.map { .target(name: $0.rawValue, condition: .when(traits: ["PostgreSQL"])) },
        path: "Shared/" + layer + "/" + module.rawValue, exclude: ["README.md"] + documents,
        linkerSettings: linkerSettings)
}

/// Targets outside of Shared/ and Functions/.
func dependencies(_ modules: Module..., and others: String...) -> [Target.Dependency] {
    modules.map(\.dependency) + others.map { .init(stringLiteral: $0) }
}

// MARK: The local runner

let runner: [Target] = [
    .target(
        name: "CompanyRecords", dependencies: dependencies(.Base, .Store), path: "local-runner/CompanyRecords"),
    .target(
        name: "Demonstration",
        dependencies: dependencies(
            .Base, .Auth, .Store, .Integrations, .Analysis, .Findings, and: "CompanyRecords"),
        path: "local-runner/Demonstration"),
    .executableTarget(
        name: "local-runner",
        dependencies: dependencies(
            .CSystem, .Archive, .Base, .Crypto, .FastCGI, .HTTP, .Auth, .Jobs, .Store, .Integrations, .Upstream,
            .Actions, .Analysis, .Findings, and: "Demonstration"),
        path: "local-runner",
        exclude: [
            "OPERATING.md", "README.md", "components", "dev", "wrangler-like.schema.json", "CompanyRecords",
            "Console/Page", "Demonstration", "Targets",
        ]),
]

// MARK: Tests

/// Functions for tests, which behave or fail as a test asks.
let fixtures: [Target] = [
    .executableTarget(
        name: "runner-fixture", dependencies: dependencies(.CSystem, .Base, .Crypto, .HTTP, .Invocation),
        path: "Tests/Fixtures/Runner"),
    .executableTarget(
        name: "fixture-probe", dependencies: dependencies(.Base, .Crypto, .HTTP, .Store, .Function),
        path: "Tests/Fixtures/Probe"),
    .executableTarget(
        name: "fixture-jobs", dependencies: dependencies(.Base, .Auth, .Jobs, .Integrations, .Function),
        path: "Tests/Fixtures/Jobs"),
]

let tests: [Target] = [
    .target(
        name: "TestSupport",
        dependencies: dependencies(
            .CSystem, .Base, .Crypto, .HTTP, .Auth, .Store, .Connectors, .Integrations, .Function,
            and: "CompanyRecords"),
        path: "Tests/Support"),
    test(
        "SharedTests",
        on: dependencies(
            .Archive, .Base, .Crypto, .HTTP, .Auth, .Jobs, .Store, .Integrations, .Actions, .Export, .Function)),
    test(
        "ConnectorTests",
        on: dependencies(
            .Base, .Crypto, .HTTP, .Auth, .Store, .Connectors, .Integrations, .Sync, .Upstream, .Analysis,
            .Findings)),
    test(
        "SyncTests",
        on: dependencies(.Base, .HTTP, .Auth, .Jobs, .Store, .Connectors, .Integrations, .Sync, .Findings)),
    test(
        "EndpointTests",
        on: dependencies(
            .Base, .Crypto, .HTTP, .Auth, .Jobs, .Store, .Connectors, .Integrations, .Outbound, .Upstream, .Actions,
            .Analysis, .Assistant, .Billing, .Export, .Findings, .Remediation, .Function, .Invocation,
            and: "local-runner")
            + routes.map { .init(stringLiteral: $0.target.name) }),
    test(
        "RemediationTests",
        on: dependencies(
            .Base, .HTTP, .Auth, .Jobs, .Store, .Connectors, .Integrations, .Actions, .Analysis, .Findings,
            .Remediation)),
    test("ConfigurationTests", on: dependencies(.Base, .Auth, and: "local-runner")),
    test(
        "InvocationTests", on: dependencies(.Base, .Crypto, .FastCGI, .HTTP, .Store, .Invocation, and: "fixture-probe")),
    test(
        "ProcessTests",
        on: dependencies(
            .Base, .Auth, .Jobs, .Store, .Connectors, .Integrations, .Actions, .Analysis, .Remediation,
            and: "Demonstration")),
    test(
        "RunnerTests",
        on: dependencies(.Base, .Crypto, .FastCGI, .HTTP, .Store, and: "local-runner", "runner-fixture")),
    test("PackageTests", on: dependencies(.Base, and: "local-runner")),
    test(
        "AnalysisTests",
        on: dependencies(
            .Base, .HTTP, .Auth, .Store, .Connectors, .Sync, .Analysis, .Findings, and: "CompanyRecords")),
    test("DemonstrationTests", on: dependencies(.Base, .Auth, .Store, .Analysis, .Findings, and: "Demonstration")),
]

func test(_ name: String, on dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/" + name)
}

/// The targets of every build.
let targets = routes.map(\.target) + runner + fixtures
/// True in release builds, which local-runner/dev makes without the tests and their libraries.
let isRelease = Context.environment["THALIAN_BUILD"] == "release"

/// Each file of the product imports the modules of all that it uses, and shows to importers only those that its
/// public declarations need.
for target in libraries + targets {
    target.swiftSettings = [
        .enableUpcomingFeature("MemberImportVisibility"), .enableUpcomingFeature("InternalImportsByDefault"),
    ]
}

/// Optimises the libraries in which tests spend most of their time, in the debug build of Tests/run.
if Context.environment["THALIAN_BUILD"] == "tests" {
    let optimised: [Module] = [
        .Base, .Crypto, .HTTP, .Store, .Auth, .Jobs, .Integrations, .Upstream, .Connectors, .Sync,
    ]
    for target in libraries where optimised.contains(where: { $0.rawValue == target.name }) {
        target.swiftSettings?.append(.unsafeFlags(["-O"]))
    }
}

let package = Package(
    name: "thalian",
    traits: [.trait(name: "PostgreSQL", description: "The store on PostgreSQL too, by libpq.")],
    targets: system + libraries + targets + (isRelease ? [] : tests))

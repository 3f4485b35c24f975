// swift-tools-version: 6.1
import PackageDescription

// MARK: Routes

/// A function: one file, one route, one executable. Its name is its route with dashes; its file is
/// Functions/ROUTE.swift, or Functions/ROUTE/index.swift when other routes lie below it.
struct Route {
    let path: String
    let file: String
    /// The domain libraries that the function uses, in addition to `Function`.
    let uses: [String]

    init(_ path: String, file: String? = nil, uses: String...) {
        self.path = path
        self.file = file ?? path + ".swift"
        self.uses = uses
    }

    var target: Target {
        .executableTarget(
            name: path.split(separator: "/").joined(separator: "-"),
            dependencies: (["Function"] + uses).map { .init(stringLiteral: $0) },
            path: "Functions", exclude: ["README.md", "DEPLOYMENT.md"] + routes.map(\.file).filter { $0 != file },
            sources: [file])
    }
}

let routes = [
    Route("api/health"),
    Route("api/api-keys"),
    Route("api/analyze", uses: "Findings", "Analysis"),
    Route("api/export-audit-log", uses: "Export"),
    Route("api/export-workspace", uses: "Export"),
    Route("api/execute-action", uses: "Findings", "Jobs", "Remediation"),
    Route("api/connect-integration", uses: "Jobs", "Sync"),
    Route("api/sync-integration", uses: "Jobs", "Sync"),
    Route("api/disconnect-integration", uses: "Findings"),
    Route("api/ai-chat", uses: "Assistant", "Remediation"),
    Route("api/create-checkout", uses: "Billing"),
    Route("api/create-portal-session", uses: "Billing"),
    Route("api/stripe-webhook", uses: "Billing"),
    Route("api/mcp/risk-score", uses: "Findings"),
    Route("api/mcp/findings", file: "api/mcp/findings/index.swift", uses: "Findings"),
    Route("api/mcp/findings/snooze", uses: "Findings"),
    Route("api/mcp/findings/dismiss", uses: "Findings"),
    Route("api/mcp/findings/remediate", uses: "Findings", "Jobs", "Remediation"),
    Route("api/mcp/identity", uses: "Findings"),
    Route("api/mcp/integrations", uses: "Findings"),
    Route("api/mcp/posture-summary", uses: "Findings"),
    Route("api/mcp/rules", uses: "Findings", "Analysis"),
    Route("api/mcp/app-policy", uses: "Findings"),
    Route("api/mcp/sync", uses: "Jobs"),
    Route("scheduled/housekeeping", uses: "Jobs"),
    Route("scheduled/jobs", uses: "Findings", "Jobs", "Remediation", "Sync"),
    Route("scheduled/sync", uses: "Jobs"),
    Route("scheduled/session-keys", uses: "Upstream"),
]

// MARK: Shared libraries, each depending only on those above it

let shared: [Target] = [
    .systemLibrary(
        name: "CSQLite", path: "Shared/System/CSQLite", pkgConfig: "sqlite3",
        providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(
        name: "CCrypto", path: "Shared/System/CCrypto", pkgConfig: "libcrypto",
        providers: [.apt(["libssl-dev"])]),
    // Every build, also that of the tests, links the archives of libpq and libcurl, which need CLinkStubs. pkg-config
    // would name the shared libraries instead.
    .systemLibrary(name: "CPostgreSQL", path: "Shared/System/CPostgreSQL", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CCurl", path: "Shared/System/CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .target(name: "CLinkStubs", path: "Shared/System/CLinkStubs"),
    .target(
        name: "CComponents", path: "Shared/System/CComponents",
        cSettings: Context.environment["THALIAN_COMPONENTS"].map {
            [.define("THALIAN_COMPONENTS", to: "\"" + $0 + "\"")]
        }),
    .systemLibrary(
        name: "CZlib", path: "Shared/System/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CSystem", path: "Shared/System/CSystem"),
    .target(name: "CSQLiteTemplate", dependencies: ["CSQLite"], path: "Shared/System/CSQLiteTemplate"),
    library("Base", on: "CComponents", "CSystem"),
    library("Crypto", on: "Base", "CCrypto"),
    library("HTTP", on: "Base"),
    library("FastCGI", on: "Base"),
    .target(
        name: "Store",
        dependencies: [
            "Base", "CCrypto", "CSystem", "Crypto", "CSQLite", "CSQLiteTemplate",
            .target(name: "CPostgreSQL", condition: .when(traits: ["PostgreSQL"])),
            .target(name: "CLinkStubs", condition: .when(traits: ["PostgreSQL"])),
        ], path: "Shared/Store", exclude: ["README.md"],
        // local-runner/dev puts two archives of PostgreSQL that libpq.a needs into this folder.
        linkerSettings: [
            .unsafeFlags(
                ["-L" + Context.packageDirectory + "/.build-postgresql/libpq"], .when(traits: ["PostgreSQL"]))
        ]),
    library("Auth", on: "Base", "Crypto", "HTTP", "Store"),
    library("Invocation", on: "Base", "HTTP", "FastCGI", "CSystem"),
    library("Function", on: "Base", "HTTP", "Invocation", "Store", "Auth"),
    library("Jobs", on: "Base", "CSystem", "Store", "Auth"),
    library("Upstream", on: "Base", "HTTP", "CCrypto", "CCurl", "CLinkStubs", "CSystem"),
    library("Findings", on: "Base", "HTTP", "Store", "Auth"),
    library("Analysis", tables: ["PRELUDE.md", "RULES.md"], on: "Base", "HTTP", "Store", "Auth", "Findings"),
    library("Billing", on: "Base", "Crypto", "HTTP", "Upstream", "Store", "Auth"),
    library(
        "Connectors", tables: ["FIELDS.md", "PLATFORMS.md"], on: "Base", "Crypto", "HTTP", "Upstream", "Store",
        "Findings"),
    library("Export", on: "Base", "Crypto", "HTTP", "Store", "Auth", "CZlib"),
    library("Remediation", on: "Base", "Crypto", "HTTP", "Store", "Auth", "Jobs", "Findings", "Connectors"),
    library(
        "Assistant", on: "Base", "Crypto", "HTTP", "Upstream", "Store", "Auth", "Findings", "Analysis", "Jobs",
        "Remediation"),
    library(
        "Sync", on: "Base", "Crypto", "HTTP", "Store", "Auth", "Findings", "Analysis", "Jobs", "Upstream",
        "Connectors"),
]

/// Makes the target of a library. `tables` are documents in its folder, in addition to its README.
func library(_ name: String, tables: [String] = [], on dependencies: String...) -> Target {
    .target(
        name: name, dependencies: dependencies.map { .init(stringLiteral: $0) }, path: "Shared/" + name,
        exclude: ["README.md"] + tables)
}

// MARK: The local runner

let runner: [Target] = [
    .target(
        name: "Demonstration", dependencies: ["Base", "Crypto", "Store", "Auth", "Findings", "Analysis"],
        path: "local-runner/Demonstration"),
    .executableTarget(
        name: "local-runner",
        dependencies: ["Base", "Crypto", "FastCGI", "CSystem", "Store", "Auth", "Jobs", "Demonstration"],
        path: "local-runner", exclude: ["README.md", "components", "dev", "Demonstration"]),
]

// MARK: Tests

/// Functions for tests, which behave or fail as a test asks.
let fixtures: [Target] = [
    .executableTarget(
        name: "runner-fixture", dependencies: ["Base", "CSystem", "Crypto", "HTTP", "Invocation"],
        path: "Tests/Fixtures/Runner"),
    .executableTarget(
        name: "fixture-probe", dependencies: ["Base", "Crypto", "Function", "HTTP", "Store"],
        path: "Tests/Fixtures/Probe"),
    .executableTarget(
        name: "fixture-jobs", dependencies: ["Auth", "Base", "Function", "Jobs"], path: "Tests/Fixtures/Jobs"),
]

let tests: [Target] = [
    .target(
        name: "TestSupport",
        dependencies: ["CSystem", "Base", "Connectors", "Crypto", "HTTP", "Store", "Auth", "Function"],
        path: "Tests/Support"),
    .testTarget(
        name: "SharedTests",
        dependencies: [
            "Base", "Crypto", "HTTP", "Store", "Auth", "Function", "Findings", "Export", "Jobs", "TestSupport",
        ],
        path: "Tests/SharedTests"),
    .testTarget(
        name: "ConnectorTests",
        dependencies: [
            "Auth", "Base", "Connectors", "Crypto", "Findings", "HTTP", "Store", "Sync", "TestSupport", "Upstream",
        ], path: "Tests/ConnectorTests"),
    .testTarget(
        name: "SyncTests",
        dependencies: [
            "Analysis", "Auth", "Base", "Connectors", "Findings", "HTTP", "Jobs", "Store", "Sync", "TestSupport",
        ], path: "Tests/SyncTests"),
    .testTarget(
        name: "EndpointTests",
        dependencies: [
            "Analysis", "Assistant", "Billing", "Connectors", "Export", "Findings", "Jobs", "Remediation",
            "TestSupport", "Upstream",
            "local-runner",
        ] + routes.map { .init(stringLiteral: $0.target.name) },
        path: "Tests/EndpointTests"),
    .testTarget(
        name: "RemediationTests",
        dependencies: [
            "Analysis", "Auth", "Base", "Connectors", "Findings", "HTTP", "Jobs", "Remediation", "Store", "TestSupport",
        ], path: "Tests/RemediationTests"),
    .testTarget(
        name: "ConfigurationTests", dependencies: ["local-runner", "Auth", "Base", "TestSupport"],
        path: "Tests/ConfigurationTests"),
    .testTarget(
        name: "InvocationTests",
        dependencies: ["Base", "Crypto", "FastCGI", "Function", "HTTP", "Invocation", "TestSupport", "fixture-probe"],
        path: "Tests/InvocationTests"),
    .testTarget(
        name: "ProcessTests",
        dependencies: [
            "Analysis", "Auth", "Base", "Connectors", "Demonstration", "Jobs", "Remediation", "Store", "TestSupport",
        ],
        path: "Tests/ProcessTests"),
    .testTarget(
        name: "RunnerTests",
        dependencies: ["Base", "Crypto", "FastCGI", "local-runner", "runner-fixture", "TestSupport"],
        path: "Tests/RunnerTests"),
    .testTarget(
        name: "AnalysisTests",
        dependencies: ["Analysis", "Auth", "Base", "Findings", "Store", "TestSupport"], path: "Tests/AnalysisTests"),
    .testTarget(
        name: "DemonstrationTests",
        dependencies: ["Analysis", "Auth", "Base", "Demonstration", "Findings", "Store", "TestSupport"],
        path: "Tests/DemonstrationTests"),
]

/// The targets of every build.
let targets = routes.map(\.target) + runner + fixtures
/// True in release builds, which local-runner/dev makes without the tests and their libraries.
let isRelease = Context.environment["THALIAN_BUILD"] == "release"

/// Optimises the libraries in which tests spend most of their time, in the debug build of Tests/run.
if Context.environment["THALIAN_BUILD"] == "tests" {
    for target in shared where ["Base", "Crypto", "HTTP", "Store", "Auth"].contains(target.name) {
        target.swiftSettings = [.unsafeFlags(["-O"])]
    }
}

let package = Package(
    name: "thalian",
    traits: [.trait(name: "PostgreSQL", description: "The store on PostgreSQL too, by libpq.")],
    targets: shared + targets + (isRelease ? [] : tests))

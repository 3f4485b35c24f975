import TestSupport
import Testing

/// Runs each test of a suite twice on SQLite: once with syncs that are applied in one transaction, and once with syncs
/// that are applied in steps, the first of one row. PostgreSQL has no steps.
struct AppliedBothWays: SuiteTrait, TestTrait, TestScoping {
    /// True while tests run whose syncs are applied in steps.
    @TaskLocal static var inSteps = false

    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await function()
        guard TestStore.Engine.ofThisRun == .sqlite else { return }
        try await Self.$inSteps.withValue(true) { try await function() }
    }
}

extension Trait where Self == AppliedBothWays {
    /// Runs the tests with syncs that are applied in one transaction and, on SQLite, again with syncs that are applied
    /// in steps.
    static var appliedBothWays: Self { Self() }
}

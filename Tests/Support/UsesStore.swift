public import Testing

/// Declares that the tests of a suite use the store. Tests/run runs these suites on SQLite and on PostgreSQL, and all
/// others only once.
///
///     @Suite(.usesStore) struct FindingsTests { … }
///
/// `EmptyDatabase`, and `TestStore` unless the test names an engine, record an issue in a test without this
/// declaration.
public struct UsesStore: SuiteTrait, TestTrait {
    public var isRecursive: Bool { true }

    /// Records an issue if the running test is not declared to use the store.
    static func check() {
        guard let test = Test.current, !test.traits.contains(where: { $0 is UsesStore }) else { return }
        Issue.record("\(test.name) uses the store, so its suite must be declared @Suite(.usesStore).")
    }
}

extension Trait where Self == UsesStore {
    /// Declares that the tests of a suite use the store.
    public static var usesStore: Self { Self() }
}

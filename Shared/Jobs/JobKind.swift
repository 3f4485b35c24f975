import Store

/// The kind of a job, which decides the handler that runs it.
public enum JobKind: String, SQLEnum, CaseIterable, Sendable {
    /// Pulls what a platform has.
    case sync
    /// Carries out an action at a platform.
    case remediation
    /// Looks for what is wrong in what was synced.
    case analysis
    /// Brings about what becomes due in a workspace by itself.
    case housekeeping

    /// Seconds that a job is taken to last, by which a workspace's next job stands behind those of others.
    var expectedSeconds: Int {
        switch self {
        case .sync: 10
        case .analysis: 5
        case .remediation, .housekeeping: 2
        }
    }
}

/// How soon a job is wanted: seconds by which it goes before others, or behind them, that were queued at the same time. One
/// that has waited for longer than the difference goes first, so that none waits for ever.
public enum JobUrgency: Int, Sendable {
    /// Somebody waits for it.
    case person = -600
    /// An action, which nobody wants to be late.
    case action = -300
    /// Hourly work.
    case routine = 0
    /// Work that may be done at any time.
    case upkeep = 600
}

/// What jobs of the same kind and platform stand in line for. A worker looks only at lanes that it has a handler for: what
/// another build has queued waits for that build, and is in nobody's way.
public struct JobLane: Hashable, Sendable {
    /// Its name in the store.
    let name: String

    /// The lane of a kind that is the same for all platforms.
    public init(_ kind: JobKind) { name = kind.rawValue }

    /// The lane of a kind at one platform.
    public init(_ kind: JobKind, at platform: String) { name = kind.rawValue + ":" + platform }
}

import Base
import Store

/// How bad a finding is, worst first.
public enum Severity: String, SQLEnum, CaseIterable, Sendable {
    case critical, high, medium, low, info

    /// The place in the order, 0 for critical: what the store sorts by.
    public var rank: Int {
        switch self {
        case .critical: 0
        case .high: 1
        case .medium: 2
        case .low: 3
        case .info: 4
        }
    }

    /// The severity at that place in the order; nil when there is none.
    public init?(rank: Int) {
        guard Self.allCases.indices.contains(rank) else { return nil }
        self = Self.allCases[rank]
    }

    /// How much one open finding adds to the risk score.
    public var weight: Int {
        switch self {
        case .critical: 10
        case .high: 5
        case .medium: 2
        case .low: 1
        case .info: 0
        }
    }
}

extension Severity: JSONWritable {
    public func write(to json: inout JSONWriter) { rawValue.write(to: &json) }
}

public import Base
public import Store

/// The severities of findings, worst first.
public enum Severity: String, SQLEnum, CaseIterable, Sendable {
    case critical, high, medium, low, info

    /// The position in the order, 0 for critical. The store sorts by it.
    public var rank: Int {
        switch self {
        case .critical: 0
        case .high: 1
        case .medium: 2
        case .low: 3
        case .info: 4
        }
    }

    /// Creates the severity at a position in the order; nil if there is none.
    public init?(rank: Int) {
        guard Self.allCases.indices.contains(rank) else { return nil }
        self = Self.allCases[rank]
    }

    /// The weight of one finding in the risk score.
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

extension Severity: Described {
    public static var schema: JSONSchema { .oneOf(Severity.self) }

    public func write(to json: inout JSONWriter) { rawValue.write(to: &json) }
}

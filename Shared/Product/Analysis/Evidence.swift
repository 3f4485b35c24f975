/// The kind of evidence for a rule's findings. The confidence in a finding follows from it: from how accounts were
/// matched, or how much history there is to compare with.
public enum Evidence: Sendable {
    /// A platform reports the state or the event itself.
    case reported
    /// Records of several platforms belong to one person or device, by address, link or serial number.
    case matched
    /// No match was found. There may be one that the platforms do not show.
    case unmatched
    /// A person does something unusual, compared with the log.
    case habit

    /// Returns the confidence, from 0 to 1.
    ///
    /// - Parameter days: The number of days since which the logs are complete.
    func confidence(historyOf days: Int) -> Double {
        switch self {
        case .reported: 0.95
        case .matched: 0.9
        case .unmatched: 0.7
        case .habit:
            switch days {
            case ..<14: 0.5
            case ..<30: 0.6
            case ..<60: 0.75
            default: 0.9
            }
        }
    }
}

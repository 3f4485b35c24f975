import Base
import Store

/// A rule's question: one SELECT over the tables that `Prelude` makes, in the SQL that both engines share.
///
/// What is interpolated becomes a parameter, never text: `\(daysAgo: 30)` and `\(hoursAgo: 1)` are moments before the
/// run's, `\(daysAgo: 0)` the run's own; a string is a text.
///
/// Each row is a fact about one finding; rows of the same `key` are one finding, and the different values of a column
/// become a list. Columns:
/// - `key`: what tells the rule's findings apart, such as the identity's id; '' when there can be but one.
/// - `identity_id`, `identity_name`, `identity_email`; `application_id`, `application_name`; `device_id`,
///   `device_name`; `account_id`, `account_name`, `account_platform`; `integration_platform`, `integration_name`: who
///   and what is affected. Each may be left out or null.
/// - `severity`: in place of the rule's own; all rows of a finding have the same.
/// - `affected_count`: in place of the number of identities.
/// - `source`: the platform that the fact comes from; without it, those that the rule needs.
/// - Any others are for the sentence.
public struct RuleQuery: ExpressibleByStringInterpolation, Sendable {
    enum Parameter: Sendable {
        case moment(secondsAgo: Int)
        case text(String)
    }

    let sql: SQL
    let parameters: [Parameter]

    public init(stringLiteral text: StaticString) {
        sql = SQL(stringLiteral: text)
        parameters = []
    }

    public init(stringInterpolation: Interpolation) {
        sql = stringInterpolation.sql
        parameters = stringInterpolation.parameters
    }

    private init(_ sql: SQL, _ parameters: [Parameter]) {
        self.sql = sql
        self.parameters = parameters
    }

    /// The parameters' values at `now`. `$1` is the workspace's id.
    func values(at now: Timestamp) -> [any SQLParameter] {
        parameters.map { parameter in
            switch parameter {
            case .moment(let secondsAgo): now - secondsAgo
            case .text(let text): text
            }
        }
    }

    /// Collects the text and the parameters.
    public struct Interpolation: StringInterpolationProtocol {
        fileprivate var sql: SQL = ""
        fileprivate var parameters: [Parameter] = []

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: StaticString) { sql = sql + SQL(stringLiteral: literal) }

        public mutating func appendInterpolation(daysAgo days: Int) { append(.moment(secondsAgo: .days(days))) }

        public mutating func appendInterpolation(hoursAgo hours: Int) { append(.moment(secondsAgo: .hours(hours))) }

        public mutating func appendInterpolation(_ text: String) { append(.text(text)) }

        private mutating func append(_ parameter: Parameter) {
            parameters.append(parameter)
            sql = sql + .placeholder(parameters.count + 1)
        }
    }
}

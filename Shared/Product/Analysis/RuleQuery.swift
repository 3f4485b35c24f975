import Base
public import Findings
public import Store

/// A rule's query: one SELECT over the tables that `Prelude` defines, in the SQL that both engines share.
///
/// Interpolated values become parameters, not text of the query: `\(daysAgo: 30)` and `\(hoursAgo: 1)` are times before
/// the run, `\(daysAgo: 0)` is the time of the run, and a string is a text. `\(person: "people")` stands for the
/// columns `identity_id`, `identity_name` and `identity_email`, read from the table `people`.
///
/// Each row is a fact about one finding. Rows with the same `key` belong to one finding, and the different values of a
/// column become a list. The columns are:
/// - `key`: the value that tells the rule's findings apart, such as the identity's id; '' if there can be only one.
/// - `identity_id`, `identity_name`, `identity_email`; `application_id`, `application_name`; `device_id`,
///   `device_name`; `account_id`, `account_name`, `account_platform`; `integration_platform`, `integration_name`: the
///   affected entities. Each may be missing or null.
/// - `severity`: the finding's severity, instead of the rule's own. It is the same in all rows of a finding.
/// - `affected_count`: the number of affected entities, instead of the number of identities.
/// - `source`: the platform from which the fact comes; without it, the platforms that the rule needs.
/// - Any other columns are for the sentence.
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

    /// Returns the values of the parameters from `$2` on, at `now`. `$1` is the workspace's id.
    func values(at now: Timestamp) -> [any SQLParameter] {
        parameters.map { parameter in
            switch parameter {
            case .moment(let secondsAgo): now - secondsAgo
            case .text(let text): text
            }
        }
    }

    /// Collects the SQL text and the parameters.
    public struct Interpolation: StringInterpolationProtocol {
        fileprivate var sql: SQL = ""
        fileprivate var parameters: [Parameter] = []

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: StaticString) { sql = sql + SQL(stringLiteral: literal) }

        public mutating func appendInterpolation(daysAgo days: Int) { append(.moment(secondsAgo: .days(days))) }

        public mutating func appendInterpolation(hoursAgo hours: Int) { append(.moment(secondsAgo: .hours(hours))) }

        public mutating func appendInterpolation(_ text: String) { append(.text(text)) }

        /// Inserts a part that is itself SQL.
        public mutating func appendInterpolation(_ part: SQL) { sql = sql + part }

        /// Inserts the columns that name the affected person, from a table such as `people` or `everyone`.
        public mutating func appendInterpolation(person table: SQL) {
            sql =
                sql + """
                    \(table).id AS identity_id, \(table).display_name AS identity_name, \(table).email AS identity_email
                    """
        }

        /// Inserts the severity of a finding about a change: a step higher, as listed, or a step lower, if `step` is 1,
        /// 0 or -1.
        public mutating func appendInterpolation(severity: Severity, movedBy step: SQL) {
            sql = sql + "CASE \(step) WHEN 1 THEN "
            append(.text((Severity(rank: severity.rank - 1) ?? severity).rawValue))
            sql = sql + " WHEN -1 THEN "
            append(.text((Severity(rank: severity.rank + 1) ?? severity).rawValue))
            sql = sql + " ELSE "
            append(.text(severity.rawValue))
            sql = sql + " END"
        }

        private mutating func append(_ parameter: Parameter) {
            parameters.append(parameter)
            sql = sql + .placeholder(parameters.count + 1)
        }
    }
}

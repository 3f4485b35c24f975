import Base

extension Verb {
    static let check = Verb(
        "check", "Checks if the product can work on this machine.",
        details: """
            Checks the configuration and the type of every variable; that the database can be reached and written, and
            that this build can serve its schema; that each function's executable runs and is from this build; the
            clock, the certificates, and the permissions of files. Changes nothing. The exit status is 1 if something
            must be repaired, and 0 if there are only warnings.

            If the environment has DATABASE_URL or DATABASE_URL_FILE, the values that serve and work use in production
            are checked. Otherwise those that dev uses are checked, which come from .dev.vars and "vars".
            """,
        options: [Option.format] + Option.configuration
    ) { arguments in
        let output = try Output(arguments)
        let findings = try Inspection(arguments).run()
        let hasFailed = findings.contains { $0.verdict == .failed }
        try output.say(["ok": .bool(!hasFailed), "findings": .array(findings.map(\.json))]) {
            for finding in findings { try Terminal.say(finding.line) }
        }
        return hasFailed ? 1 : 0
    }
}

/// A finding of `check` about one subject.
struct InspectionFinding: Equatable {
    enum Verdict: String { case ok, warning, failed }

    let verdict: Verdict
    /// The subject, such as `database`.
    let subject: String
    /// The state that was found.
    let text: String
    /// Advice. Nil if there is nothing to do.
    let advice: String?

    init(_ verdict: Verdict, _ subject: String, _ text: String, advice: String? = nil) {
        (self.verdict, self.subject, self.text, self.advice) = (verdict, subject, text, advice)
    }

    /// The finding as one line of text.
    var line: String {
        let label = verdict.rawValue + String(repeating: " ", count: 8 - verdict.rawValue.count)
        return "\(label) \(subject): \(text)" + (advice.map { "; \($0)" } ?? "")
    }

    var json: JSON {
        [
            "verdict": .string(verdict.rawValue), "subject": .string(subject), "text": .string(text),
            "advice": advice.map(JSON.string) ?? .null,
        ]
    }
}

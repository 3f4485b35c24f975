extension Posture {
    /// The posture in plain English. The text depends only on the metrics. A metric without data is left out.
    public var summary: String {
        var sentences = [
            "The risk score is \(risk.score.value) of 100, which is \(risk.score.label.lowercased()).", findings,
        ]
        if let mfaCoveragePercent {
            sentences.append("\(mfaCoveragePercent)% of active people use multi-factor authentication.")
        }
        if let adminPercent { sentences.append("\(adminPercent)% of active people are admins.") }
        if let ssoCoveragePercent {
            sentences.append("\(ssoCoveragePercent)% of applications are behind single sign-on.")
        }
        if let shadowITCount {
            sentences.append(
                shadowITCount == 0
                    ? "No application is in use without approval."
                    : "\(Self.count(shadowITCount, "application")) in use without approval.")
        }
        sentences.append(
            "\(Self.count(connectedIntegrations, "integration")) connected, and "
                + "\(Self.count(risk.identities, "identity", "identities")) known.")
        return sentences.joined(separator: " ")
    }

    private var findings: String {
        let parts = Severity.allCases.filter { risk.counts[$0] > 0 }
            .map { "\(risk.counts[$0]) \($0.rawValue)" }
        guard let last = parts.last else { return "No findings are open or in progress." }
        let list = parts.count == 1 ? last : parts.dropLast().joined(separator: ", ") + " and " + last
        return risk.counts.total == 1
            ? "One finding is open or in progress: \(list)." : "Findings open or in progress: \(list)."
    }

    private static func count(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
        number == 1 ? "1 \(singular) is" : "\(number) \(plural ?? singular + "s") are"
    }
}

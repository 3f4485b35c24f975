import Base

extension ConfigurationReader {
    /// Reads the entries of "triggers.crons". A function that neither HTTP nor a cron trigger reaches is a problem.
    mutating func crons(_ node: Node?, functions: [FunctionEntry]) -> [CronTrigger] {
        let crons = node?.members(known: ConfigurationKeys.triggers, &problems)["crons"]
        var triggers: [CronTrigger] = []
        var named: Set<String> = []
        for element in crons?.elements(&problems) ?? [] {
            let members = element.members(known: ConfigurationKeys.cron, &problems)
            for key in ["cron", "function"] where element.value.object != nil && members[key] == nil {
                problems.add("\(element.place).\(key)", "is missing; add it.")
            }
            let expression = members["cron"].flatMap { cron($0) }
            guard let node = members["function"], let function = node.string(&problems) else { continue }
            named.insert(function)
            let known = functions.map(\.configuration.function)
            guard known.contains(function) else {
                problems.add(
                    node.place,
                    "\"\(function)\" is not in \"functions\"; \(NearestWord.advice(function, known))")
                continue
            }
            guard let expression else { continue }
            if triggers.contains(where: { $0.cron == expression && $0.function == function }) {
                problems.add(element.place, "\(function) already has this trigger; remove it.")
            }
            triggers.append(CronTrigger(cron: expression, function: function))
        }
        for entry in functions where entry.isScheduled && !named.contains(entry.configuration.function) {
            problems.add(
                entry.place,
                "\(entry.configuration.route) is unreachable: add methods, or a trigger in triggers.crons."
            )
        }
        return triggers
    }

    private mutating func cron(_ node: Node) -> CronExpression? {
        guard let text = node.string(&problems) else { return nil }
        do throws(CronError) {
            return try CronExpression(text)
        } catch {
            problems.add(node.place, error.advice + ".")
            return nil
        }
    }
}

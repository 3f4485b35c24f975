extension Verb {
    static let routes = Verb(
        "routes", "Lists the routes and the triggers of the configuration.",
        options: Option.configuration
    ) { arguments in
        let configuration = try Workplace(arguments).configuration()
        var rows = [["ROUTE", "METHODS", "FUNCTION", "DISPATCH", "BINDINGS"]]
        for function in configuration.functions {
            let crons = configuration.crons.filter { $0.function == function.function }.map(
                \.cron.description)
            let methods = function.methods.joined(separator: " ")
            rows.append([
                function.route, methods.isEmpty ? "cron \(crons.joined(separator: ", "))" : methods,
                function.function, function.methods.isEmpty ? "-" : function.dispatch.rawValue,
                function.environment.map(\.name).joined(separator: " "),
            ])
        }
        let widths = rows[0].indices.map { column in rows.reduce(0) { max($0, $1[column].count) } }
        for row in rows {
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            Terminal.say(line)
        }
        return 0
    }
}

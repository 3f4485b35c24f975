extension Verb {
    static let routes = Verb(
        "routes", "Lists the routes and the triggers of the configuration.",
        options: Option.configuration
    ) { arguments in
        let configuration = try Project(arguments).configuration()
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
        try Terminal.say(table: rows)
        return 0
    }
}

extension Verb {
    static let migrate = Verb(
        "migrate", "Brings the database's schema up to date.",
        details: "Safe to run at any time, and by several processes at once.",
        options: Option.configuration
    ) { arguments in
        let workplace = try Workplace(arguments)
        try workplace.database(try workplace.configuration()).close()
        Terminal.say("The schema is up to date.")
        return 0
    }
}

import Store

extension Verb {
    static let migrate = Verb(
        "migrate", "Brings the database's schema up to date.",
        details: "Safe to run at any time, and by several processes at once. A SQLite file is made if it is missing.",
        options: Option.database
    ) { arguments in
        try DatabaseSource(arguments).open(migrates: true).close()
        try Terminal.say("The schema is up to date.")
        return 0
    }
}

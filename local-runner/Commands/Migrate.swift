import Store

extension Verb {
    static let migrate = Verb(
        "migrate", "Brings the database's schema up to date.",
        details: "Safe to run at any time, and by several processes at once. A SQLite file is made if it is missing.",
        options: Option.database
    ) { arguments in
        let source = try DatabaseSource(arguments)
        let before = try source.migrate()
        switch before {
        case .missing:
            try Terminal.say("Created the schema of \(source.name), version \(SchemaState.ofThisBuild).")
        case .older(let version):
            try Terminal.say(
                "Updated the schema of \(source.name) from version \(version) to \(SchemaState.ofThisBuild).")
        case .current, .newer, .tooNew: try Terminal.say("The schema of \(source.name) was up to date.")
        }
        return 0
    }
}

import Base
import Store

extension Verb {
    static let copyStore = Verb(
        "copy-store", "Copies all data from one database into another, empty one.",
        details: """
            The engines may differ. The copy is made in one transaction, and kept only when every table has as many
            rows as its original and every workspace's audit chain holds. Stop what writes to the source meanwhile:
            what is written after the copy has begun is not in it. Counters of rate limits are left behind.
            """,
        options: [
            Option("--from", "URL", "the database to copy: " + DatabaseArgument.help),
            Option("--to", "URL", "the one to copy into; a SQLite file is made, a server's database must exist"),
        ]
    ) { arguments in
        let source = try database(arguments, "--from", creates: false)
        let target = try database(arguments, "--to", creates: true)
        defer {
            source.close()
            target.close()
        }
        do {
            let rows = try StoreCopy(from: source, to: target).run { progress in
                if progress.rows == progress.total || progress.rows > 0 {
                    Terminal.complain("\(progress.table): \(progress.rows) of \(progress.total)")
                }
            }
            Terminal.say("Copied \(rows) rows. The audit chains hold.")
            return 0
        } catch StoreCopy.Failure.sourceIsNotCurrent {
            throw Failure("the database to copy has another schema than this build; run local-runner migrate on it")
        } catch StoreCopy.Failure.targetIsNotEmpty {
            throw Failure("the database to copy into holds workspaces already; nothing was written")
        }
    }

    private static func database(_ arguments: Arguments, _ option: String, creates: Bool) throws -> any Database {
        guard let text = arguments[option] else { throw UsageError("say \(option) URL") }
        guard let url = try DatabaseArgument.url(text, of: option).reveal({ DatabaseURL($0) }) else {
            throw UsageError("\(option) names no database that this build knows; write sqlite:PATH or postgres://…")
        }
        return url.database(creates: creates)
    }
}

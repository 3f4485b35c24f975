import Base
import Glibc
import Store

extension Verb {
    static let copyStore = Verb(
        "copy-store", "Copies all data from one database into another, empty one.",
        details: """
            The engines may differ. The copy is made in one transaction, and kept only if every table has as many rows
            as its original and every workspace's audit chain is intact. Stop all functions and workers first: data
            written to the source after the copy has begun is not copied. Counters of rate limits are not copied.
            """,
        options: [
            Option("--from", "URL", "the database to copy: " + DatabaseArgument.help, isRequired: true),
            Option(
                "--to", "URL", "the database to copy into; a SQLite file is created, any other must exist",
                isRequired: true),
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
                Terminal.printError("\(progress.table): \(progress.rows) of \(progress.total)")
            }
            try Terminal.say("Copied \(Terminal.counted(rows, "row")). All audit chains are intact.")
            return 0
        } catch StoreCopy.Failure.sourceIsNotCurrent {
            throw Failure("the --from database has another schema than this build; run local-runner migrate on it")
        } catch StoreCopy.Failure.targetIsNotEmpty {
            throw Failure("the --to database already contains workspaces; nothing was written")
        }
    }

    private static func database(_ arguments: Arguments, _ option: String, creates: Bool) throws -> any Database {
        let text = try DatabaseArgument.url(try arguments.required(option), of: option)
        guard let url = text.reveal({ DatabaseURL($0) }) else {
            throw UsageError("\(option): \(DatabaseSource.problem(ofUnusable: text))")
        }
        if creates, let file = url.file { try refuseForeign(file) }
        return url.database(creates: creates)
    }

    /// Throws a `Failure` if another user owns the file, or the link, to which the data would be copied: in a folder such
    /// as /tmp, any user could have made it.
    private static func refuseForeign(_ file: String) throws(Failure) {
        var status = stat()
        guard lstat(file, &status) == 0, status.st_uid != geteuid() else { return }
        throw Failure("\(file) belongs to another user, who could read the copy; name a file that does not exist")
    }
}

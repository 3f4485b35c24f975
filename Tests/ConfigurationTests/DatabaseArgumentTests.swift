import Base
import Foundation
import TestSupport
import Testing

@testable import local_runner

/// Options of the command line that name a database.
struct DatabaseArgumentTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(
        "A password on the command line is refused and not repeated",
        arguments: [
            "postgres://postgres:hunter2@127.0.0.1/thalian", "postgresql://u:p%40x@host:5432/db?sslmode=require",
            "postgres://u@host/db?password=x", "postgres://host/db?sslmode=require&password=x", "postgres://u:@host/db",
            "postgres://a@b:x@host/db", "postgres://host/db?sslpassword=x",
        ])
    func aPasswordIsRefusedAndNotRepeated(_ url: String) throws {
        let error = #expect(throws: UsageError.self) { try DatabaseArgument.url(url, of: "--database") }
        #expect(error?.description.contains("--database file:PATH") == true)
        #expect(error?.description.contains("hunter2") == false)
        for verb in [["migrate", "--database", url], ["copy-store", "--from", "sqlite:x", "--to", url]] {
            #expect(Main.run(verb + (verb[0] == "migrate" ? ["--config", "/nowhere"] : [])) == 2)
        }
    }

    @Test(
        "Database URLs without a password are accepted",
        arguments: [
            "sqlite:a:b@c.db", "postgres://postgres@127.0.0.1/thalian", "postgres://host:5432/db?options=@",
            "postgres:///db?host=/run/postgresql&user=u", "postgres://[::1]:5432/db", "mysql:anything",
        ])
    func othersAreTaken(_ url: String) throws {
        #expect(try DatabaseArgument.url(url, of: "--database").reveal { $0 } == url)
    }

    @Test("A database URL with a password is read from a file") func aFileMayHoldAPassword() throws {
        let url = "postgres://postgres:hunter2@127.0.0.1/thalian"
        let path = folder.path("url")
        for text in [url, url + "\n", "  \(url)\r\n\n"] {
            try Data(text.utf8).write(to: URL(filePath: path))
            #expect(try DatabaseArgument.url("file:" + path, of: "--database").reveal { $0 } == url)
        }
        for text in ["", "\n", url + "\n" + url] {
            try Data(text.utf8).write(to: URL(filePath: path))
            #expect(throws: Failure.self) { try DatabaseArgument.url("file:" + path, of: "--database") }
        }
        #expect(throws: FileError.self) { try DatabaseArgument.url("file:" + folder.path("none"), of: "--to") }
    }

    @Test(
        "The name of a database has no part of its password",
        arguments: [
            ("sqlite:a:b@c.db", "sqlite:a:b@c.db"), ("postgres://u:pw@h:5432/db?sslmode=x", "postgres://u@h:5432/db"),
            ("postgres://u@[::1]:5432,h/db", "postgres://u@[::1]:5432,h/db"),
            ("postgres:///db?host=x", "postgres:///db"),
            ("postgres://h:1/db", "postgres://h:1/db"), ("postgres://u:p@w@h/db", "this database"),
            ("postgres://u:p/w@h/db", "this database"), ("postgres://u:p?w@h/db", "this database"),
            ("postgres://u:1/w@h/db", "this database"), ("postgres://u:pw/db", "this database"),
            ("postgres://h/db?password=p@w", "this database"), ("postgres://u:p@w?x@h/db", "this database"),
            ("u:pw@h", "this database"),
        ])
    func name(_ url: String, _ name: String) { #expect(DatabaseSource.name(of: url) == name) }
}

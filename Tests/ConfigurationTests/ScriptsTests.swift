import Foundation
import TestSupport
import Testing

/// The shell scripts find the project from every working directory.
@Suite struct ScriptsTests {

    /// If CDPATH is set, `cd` may print a path, or change to another folder of the same name.
    @Test("Scripts that change the folder ignore CDPATH, and scripts resolve links to themselves")
    func scriptsAreRobust() throws {
        for script in try Shell.run(
            #"cd "$1" && git ls-files -z | xargs -0 grep -lI '^#!/usr/bin/env bash'"#, [BuiltProducts.project]
        )
        .split(separator: "\n") {
            let text = try String(contentsOfFile: BuiltProducts.project + "/" + script, encoding: .utf8)
            if text.contains(#/\bcd /#) { #expect(text.contains("unset CDPATH\n"), "\(script)") }
            for line in text.split(separator: "\n") where line.contains("${BASH_SOURCE[0]}") {
                #expect(line.contains(#"readlink -f -- "${BASH_SOURCE[0]}""#), "\(script)")
            }
        }
    }

    @Test("local-runner/components works from another folder, through a symbolic link, with CDPATH set")
    func componentsWorksFromElsewhere() throws {
        #expect(try outputFromElsewhere(of: "components", "").contains("Swift="))
    }

    @Test(
        "local-runner/dev works from another folder, through a symbolic link, with CDPATH set",
        .enabled(if: BuiltProducts.areRelease, "Tests/run makes a release build"))
    func devWorksFromElsewhere() throws {
        #expect(try outputFromElsewhere(of: "dev", "--build-only") == "")
    }

    @Test("Tests/postgresql prints its usage if arguments are missing", arguments: ["", "start", "begin /tmp/x"])
    func postgresqlUsage(_ words: String) throws {
        let text = try Shell.run(#""$1/Tests/postgresql" $2 2>&1 || echo "status $?""#, [BuiltProducts.project, words])
        #expect(text == "Usage: Tests/postgresql start|pool|kill|stop FOLDER\nstatus 2\n")
    }

    /// The two builds are replaced by programs that print their folder.
    @Test(
        "local-runner/dev chooses the build with PostgreSQL if the database needs it",
        arguments: [
            ("jobs --database postgres://h/d", "", true), ("jobs --database=postgresql://h/d", "", true),
            ("jobs --database file:server-url", "", true), ("jobs --database=file:server-url", "", true),
            ("dev --database file:server-url", "", true), ("--database file:server-url", "", true),
            ("copy-store --from file:file-url --to file:server-url", "", true),
            ("jobs --database file:file-url", "", false), ("jobs --database file:missing", "", false),
            ("jobs", "DATABASE_URL=postgres://h/d", true), ("jobs", "DATABASE_URL_FILE=server-url", true),
            ("jobs", "DATABASE_URL_FILE=file-url", false), ("jobs", "DATABASE_URL_FILE=missing", false),
            ("jobs", "DATABASE_URL=sqlite:x DATABASE_URL_FILE=server-url", false),
            ("jobs --postgresql", "", true), ("jobs", "", false), ("", "DATABASE_URL_FILE=server-url", false),
        ])
    func devChoosesTheBuild(_ words: String, _ variables: String, _ needsPostgreSQL: Bool) throws {
        let folder = try TemporaryFolder()
        let chosen = try Shell.run(
            #"""
            cd "$2" && mkdir bin local-runner Functions Shared
            cp "$1/local-runner/dev" local-runner && touch Package.swift wrangler-like.json
            printf '#!/bin/sh\n' >bin/swift && chmod +x bin/swift
            printf 'sqlite:store.db\n' >file-url && printf '\n postgres://u:p@h/d\n' >server-url
            for build in .build .build-postgresql; do
                mkdir -p "$build/release"
                printf '#!/bin/sh\necho %s\n' "$build" >"$build/release/local-runner"
                chmod +x "$build/release/local-runner"
                readlink -f bin/swift >"$build/release/.sources-built"
            done
            env -u DATABASE_URL -u DATABASE_URL_FILE PATH="$PWD/bin:$PATH" $4 local-runner/dev $3
            """#, [BuiltProducts.project, folder.path, words, variables])
        #expect(chosen == (needsPostgreSQL ? ".build-postgresql\n" : ".build\n"))
    }

    /// Runs a script of local-runner through a symbolic link, from another folder, with a CDPATH that contains another
    /// folder called local-runner.
    private func outputFromElsewhere(of script: String, _ argument: String) throws -> String {
        let folder = try TemporaryFolder()
        return try Shell.run(
            #"""
            mkdir "$2/local-runner" "$2/elsewhere"
            ln -s "$1/local-runner/$3" "$2/link"
            cd "$2/elsewhere" && CDPATH=$2:. ../link $4
            """#, [BuiltProducts.project, folder.path, script, argument], seconds: 300)
    }
}

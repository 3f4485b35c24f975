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

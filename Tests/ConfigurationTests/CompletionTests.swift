import Foundation
import TestSupport
import Testing

@testable import local_runner

/// The scripts that complete command lines, run by the shells.
@Suite struct CompletionTests {
    private static let lines: [(typed: [String], isOffered: [String], isNotOffered: [String])] = [
        ([""], ["dev", "workspace", "jobs"], ["create", "--port"]),
        (["workspace", ""], ["create", "list", "delete"], ["dev", "--name"]),
        (["workspace", "create", ""], ["--name", "--plan", "--help"], ["--port", "--user"]),
        (["workspace", "create", "--plan", ""], ["free", "enterprise"], ["--name"]),
        (["key", "create", "--scope", ""], ["read", "write"], ["admin"]),
        (["dev", ""], ["--port", "--watch"], ["--plan"]),
        (["dev", "--port", ""], [], ["--port", "--watch"]),
        (["routes", "--config", ""], ["a-file"], ["--config"]),
        (["unknown", ""], [], ["dev", "--port"]),
    ]

    private func offered(_ typed: [String], by script: String, _ shell: String) throws -> Set<String> {
        let folder = try TemporaryFolder()
        try folder.write("script", script)
        try folder.write("a-file", "")
        return Set(
            try Shell.run(shell, [folder.path] + typed).split(whereSeparator: \.isWhitespace).map(String.init))
    }

    @Test("bash completes verbs, options and their values", arguments: lines.indices)
    func bash(_ index: Int) throws {
        let line = Self.lines[index]
        let offered = try offered(
            line.typed, by: Completion(Main.verbs).bash,
            #"""
            cd "$1"; shift
            source ./script
            COMP_WORDS=(local-runner "$@") COMP_CWORD=$#
            _local_runner || true
            printf '%s\n' "${COMPREPLY[@]}"
            """#)
        #expect(offered.isSuperset(of: line.isOffered) && offered.isDisjoint(with: line.isNotOffered), "\(offered)")
    }

    @Test("bash completes the beginning of a word")
    func bashPrefix() throws {
        let offered = try offered(
            ["work"], by: Completion(Main.verbs).bash,
            #"""
            cd "$1"; shift
            source ./script
            COMP_WORDS=(local-runner "$@") COMP_CWORD=$#
            _local_runner || true
            printf '%s\n' "${COMPREPLY[@]}"
            """#)
        #expect(offered == ["work", "workspace"])
    }

    /// The functions of zsh that offer words are replaced by ones that print them.
    @Test(
        "zsh completes verbs, options and their values",
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/zsh"), "Tests/run installs zsh"),
        arguments: lines.indices)
    func zsh(_ index: Int) throws {
        let line = Self.lines[index]
        let offered = try offered(
            line.typed, by: Completion(Main.verbs).zsh,
            #"""
            cd "$1"; shift
            zsh -fc '
                _describe() { for entry in "${(@P)2}"; do print -r -- "${entry%%:*}"; done }
                compadd() { shift; print -r -l -- "$@" }
                _files() { print -r -l -- * }
                words=(local-runner "$@"); CURRENT=$#words
                source ./script
            ' zsh "$@"
            """#)
        #expect(offered.isSuperset(of: line.isOffered) && offered.isDisjoint(with: line.isNotOffered), "\(offered)")
    }
}

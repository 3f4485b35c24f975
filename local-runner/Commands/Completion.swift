import Base

extension Verb {
    static let completion = Verb(
        "completion", operands: "SHELL", "Prints a script that completes local-runner's command lines.",
        details: """
            SHELL is bash or zsh. The script is made from the help texts, so make it again after each update. For bash:

              source <(local-runner completion bash)

            For zsh, in a folder of $fpath:

              local-runner completion zsh >~/.zfunc/_local-runner
            """,
        options: []
    ) { arguments in
        let shell = try arguments.operand("SHELL, bash or zsh,")
        switch shell {
        case "bash": try Terminal.write(Completion(Main.verbs).bash)
        case "zsh": try Terminal.write(Completion(Main.verbs).zsh)
        default: throw UsageError("there is no completion for \(shell); \(NearestWord.advice(shell, ["bash", "zsh"]))")
        }
        return 0
    }
}

/// Scripts that complete command lines, made from the declarations of the verbs.
struct Completion {
    private let verbs: [Verb]

    init(_ verbs: [Verb]) { self.verbs = verbs }

    /// The placeholders of values that are paths of files or folders.
    private static let paths: Set = ["FILE", "DIR"]

    private var groups: [String] {
        VerbTable.firstWords(of: verbs).filter { !VerbTable.group($0, of: verbs).isEmpty }
    }

    private func options(_ verb: Verb) -> [Option] { verb.options + [Option("--help", nil, "print this text")] }

    /// Returns the options of all verbs for which `isIncluded` returns true, each with `"VERB OPTION"`, its pattern in
    /// the scripts.
    private func valueCases(_ isIncluded: (Option) -> Bool) -> [(pattern: String, option: Option)] {
        verbs.flatMap { verb in
            verb.options.filter(isIncluded).map { ("\"\(verb.name) \($0.name)\"", $0) }
        }
    }

    /// The script for bash(1), "Programmable Completion".
    var bash: String {
        let first = VerbTable.firstWords(of: verbs) + ["help", "--help", "--version"]
        var lines = [
            "_local_runner() {",
            "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]} known=",
            "    COMPREPLY=()",
            "    if ((COMP_CWORD == 1)); then",
            "        known='\(first.joined(separator: " "))'",
            "        COMPREPLY=($(compgen -W \"$known\" -- \"$word\"))",
            "        return",
            "    fi",
            "    case $verb in",
        ]
        for group in groups {
            let words = VerbTable.group(group, of: verbs).map(VerbTable.secondWord).joined(separator: " ")
            lines += [
                "    \(group))",
                "        if ((COMP_CWORD == 2)); then known='\(words)'; else verb+=\" ${COMP_WORDS[2]}\"; fi",
                "        ;;",
            ]
        }
        lines += ["    esac", "    if [[ ! $known ]]; then", "        case \"$verb $before\" in"]
        for (pattern, option) in valueCases({ !$0.words.isEmpty }) {
            lines.append("        \(pattern)) known='\(option.words.joined(separator: " "))' ;;")
        }
        let files = valueCases { Self.paths.contains($0.value ?? "") }.map(\.pattern)
        if !files.isEmpty {
            lines.append("        \(files.joined(separator: " | ")))")
            lines += ["            COMPREPLY=($(compgen -f -- \"$word\"))", "            return", "            ;;"]
        }
        let others = valueCases { $0.value != nil && $0.words.isEmpty && !Self.paths.contains($0.value ?? "") }
        lines.append("        \(others.map(\.pattern).joined(separator: " | "))) return ;;")
        lines += ["        *)", "            case $verb in"]
        for verb in verbs {
            let words = options(verb).map(\.name).joined(separator: " ")
            lines.append("            \"\(verb.name)\") known='\(words)' ;;")
        }
        lines += [
            "            esac", "            ;;", "        esac", "    fi",
            "    COMPREPLY=($(compgen -W \"$known\" -- \"$word\"))", "}",
            "complete -o bashdefault -F _local_runner local-runner",
        ]
        return lines.joined(separator: "\n")
    }

    /// The script for zsh: a function of $fpath (zshcompsys(1)).
    var zsh: String {
        var lines = [
            "#compdef local-runner", "_local-runner() {", "    local verb=${words[2]} before=${words[CURRENT-1]}",
            "    local -a known", "    if ((CURRENT == 2)); then", "        known=(",
        ]
        for name in VerbTable.firstWords(of: verbs) {
            let summary = verbs.first { $0.name == name }?.summary ?? "several verbs"
            lines.append("            \(Self.described(name, summary))")
        }
        lines += ["        )", "        _describe verb known", "        return", "    fi", "    case $verb in"]
        for group in groups {
            lines += ["    \(group))", "        if ((CURRENT == 3)); then", "            known=("]
            for verb in VerbTable.group(group, of: verbs) {
                lines.append("                \(Self.described(VerbTable.secondWord(of: verb), verb.summary))")
            }
            lines += [
                "            )", "            _describe verb known", "            return", "        fi",
                "        verb+=\" ${words[3]}\"", "        ;;",
            ]
        }
        lines += ["    esac", "    case \"$verb $before\" in"]
        for (pattern, option) in valueCases({ !$0.words.isEmpty }) {
            lines.append("    \(pattern)) compadd -- \(option.words.joined(separator: " ")) ;;")
        }
        let files = valueCases { Self.paths.contains($0.value ?? "") }.map(\.pattern)
        if !files.isEmpty { lines.append("    \(files.joined(separator: " | "))) _files ;;") }
        let others = valueCases { $0.value != nil && $0.words.isEmpty && !Self.paths.contains($0.value ?? "") }
        lines += ["    \(others.map(\.pattern).joined(separator: " | "))) ;;", "    *)", "        case $verb in"]
        for verb in verbs {
            lines += ["        \"\(verb.name)\")", "            known=("]
            lines += options(verb).map { "                \(Self.described($0.name, $0.help))" }
            lines += ["            )", "            ;;"]
        }
        lines += [
            "        esac", "        _describe option known", "        ;;", "    esac", "}", "_local-runner \"$@\"",
        ]
        return lines.joined(separator: "\n")
    }

    /// Returns `'WORD:DESCRIPTION'`, the form that _describe expects.
    private static func described(_ word: String, _ text: String) -> String {
        "'\(word.escaping(":", as: "\\:")):\(text.escaping("'", as: "'\\''"))'"
    }
}

extension String {
    /// Returns this text with each occurrence of a character replaced by `text`.
    fileprivate func escaping(_ character: Character, as text: String) -> String {
        reduce(into: "") { $0 += $1 == character ? text : String($1) }
    }
}

import Testing

@testable import local_runner

/// The types of variables that the runner checks at its start.
@Suite struct VariableTypeTests {
    @Test(
        "Variables of the network are accepted if a client could use them",
        arguments: [
            ("HTTPS_PROXY", "http://ann:p%40ss@proxy.example:3128"), ("HTTPS_PROXY", "http://10.0.0.1:3128/"),
            ("HTTPS_PROXY", "http://[fd00::1]:3128"), ("NO_PROXY", "localhost,.internal.example,10.0.0.0/8"),
            ("NO_PROXY", "*"), ("UPSTREAM_ALLOWED_NETWORKS", "10.20.0.0/16, fd12::/16"), ("HTTPS_PROXY", ""),
            ("CORS_ALLOWED_ORIGINS", "https://app.example.com, http://localhost:3000"), ("CORS_ALLOWED_ORIGINS", ""),
        ])
    func accepted(_ name: String, _ value: String) {
        #expect(VariableType.problem(of: name, value) == nil)
    }

    @Test(
        "Variables of the network that no client could use are refused, without their values",
        arguments: [
            ("HTTPS_PROXY", "proxy.example:3128"), ("HTTPS_PROXY", "socks5://ann:s3cret@proxy.example"),
            ("HTTPS_PROXY", "http://ann:s3cret@proxy.example:99999"), ("NO_PROXY", "http://x.example/"),
            ("UPSTREAM_ALLOWED_NETWORKS", "https://gitlab.internal"), ("UPSTREAM_ALLOWED_NETWORKS", "10.0.0.0/40"),
            ("CORS_ALLOWED_ORIGINS", "*"), ("CORS_ALLOWED_ORIGINS", "https://app.example.com/"),
        ])
    func refused(_ name: String, _ value: String) {
        let problem = VariableType.problem(of: name, value)
        #expect(problem?.hasPrefix(name) == true && problem?.contains("s3cret") == false, "\(problem ?? "none")")
    }

    @Test("SUPABASE_JWT_SECRET with a comma that does not separate two secrets is a warning")
    func almostTwoSecrets() {
        let (new, old) = (String(repeating: "n", count: 32), String(repeating: "o", count: 40))
        for value in [new, "\(new),\(old)", "\(new), \(old)"] {
            #expect(VariableType.warning(of: "SUPABASE_JWT_SECRET", value) == nil)
        }
        for value in ["\(new),", ",\(new)", "\(new),short", "\(new),\(old),\(old)"] {
            let warning = VariableType.warning(of: "SUPABASE_JWT_SECRET", value)
            #expect(warning?.contains(new) == false, "\(value)")
        }
        #expect(VariableType.warning(of: "CONFIRMATION_SECRET", "\(new),") == nil)
    }
}

/// The comparison of executables' libraries that the verb `check` makes.
@Suite struct BuildComparisonTests {
    @Test(
        "Executables of one build have the same version of each library, and PostgreSQL in all or in none",
        arguments: [
            (["Swift (package 6.3.1)"], ["Swift (package 6.3.1)", "SQLite 3.40.1"], nil),
            (["SQLite 3.40.1", "libcurl 7.88.1"], ["SQLite 3.40.1"], nil),
            (["SQLite 3.40.1"], ["SQLite 3.41.0"], "SQLite 3.40.1, and this program SQLite 3.41.0"),
            (["SQLite 3.40.1"], ["SQLite 3.40.1", "libpq 15.18"], "no support for PostgreSQL"),
            (["SQLite 3.40.1", "libpq 15.18"], ["SQLite 3.40.1"], "support for PostgreSQL, and this program none"),
            (["zlib 1.2.13"], ["SQLite 3.40.1", "libpq 15.18"], nil), ([], ["SQLite 3.40.1"], nil),
        ] as [([String], [String], String?)])
    func difference(_ theirs: [String], _ ours: [String], _ expected: String?) {
        #expect(Inspection.difference(of: theirs, from: ours) == expected)
    }
}

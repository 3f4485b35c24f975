#if PostgreSQL
    import Base
    import TestSupport
    import Testing

    @testable import Store

    /// URLs of PostgreSQL, with passwords that are percent-encoded or not. No server is needed.
    struct PostgreSQLURLTests {
        @Test(
            "No part of a password that is not percent-encoded is repeated",
            arguments: [
                "postgres://u:S3CRET@PW@127.0.0.1:1/db", "postgres://u:S3CRET/PW@127.0.0.1:1/db",
                "postgres://u:%zzS3CRETPW@127.0.0.1:1/db", "postgres://u:S3CRET?P/W@127.0.0.1:1/db",
                "postgres://u:12/S3CRET@127.0.0.1:1/db", "postgres://u:S3CRET#PW@x@127.0.0.1:1/db",
                "postgres://u:S3CRETPW%@127.0.0.1:1/db", "postgres://u:S3CRET:PW@@127.0.0.1:1/db",
            ])
        func hidden(_ url: String) throws {
            let database = PostgreSQLDatabase(url: Secret(url))
            let error = #expect(throws: StoreError.self) { try database.isCurrent() }
            let failure = try #require(error)
            let text = "\(failure)"
            for part in ["S3CRET", "PW"] { #expect(!text.contains(part), "\(text)") }
            #expect(text.contains("percent-encode"), "\(text)")
        }

        @Test(
            "Other URLs reach libpq, whose message is one line without the password",
            arguments: [
                "postgres://u:S3CRET%40PW@127.0.0.1:1/db", "postgres://u:S3CRET?PW@127.0.0.1:1/db",
                "postgres://u%40x:S3CRETPW@127.0.0.1:1,127.0.0.1:2/db",
                "postgres://u@127.0.0.1:1/db?password=S3CRET@PW", "postgres:///db?host=/S3&port=1",
                "postgres://[::1]:1/db",
            ])
        func understood(_ url: String) throws {
            let database = PostgreSQLDatabase(url: Secret(url))
            let error = #expect(throws: StoreError.self) { try database.isCurrent() }
            let failure = try #require(error)
            let text = "\(failure)"
            #expect(!text.contains("S3CRET") && !text.contains("PW") && !text.contains("percent-encode"), "\(text)")
            #expect(text.contains("connection to server") && !text.contains("\n"), "\(text)")
        }
    }
#endif

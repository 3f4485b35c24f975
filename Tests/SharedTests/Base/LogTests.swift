import Testing

@testable import Base

@Suite struct LogTests {
    /// A job that a request starts early gets the request's log, which names the workspace already.
    @Test("A name occurs once in a line of the log, with the last value that it was given") func uniqueNames() throws {
        let log = Log([("function", "a"), ("workspace_id", "b")]).with("workspace_id", "c").with("job_id", "d")
        let line = try JSON(parsing: log.line(.info, "text", [("job_id", "e"), ("counter", "syncs")]))
        let names = try #require(line.object).keys.sorted()
        #expect(names == ["counter", "function", "job_id", "level", "message", "time", "workspace_id"])
        #expect(line["workspace_id"]?.string == "c" && line["job_id"]?.string == "e")
    }
}

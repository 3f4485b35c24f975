@_spi(System) import Auth
import Base
import HTTP
import Store

/// What a template process does before it forks: a request of each method that the function has, on a database in memory
/// that holds an empty workspace. Whatever the first request would set up (SQLite, generic metadata, the pages of the code) each child then
/// finds done; the database is gone before the first fork.
struct WarmUp {
    /// The database that the requests are answered from.
    let database: any Database
    private let key: APIKey

    /// Throws when the database can't be made.
    init() throws {
        database = DatabaseURL.inMemory()
        try database.migrate()
        let id = Identifier.random()
        try database.execute(
            "INSERT INTO workspaces (id, name, plan, created_at) VALUES ($1, $2, $3, $4)", id, "Warm-up",
            Plan.enterprise, Timestamp.now)
        try AuditLog(database, workspaceID: id).begin()
        guard let workspace = try SystemAccess(database).workspace(id) else {
            throw StoreError.failed("the workspace to warm up with is not there")
        }
        key = try workspace.createAPIKey(name: "Warm-up", scope: .write).key
    }

    /// A request that the endpoint would answer in full, as far as that needs no more than an API key. One that changes
    /// something names a finding that is not there, so that it comes as far as looking for it.
    func request(_ method: Method) -> Request {
        var request = Request(
            method: method, path: "/", headers: ["Authorization": key.secret.reveal { "Bearer " + $0 }],
            peerAddress: "127.0.0.1")
        if method == .get { return request }
        request.headers.add("Content-Type", "application/json")
        request.body = .bytes(
            JSONWriter.bytes(["findingId": .string(Identifier.random().description), "days": 1] as JSON))
        return request
    }
}

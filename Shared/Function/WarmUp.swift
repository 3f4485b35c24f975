@_spi(System) import Auth
import Base
import HTTP
import Store

/// The warm-up of a template process before it forks: one request for each method of the function, on a database in
/// memory that contains one empty workspace. Everything that a first request sets up (SQLite, generic metadata, the
/// pages of the code) is then already there in each child. The database is closed before the first fork.
struct WarmUp {
    /// The database that the requests use.
    let database: any Database
    private let key: APIKey

    /// Creates the database, the workspace and an API key.
    ///
    /// - Throws: The database's error if one of them can't be created.
    init() throws {
        database = DatabaseURL.inMemory()
        try database.migrate()
        let id = Identifier.random()
        try database.execute(
            "INSERT INTO workspaces (id, name, plan, created_at) VALUES ($1, $2, $3, $4)", id, "Warm-up",
            Plan.enterprise, Timestamp.now)
        try AuditLog(database, workspaceID: id).begin()
        guard let workspace = try SystemAccess(database).workspace(id) else {
            throw StoreError.failed("the workspace for the warm-up was not created")
        }
        key = try workspace.createAPIKey(name: "Warm-up", scope: .write).key
    }

    /// Returns a request that the endpoint answers completely, as far as an API key alone is enough for that. A request
    /// with a body names a finding that does not exist, so the handler runs until it looks for it.
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

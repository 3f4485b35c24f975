@_spi(System) import Auth
import Base
import HTTP
import Store

/// The warm-up of a template process before it forks: one request for each method of the function, on a database in
/// memory that contains one workspace and an API key. Much of what a first request sets up (SQLite, generic metadata,
/// the pages of the code) then exists in each child from the beginning. The database is closed before the first fork.
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
        let access = SystemAccess(database)
        let made = try access.createWorkspace(
            name: "Warm-up", plan: .enterprise, by: .administrator(name: "Warm-up"))
        guard let workspace = try access.workspace(made.id) else {
            throw StoreError.failed("the workspace for the warm-up was not created")
        }
        key = try workspace.createAPIKey(name: "Warm-up", scope: .write).key
    }

    /// Creates a request with the warm-up's API key. An endpoint that requires a session refuses it. `body` is the body
    /// of requests other than GET.
    func request(_ method: Method, body: JSON) -> Request {
        var request = Request(
            method: method, path: "/", headers: ["Authorization": key.secret.reveal { "Bearer " + $0 }],
            peerAddress: "127.0.0.1")
        if method == .get { return request }
        request.headers.add("Content-Type", "application/json")
        request.body = .bytes(JSONWriter.bytes(body))
        return request
    }
}

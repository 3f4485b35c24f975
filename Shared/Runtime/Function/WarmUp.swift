@_spi(System) import Auth
public import Base
import HTTP
import Store

/// The warm-up of a template process before it forks: one request for each method of the function, on a database in
/// memory that contains one workspace and an API key. Much of what a first request sets up (SQLite, generic metadata,
/// the pages of the code) then exists in each child from the beginning. The database is closed before the first fork.
struct WarmUp {
    /// The database that the requests use.
    let database: any Database
    private let key: APIKey
    private let inputs: WarmUpInputs

    /// Creates the database, the workspace, an API key, and the rows that a function adds for its requests.
    ///
    /// - Throws: The database's error if one of them can't be created.
    init(inputs: (Workspace) throws -> WarmUpInputs) throws {
        database = DatabaseURL.inMemory()
        try database.migrate()
        let access = SystemAccess(database)
        let made = try access.createWorkspace(
            name: "Warm-up", plan: .enterprise, by: .administrator(name: "Warm-up"))
        guard let workspace = try access.workspace(made.id) else {
            throw StoreError.failed("the workspace for the warm-up was not created")
        }
        key = try workspace.createAPIKey(name: "Warm-up", scope: .write).key
        self.inputs = try inputs(workspace)
    }

    /// Creates a request with the warm-up's API key. An endpoint that requires a session refuses it.
    func request(_ method: Method) -> Request {
        var request = Request(
            method: method, path: "/", headers: ["Authorization": key.secret.reveal { "Bearer " + $0 }],
            peerAddress: "127.0.0.1")
        if method == .get {
            request.queryString = inputs.query
            return request
        }
        request.headers.add("Content-Type", "application/json")
        request.body = .bytes(JSONWriter.bytes(inputs.body))
        return request
    }
}

/// The inputs of a function's requests during its warm-up.
public struct WarmUpInputs {
    /// The query string of GET, such as `limit=1`.
    let query: String
    /// The body of POST and DELETE.
    let body: JSON

    /// Creates inputs. Without arguments, the requests have none.
    public init(query: String = "", body: JSON = [:]) { (self.query, self.body) = (query, body) }
}

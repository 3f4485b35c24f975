import Base
import HTTP
import Store

/// The developer console, which only `dev` has: a page at /, its files, and the data that it shows.
///
/// The page and its files contain no data, so a browser on this machine gets them without a token. The data contains
/// session tokens and keys of the demonstration workspace, so it needs a token, which `dev` puts into the page's address.
/// All of it is refused to other machines and to pages of other sites (`LocalHandler.Request.checkSender`).
final class Console {
    /// The part of the console that a request asks for.
    enum Page {
        case file(bytes: [UInt8], type: StaticString)
        case data(Data)
    }

    /// The data that the page shows.
    enum Data {
        /// The content of dev.json, with which the page calls the API.
        case session
        /// The lines of the log after the one with this number.
        case log(after: Int, LogSelection)
        case functions
        case schedules
    }

    private static let prefix = Array("/cdn-cgi/console/".utf8)
    /// Allows the page's own files, calls of the runner, and nothing else.
    static let contentSecurityPolicy: StaticString = """
        Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
        img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n
        """

    /// The folder of the page's files.
    private let folder: String
    private let token = Secret(Identifier.random().description)
    private let stateFile: String
    let database: any Database
    let recent = RecentLines()

    /// Makes the console of a project. Returns nil if the project does not contain the page, as it does not outside of
    /// the repository.
    init?(_ project: Project, database: any Database, log: RunnerLog) {
        folder = "\(project.root)/local-runner/Console/Page"
        guard File.exists("\(folder)/index.html") else { return nil }
        stateFile = project.stateFile
        self.database = database
        log.recent = recent
    }

    /// The page's address with the token. A browser does not send the part after #.
    func url(_ address: ListenAddress) -> String { token.reveal { "\(address.url)/#token=\($0)" } }

    /// Returns true if a path belongs to the console.
    static func matches(_ path: UnsafeRawBufferPointer) -> Bool {
        path.isExactly("/") || path.starts(with: prefix)
    }

    /// Returns the part that a request asks for. Throws the error for a request that is refused.
    func page(_ request: LocalHandler.Request, listen: ListenAddress) throws(RunnerError) -> Page {
        try request.checkSender(listen: listen)
        // A browser leaves out port 80 only.
        guard request.hostText.hasSuffix(":\(listen.port)") || listen.port == 80 else { throw .forbidden }
        let method = request.bytes[request.head.method]
        guard method.isExactly("GET") || method.isExactly("HEAD") else {
            throw .noMethod(method, allow: Array("GET, HEAD".utf8))
        }
        let path = String(decoding: request.bytes[request.path], as: UTF8.self)
        let name = path == "/" ? "index.html" : String(path.dropFirst(Self.prefix.count))
        if let type = Self.type(name), File.names(in: folder).contains(name) {
            guard let bytes = try? File.readRegular("\(folder)/\(name)") else {
                throw .noEndpoint(at: request.bytes[request.path])
            }
            return .file(bytes: bytes, type: type)
        }
        try request.authorize(
            token, refusal: "This path requires the token in dev.json's consoleUrl as a bearer token.")
        recent.noteReader()
        switch name {
        case "session": return .data(.session)
        case "log":
            let query = request.bytes[request.query]
            guard let selection = LogSelection(query: query) else {
                throw .badRequest("level must be info, warning or error, and status a status such as 404 or 5xx.")
            }
            let after = RequestTarget.parameter("after", in: query).flatMap { Int($0) } ?? 0
            return .data(.log(after: after, selection))
        case "functions": return .data(.functions)
        case "schedules": return .data(.schedules)
        default: throw .noEndpoint(at: request.bytes[request.path])
        }
    }

    private static func type(_ name: String) -> StaticString? {
        if name.hasSuffix(".html") { return "text/html; charset=utf-8" }
        if name.hasSuffix(".css") { return "text/css; charset=utf-8" }
        if name.hasSuffix(".js") { return "text/javascript; charset=utf-8" }
        return nil
    }

    /// The content of dev.json; nil if it can't be read.
    var state: [UInt8]? { try? File.read(stateFile) }
}

extension LogSelection {
    /// Reads the parameters function, level, request, workspace and status of a query, of which empty ones are ignored.
    /// Returns nil if the level or the status is malformed.
    fileprivate init?(query: UnsafeRawBufferPointer) {
        func value(_ name: StaticString) -> String? {
            RequestTarget.parameter(name, in: query).flatMap { $0.isEmpty ? nil : $0 }
        }
        self.init(functions: value("function").map { [$0] } ?? [])
        request = value("request")
        workspace = value("workspace")
        if let text = value("level") {
            guard let level = Log.Level(rawValue: text) else { return nil }
            self.level = level
        }
        if let text = value("status") {
            guard let statuses = LogSelection.statuses(text) else { return nil }
            self.statuses = statuses
        }
    }
}

extension Connection {
    /// Answers a request for the console.
    func show(_ page: Console.Page, of console: Console) {
        switch page {
        case .file(let bytes, let type):
            answer(status: 200, body: bytes, type: type) { $0.append(Console.contentSecurityPolicy) }
        case .data(.session):
            guard let state = console.state else {
                return reject(.notFound("dev.json can't be read. Start local-runner dev again, which writes it."))
            }
            answer(status: 200, body: state)
        case .data(.log(let number, let selection)):
            answer(status: 200, body: console.recent.page(after: number, selection))
        case .data(.functions):
            answer(status: 200, body: JSONWriter.bytes(server.functionList(console.recent.failures)))
        case .data(.schedules):
            answer(status: 200, body: JSONWriter.bytes(server.scheduleList(console.database)))
        }
    }
}

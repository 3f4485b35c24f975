import Base
import HTTP
import Integrations
import Upstream

/// A connector for BambooHR (documentation.bamboohr.com/reference). It reads HR's records of employees, which are no
/// accounts with which anyone signs in, and has no actions.
///
/// - The employees come from List Employees, `GET /api/v1/employees`, whose pages are chained by cursors. It is the one
///   list that names every employee, whether active or not: an employee whose fields the key's user may not see stays
///   in the list, with null in these fields and their names in `_restrictedFields`. So it can prove that an employee is
///   gone. The directory, `GET /api/v1/employees/directory`, has only what the company shares with all employees, and
///   the custom report, `POST /api/v1/reports/custom`, is deprecated.
/// - That list has no last days. They come from the data set `employee`, `POST /api/v2/datasets/employee/data`, whose
///   pages are numbered. It has only the rows that the key's user may see, so it proves nothing about missing ones.
///
/// BambooHR limits requests with 429 and Retry-After; before September 2026 it was 503.
struct BambooHR: Connector {
    static let platform = Platform.bambooHR
    static let fields: [CredentialField] = [
        .plain("company", "The company's domain: NAME of NAME.bamboohr.com.", accepts: Form.label),
        .secret("api_key", "The API key of a user who may see all employees."),
    ]
    static let actions: Set<ActionType> = []

    /// The number of employees on a page. BambooHR allows up to 2,500.
    private static let pageSize = "500"
    /// The fields that an employee has in addition to those that each has.
    private static let optionalFields = "workEmail,hireDate,departmentName,employmentStatusName,reportsToId"

    private let api: PlatformAPI
    private let directory: BambooHRDirectory

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let company = credentials["company"], let key = credentials.secret("api_key"),
            let base = UpstreamURL("https://\(company).bamboohr.com/api")
        else { throw ConnectorError.configuration("BambooHR takes company and api_key.") }
        let client = try UpstreamClient(
            Self.platform.rawValue, scope.environment, retry: RetryPolicy(firstPause: scope.firstPause),
            seconds: scope.seconds)
        // The key is the user name, and the password can be any text.
        let basic = key.reveal { Secret("Basic " + Base64.standard.encode(Array("\($0):x".utf8))) }
        api = PlatformAPI(
            client, base, headers: ["Accept": "application/json"], .fields([("Authorization", basic)]),
            explain: Self.explain)
        directory = BambooHRDirectory(api)
    }

    func check() throws {
        _ = try api.get("/v1/employees", query: [("page[limit]", "1"), ("fields", Self.optionalFields)]).list("data")
    }

    var collections: [RecordCollection] {
        [
            // A cursor is refused if the employee at the page's boundary was deleted or changed.
            RecordCollection.tokened(
                "employees", of: .account, need: .required, api, "/v1/employees",
                query: [("fields", Self.optionalFields), ("page[limit]", Self.pageSize)], parameter: "page[after]",
                token: { try $0.json.nextToken("meta", "page", "nextCursor") }
            ) { try directory.employees($0) }.beginningAgain()
        ]
    }

    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        throw ConnectorError.configuration("BambooHR can't do \(action.rawValue).")
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? { nil }

    private static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch response.status {
        case 401: .credentials("BambooHR refuses the API key.")
        case 403:
            .configuration("The API key's user may not see this in BambooHR. Use the key of a user who may.")
        case 404: .missing("BambooHR has no company of this domain, or its API has no such list.")
        default: .unexplained(response, by: "BambooHR")
        }
    }
}

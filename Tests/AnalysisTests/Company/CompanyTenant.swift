import Base
import Foundation
import TestSupport

/// The time at which the platforms show the company. Lists that were made for it are kept until it changes.
final class CompanyClock: @unchecked Sendable {
    private let lock = NSLock()
    private var moment: Timestamp
    private var lists: [String: [JSON]] = [:]
    private var outages: Set<String> = []

    init(_ moment: Timestamp) { self.moment = moment }

    var now: Timestamp {
        get { lock.withLock { moment } }
        set {
            lock.withLock {
                moment = newValue
                lists = [:]
            }
        }
    }

    /// The platforms that answer no request now.
    var failing: Set<String> {
        get { lock.withLock { outages } }
        set { lock.withLock { outages = newValue } }
    }

    /// Returns a platform's list as it is now; `make` makes it.
    func list(_ name: String, _ make: (Timestamp) -> [JSON]) -> [JSON] {
        // The lock is not held during `make`, which asks for the time.
        if let known = lock.withLock({ lists[name] }) { return known }
        let list = make(now)
        lock.withLock { lists[name] = list }
        return list
    }
}

/// One platform's view of the company. It answers the requests of the platform's connector, and no others.
struct CompanyTenant: Sendable {
    let company: Company
    let clock: CompanyClock

    typealias Request = FakeProvider.Request
    typealias Reply = FakeProvider.Reply

    /// Returns the people who have accounts now.
    var people: [CompanyPerson] { company.people.filter { $0.created <= clock.now } }

    /// Returns the events until now, from a time on.
    func events(since start: Timestamp) -> [CompanyEvent] {
        let now = clock.now
        return company.events.filter { $0.at >= start && $0.at <= now }
    }

    /// Returns the time of each person's last sign-in until now.
    func lastSignIns() -> [Int: Timestamp] {
        let now = clock.now
        return company.events.reduce(into: [:]) { last, event in
            if event.kind == .signIn, event.at <= now { last[event.person] = event.at }
        }
    }

    /// Returns a part of a list, and the position of the next part; nil at the end.
    static func part(_ items: [JSON], from: Int, most: Int) -> (items: JSON, next: Int?) {
        let end = min(from + most, items.count)
        return (.array(Array(items[min(from, items.count)..<end])), end < items.count ? end : nil)
    }

    /// Returns the function that answers the requests to a platform, and the configuration of its connector.
    func platform(_ name: String) -> (config: [String: JSON], answer: @Sendable (Request) -> Reply?)? {
        switch name {
        case "okta": (["domain": "company.okta.com", "api_token": "00oktaToken"], okta)
        case "google_workspace":
            (
                [
                    "service_account_json": .string(Self.googleKey), "admin_email": "admin@company.example",
                    "customer_id": "C01company",
                ], google
            )
        case "slack": (["token": "xoxp-slackToken"], slack)
        case "github": (["organization": "company", "token": "ghp_gitHubToken"], gitHub)
        case "aws": (["access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "wJalrXUtnFEMI/K7MDENG"], aws)
        case "jamf_pro":
            (
                [
                    "url": "https://company.jamfcloud.com", "client_id": "jamf-client",
                    "client_secret": "jamfSecret",
                ], jamf
            )
        case "crowdstrike":
            (["region": "eu-1", "client_id": "0123456789abcdef", "client_secret": "falconSecret"], falcon)
        case "gitlab": (["group_id": "company", "token": "glpat-gitLabToken"], gitLab)
        case "jira":
            (["site": "company", "email": "admin@company.example", "api_token": "jiraToken"], jira)
        case "jumpcloud": (["api_key": "jumpCloudKey"], jumpCloud)
        case "onelogin":
            (["subdomain": "company", "client_id": "client-1", "client_secret": "oneLoginSecret"], oneLogin)
        case "zoom": (["account_id": "acc-1", "client_id": "client-1", "client_secret": "zoomSecret"], zoom)
        case "bamboohr": (["company": "company", "api_key": "bambooKey"], bambooHR)
        case "microsoft_entra": (Self.graphConfig, entra)
        case "microsoft_intune": (Self.graphConfig, intune)
        default: nil
        }
    }
}

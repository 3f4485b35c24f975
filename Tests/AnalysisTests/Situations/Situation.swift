import Base
import TestSupport
import Testing

/// An ordinary, harmless situation that a platform's documentation describes, in a company of twelve people.
///
/// The table of situations in Company.md names its document and the findings that are true of it, in most cases none.
struct Situation: Sendable, CustomTestStringConvertible {
    /// The entries by which the platforms' lists differ from those of a company without the situation, at a time.
    ///
    /// An entry with the id of an entry of the list changes the members that it has; others are added. Entries of logs
    /// are shown from their time on.
    typealias Changes = @Sendable (_ now: Timestamp) -> [String: [JSON]]

    let name: String
    /// The connected platforms, the identity provider first.
    let platforms: [String]
    let changes: Changes

    init(_ name: String, on platforms: String..., changes: @escaping Changes) {
        self.name = name
        self.platforms = platforms
        self.changes = changes
    }

    var testDescription: String { name }

    /// The company, whose twelve people have no properties of their own but two administrators.
    var company: Company {
        let stacks: [String: Company.Stack] = ["google_workspace": .google, "microsoft_entra": .entra]
        return Company(stacks[platforms[0]] ?? .okta, size: 12, in: self)
    }

    static let all = people + signIns + directories + code + clouds + apps + devices

    // MARK: Parts of answers

    static let now = Company.now

    /// Returns the person with a number, who works in Amsterdam if the number is 3, 5, 6, 8, 10 or 11.
    static func person(_ number: Int) -> CompanyPerson {
        CompanyPerson(
            number: number, name: CompanyPerson.name(number), title: "", department: "", site: .amsterdam,
            created: now)
    }

    static func name(_ number: Int) -> JSON { .string(person(number).name) }
    static func email(_ number: Int) -> JSON { .string(person(number).email) }
    static func ago(_ seconds: Int) -> JSON { .string((now - seconds).description) }

    /// Returns the time at which people in Amsterdam begin to work, on a day before the last one.
    static func morning(daysAgo days: Int) -> Timestamp {
        Timestamp(seconds: now.seconds / 86_400 * 86_400) - .days(days) + 7 * 3_600
    }

    /// Returns an entry of Okta's log. The actor is a person's number, or else Okta itself.
    static func okta(
        _ type: String, _ moment: Timestamp, by actor: Int?, about target: Int? = nil, result: String = "SUCCESS",
        reason: String? = nil, from address: String? = nil, in country: String = "Netherlands"
    ) -> JSON {
        func user(_ number: Int) -> JSON {
            [
                "id": .string("p\(number)"), "type": "User", "displayName": name(number),
                "alternateId": email(number),
            ]
        }
        let system: JSON = [
            "id": "sp1", "type": "SystemPrincipal", "displayName": "Okta System", "alternateId": "system@okta.com",
        ]
        return [
            "uuid": .string("\(type) \(moment.seconds) \(actor ?? -1) \(target ?? -1)"),
            "published": .string(moment.description), "eventType": .string(type),
            "outcome": ["result": .string(result), "reason": reason.map(JSON.string) ?? .null],
            "actor": actor.map(user) ?? system, "target": (target ?? actor).map { [user($0)] } ?? [],
            "client": [
                "ipAddress": .string(address ?? actor.map { person($0).home } ?? "192.0.2.10"),
                "geographicalContext": ["country": .string(country)],
            ],
        ]
    }

    /// Returns an entry of Entra's log of sign-ins.
    static func signIn(_ number: Int, _ moment: Timestamp, error: Int = 0, from address: String? = nil) -> JSON {
        [
            "id": .string("\(error) \(number) \(moment.seconds)"), "createdDateTime": .string(moment.description),
            "userId": .string("p\(number)"), "userPrincipalName": email(number), "userDisplayName": name(number),
            "appDisplayName": "Office 365", "ipAddress": .string(address ?? person(number).home),
            "status": ["errorCode": .integer(error)], "location": ["countryOrRegion": "NL"],
            "riskLevelDuringSignIn": "none",
        ]
    }

    /// Returns an entry of Entra's log of the directory. Without an actor's number, an application has done it.
    static func audit(
        _ name: String, _ moment: Timestamp, by actor: Int? = nil, app: String = "Sync", about target: JSON
    ) -> JSON {
        [
            "id": .string("\(name) \(moment.seconds) \(target)"), "activityDateTime": .string(moment.description),
            "activityDisplayName": .string(name), "result": "success",
            "initiatedBy": actor.map {
                [
                    "user": [
                        "id": .string("p\($0)"), "userPrincipalName": email($0), "displayName": self.name($0),
                        "ipAddress": .string(person($0).home),
                    ]
                ]
            } ?? ["app": ["displayName": .string(app)]],
            "targetResources": [["displayName": target]],
        ]
    }

    /// Returns a member of Slack.
    static func slack(_ id: String, _ name: String, email: String? = nil, _ others: [String: JSON] = [:]) -> JSON {
        let own: [String: JSON] = [
            "id": .string(id), "name": .string(name), "real_name": .string(name), "deleted": false, "is_admin": false,
            "is_owner": false, "is_bot": false, "has_2fa": false, "is_restricted": false,
            "is_ultra_restricted": false, "updated": .integer((now - .days(100)).seconds),
            "profile": email.map { ["email": .string($0)] } ?? [:],
        ]
        return .object(own.merging(others) { $1 })
    }
}

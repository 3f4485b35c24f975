import Base

/// Situations of joining, staying away, changing a name, and leaving.
extension Situation {
    /// Companies in no situation, on all platforms.
    static let none = [
        Situation(
            "no situation, Okta", on: "okta", "google_workspace", "slack", "github", "aws", "jamf_pro", "crowdstrike",
            "zoom"
        ) { _ in [:] },
        Situation("no situation, Google Workspace", on: "google_workspace", "github", "slack") { _ in [:] },
        Situation("no situation, Entra", on: "microsoft_entra", "microsoft_intune", "crowdstrike", "slack", "aws") {
            _ in [:]
        },
        Situation("no situation, GitLab and Jira", on: "okta", "gitlab", "jira") { _ in [:] },
        Situation("no situation, JumpCloud", on: "jumpcloud", "slack", "crowdstrike") { _ in [:] },
        Situation("no situation, OneLogin", on: "onelogin", "slack", "github") { _ in [:] },
    ]

    static let people = [
        // The person has asked for a new password and has not set it yet.
        Situation("password recovery in Okta", on: "okta", "slack", "zoom") { now in
            now < Self.now
                ? [:] : ["okta users": [["id": "p3", "status": "RECOVERY", "statusChanged": ago(.hours(20))]]]
        },
        // The password expired during a holiday of four weeks.
        Situation("password expired in a holiday", on: "okta", "slack") { now in
            now < Self.now - .days(28)
                ? [:]
                : [
                    "okta users": [
                        [
                            "id": "p3", "status": "PASSWORD_EXPIRED", "lastLogin": ago(.days(28)),
                            "statusChanged": ago(.days(10)),
                        ]
                    ]
                ]
        },
        // The person left a year ago and comes back: the same account of Okta is activated again.
        Situation("rehired person", on: "okta", "slack", "zoom") { now in
            let isBack = now > Self.now - .days(7)
            return [
                "okta users": [
                    [
                        "id": "p50", "status": isBack ? "ACTIVE" : "DEPROVISIONED", "created": ago(.days(900)),
                        "statusChanged": isBack ? ago(.days(6)) : ago(.days(365)),
                        "lastLogin": isBack ? ago(.hours(5)) : ago(.days(366)),
                        "profile": ["email": email(50), "login": email(50), "displayName": name(50)],
                    ]
                ],
                "slack members": [
                    slack(
                        "U50", person(50).name, email: person(50).email,
                        ["deleted": .bool(!isBack), "updated": .integer((Self.now - .days(isBack ? 6 : 365)).seconds)])
                ],
            ]
        },
        // The import from the HR system creates thirty people in ten minutes, who begin in a week.
        Situation("thirty new people at once", on: "okta", "slack") { now in
            let start = Self.now - .days(2)
            guard now > start else { return [:] }
            let numbers = Array(100..<130)
            return [
                "okta users": numbers.map { number in
                    [
                        "id": .string("p\(number)"), "status": "PROVISIONED", "created": .string(start.description),
                        "statusChanged": .string(start.description), "lastLogin": .null,
                        "profile": ["email": email(number), "login": email(number), "displayName": name(number)],
                    ]
                },
                "okta log": numbers.flatMap { number in
                    ["user.lifecycle.create", "group.user_membership.add", "application.user_membership.add"].map {
                        okta($0, start + (number - 100) * 20, by: nil, about: number)
                    }
                } + numbers.map { okta("user.lifecycle.activate", start + ($0 - 100) * 20 + 1, by: 1, about: $0) },
            ]
        },
        // Anna marries. Okta has her new address; Slack and Zoom still have the old one.
        Situation("new name after a wedding", on: "okta", "slack", "zoom") { now in
            guard now > Self.now - .days(9) else { return [:] }
            return [
                "okta users": [
                    [
                        "id": "p3",
                        "profile": [
                            "email": "anna.newname@company.example", "login": "anna.newname@company.example",
                            "displayName": "Anna Newname",
                        ],
                    ]
                ]
            ]
        },
        // The old address stays as an alias.
        Situation("new name in Google Workspace", on: "google_workspace", "slack", "github") { now in
            guard now > Self.now - .days(9) else { return [:] }
            return [
                "google users": [
                    [
                        "id": "p3", "primaryEmail": "anna.newname@company.example",
                        "name": ["fullName": "Anna Newname"],
                        "aliases": [email(3)],
                    ]
                ]
            ]
        },
        // One Maria Silva left; another one, who works here, has accounts with the same name.
        Situation("two people with one name", on: "okta", "slack", "github", "zoom") { _ in
            func maria(_ id: String, _ address: JSON, _ status: JSON) -> JSON {
                [
                    "id": .string(id), "status": status, "created": ago(.days(800)), "statusChanged": ago(.days(60)),
                    "lastLogin": status == "ACTIVE" ? ago(.hours(6)) : ago(.days(61)),
                    "profile": ["email": address, "login": address, "displayName": "Maria Silva"],
                ]
            }
            return [
                "okta users": [
                    maria("m1", "maria.silva@company.example", "DEPROVISIONED"),
                    maria("m2", "maria.silva2@company.example", "ACTIVE"),
                ],
                "slack members": [slack("UM2", "Maria Silva", email: "maria.silva2@company.example")],
                "github members": [
                    [
                        "role": "MEMBER", "hasTwoFactorEnabled": true,
                        "node": [
                            "databaseId": 1_500, "login": "maria-silva", "name": "Maria Silva",
                            "createdAt": "2020-01-02T03:04:05Z",
                            "organizationVerifiedDomainEmails": ["maria.silva2@company.example"],
                        ],
                    ]
                ],
            ]
        },
        // The people of a company that was bought keep the addresses of its domain.
        Situation("acquired company", on: "okta", "google_workspace", "slack", "zoom") { now in
            guard now > Self.now - .days(9) else { return [:] }
            let people = (0..<8).map {
                (id: "q\($0)", name: "Acquired Person \($0)", email: "person\($0)@acquired.example")
            }
            return [
                "okta users": people.map { person in
                    [
                        "id": .string(person.id), "status": "ACTIVE", "created": ago(.days(9)),
                        "statusChanged": ago(.days(9)), "lastLogin": ago(.hours(4)),
                        "profile": [
                            "email": .string(person.email), "login": .string(person.email),
                            "displayName": .string(person.name),
                        ],
                    ]
                },
                "google users": people.map { person in
                    [
                        "id": .string(person.id), "primaryEmail": .string(person.email),
                        "name": ["fullName": .string(person.name)], "suspended": false, "archived": false,
                        "isEnrolledIn2Sv": false, "isAdmin": false, "isDelegatedAdmin": false,
                        "creationTime": ago(.days(9)), "lastLoginTime": ago(.hours(4)),
                    ]
                },
                "slack members": people.map { slack("U\($0.id)", $0.name, email: $0.email) },
            ]
        },
        // Fifteen people worked for one season. Their accounts were disabled on one day and wait for the next season.
        Situation("seasonal workers", on: "microsoft_entra", "slack") { now in
            let hasEnded = now > Self.now - .days(3)
            let workers = Array(200..<215)
            return [
                "entra users": workers.map { number in
                    [
                        "id": .string("p\(number)"), "displayName": name(number), "mail": email(number),
                        "userPrincipalName": email(number), "accountEnabled": .bool(!hasEnded), "userType": "Member",
                        "createdDateTime": ago(.days(120)),
                        "signInActivity": ["lastSuccessfulSignInDateTime": ago(.days(hasEnded ? 3 : 9))],
                    ]
                },
                "entra factors": workers.map { ["id": .string("p\($0)"), "isMfaRegistered": true] },
                "entra audits": workers.map {
                    audit("Disable account", Self.now - .days(3) + $0 * 10, by: 1, about: name($0))
                },
                "slack members": workers.map {
                    slack(
                        "U\($0)", person($0).name, email: person($0).email,
                        ["deleted": .bool(hasEnded), "updated": .integer((Self.now - .days(3)).seconds)])
                },
            ]
        },
        // An administrator deleted the wrong person and restored the account a day later.
        Situation("deleted and restored account", on: "microsoft_entra", "slack") { now in
            guard now > Self.now - .days(9), now < Self.now - .days(7) else { return [:] }
            return [
                "entra users": [["id": "p3", "accountEnabled": false]],
                "entra deleted users": [
                    [
                        "id": "00000000-0000-4000-8000-000000000031", "displayName": "Gone Person",
                        "userPrincipalName": "00000000000040008000000000000031gone@company.example",
                        "userType": "Member", "createdDateTime": ago(.days(100)), "deletedDateTime": ago(.days(9)),
                    ]
                ],
            ]
        },
    ]
}

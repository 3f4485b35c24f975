import Base

/// Situations of Slack, Zoom and Jira.
extension Situation {
    static let apps = [
        // Slackbot, bots of apps and of workflows, some of them deactivated.
        Situation("bots of Slack", on: "okta", "slack") { _ in
            [
                "slack members": [
                    slack("USLACKBOT", "slackbot", ["is_admin": false]),
                    slack("UW1", "Daily stand-up", ["is_bot": true, "is_workflow_bot": true]),
                    slack("UB2", "Jira Cloud", ["is_bot": true]),
                    slack("UB3", "Old integration", ["is_bot": true, "deleted": true]),
                    slack("UC1", "Connector", ["is_bot": true, "is_connector_bot": true]),
                ]
            ]
        },
        // The guests of a project that has ended are deactivated; their accounts stay for the history.
        Situation("deactivated guests", on: "okta", "slack") { _ in
            [
                "slack members": (1...4).map {
                    slack(
                        "UG\($0)", "Guest \($0)", email: "guest\($0)@agency.example",
                        ["is_restricted": true, "deleted": true])
                }
            ]
        },
        // A new person has not accepted the invitation to Slack yet.
        Situation("invited member of Slack", on: "okta", "slack") { _ in
            [
                "okta users": [
                    [
                        "id": "p60", "status": "PROVISIONED", "created": ago(.days(2)), "statusChanged": ago(.days(2)),
                        "lastLogin": .null,
                        "profile": ["email": email(60), "login": email(60), "displayName": name(60)],
                    ]
                ],
                "slack members": [slack("U60", person(60).name, email: person(60).email, ["is_invited_user": true])],
            ]
        },
        // Slack's own second factors are unused because all people sign in with Google.
        Situation("sign-in to Slack with Google", on: "google_workspace", "slack") { _ in
            var changes: [String: [JSON]] = [:]
            for number in 0..<12 {
                changes["google tokens p\(number)"] = [
                    [
                        "clientId": "slack.apps.googleusercontent.com", "displayText": "Slack",
                        "scopes": [
                            "openid", "https://www.googleapis.com/auth/userinfo.email",
                            "https://www.googleapis.com/auth/userinfo.profile",
                        ],
                    ]
                ]
            }
            changes["slack members"] = (0..<12).map { ["id": .string("U\($0)"), "has_2fa": false] }
            return changes
        },
        // Users without a meeting license, a pending one, and one who was deactivated to keep the recordings.
        Situation("Zoom users without license", on: "okta", "zoom") { _ in
            func user(_ id: String, _ address: JSON, _ status: String, type: Int) -> JSON {
                [
                    "id": .string(id), "email": address, "first_name": "Zoom", "last_name": "User",
                    "type": .integer(type),
                    "status": .string(status), "role_id": "2", "verified": 1, "created_at": ago(.days(300)),
                    "login_types": [101],
                ]
            }
            return [
                "zoom users": [
                    ["id": "z3", "type": 99, "last_login_time": ago(.days(200))],
                    ["id": "z5", "type": 4, "last_login_time": ago(.days(200))],
                    user("zi", "former.person@company.example", "inactive", type: 1),
                    ["email": email(70), "status": "pending", "type": 1, "verified": 0],
                ]
            ]
        },
        // Apps, customers of the service desk, and former users, whose names are gone.
        Situation("apps, customers and former users of Jira", on: "okta", "jira") { _ in
            func user(_ id: String, _ name: String, _ type: JSON, active: Bool, email: JSON? = nil) -> JSON {
                var user: [String: JSON] = [
                    "accountId": .string(id), "accountType": type, "active": .bool(active),
                    "displayName": .string(name),
                ]
                user["emailAddress"] = email
                return .object(user)
            }
            return [
                "jira users": [
                    user("557058:f58131cb", "Automation for Jira", "app", active: true),
                    user("5b10ac8d", "Slack", "app", active: true),
                    user("qm:1", "A Customer", "customer", active: true, email: "customer@client.example"),
                    user("unknown", "Former user", "atlassian", active: false),
                    user("5b6c7b3a", "Former user", "atlassian", active: false),
                ],
                "jira log": (0..<20).map {
                    [
                        "id": .integer(100 + $0), "summary": "User added to group",
                        "authorAccountId": "557058:f58131cb",
                        "created": .string((Self.now - .days(2) + $0 * 60).description),
                        "objectItem": ["name": "project-members", "typeName": "GROUP"],
                    ]
                },
            ]
        },
        // A person hides the address in the profile of the Atlassian account.
        Situation("hidden address in Jira", on: "okta", "jira") { _ in
            ["jira users": [["accountId": "j3", "emailAddress": ""]]]
        },
    ]
}

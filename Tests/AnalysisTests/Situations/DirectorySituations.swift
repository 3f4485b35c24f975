import Base

/// Situations of directories: Google Workspace, Entra, JumpCloud and OneLogin.
extension Situation {
    static let directories = [
        // An archived user keeps mail and files of a person who left half a year ago.
        Situation("archived user", on: "google_workspace", "slack", "github") { _ in
            [
                "google users": [
                    googleUser(
                        "a1", "Former Person", "former.person@company.example",
                        ["archived": true, "lastLoginTime": ago(.days(190))])
                ],
                "slack members": [
                    slack(
                        "UA1", "Former Person", email: "former.person@company.example",
                        ["deleted": true, "updated": .integer((Self.now - .days(185)).seconds)])
                ],
            ]
        },
        // People with Cloud Identity Free have no mailbox. They sign in elsewhere through Okta, and never at Google.
        Situation("Cloud Identity users without license", on: "okta", "google_workspace", "slack") { _ in
            [
                "google users": [
                    ["id": "p3", "lastLoginTime": "1970-01-01T00:00:00.000Z"],
                    ["id": "p5", "lastLoginTime": "1970-01-01T00:00:00.000Z"],
                ]
            ]
        },
        // Slack has the addresses of a domain that is an alias of the company's domain.
        Situation("alias domain", on: "google_workspace", "slack") { _ in
            [
                "google users": [3, 5].map { number in
                    [
                        "id": .string("p\(number)"),
                        "nonEditableAliases": [
                            .string("dev\(number)@company-alias.example"),
                            .string("dev\(number)@company.example.test-google-a.com"),
                        ],
                    ]
                },
                "slack members": [3, 5].map { number in
                    ["id": .string("U\(number)"), "profile": ["email": .string("dev\(number)@company-alias.example")]]
                },
            ]
        },
        // A super administrator has a second account for administration alone, and uses it every few weeks.
        Situation("separate administrator account", on: "google_workspace", "slack") { _ in
            [
                "google users": [
                    googleUser(
                        "admin1", "Administration Anna", "anna.admin@company.example",
                        ["isAdmin": true, "isEnrolledIn2Sv": true, "lastLoginTime": ago(.days(20))])
                ]
            ]
        },
        // Three people answer the mail of one user in turn.
        Situation("role account", on: "google_workspace", "slack") { _ in
            [
                "google users": [
                    googleUser("billing", "Billing", "billing@company.example", ["lastLoginTime": ago(.days(10))]),
                    googleUser("security", "Security", "security@company.example", ["lastLoginTime": ago(.days(2))]),
                ]
            ]
        },
        // Chromebooks as kiosks have no users.
        Situation("Chromebook kiosks", on: "google_workspace") { _ in
            [
                "google Chromebooks": (1...3).map { number in
                    [
                        "deviceId": .string("k\(number)"), "serialNumber": .string("5CDK\(number)000"),
                        "model": "ASUS Chromebox", "osVersion": "149.0", "status": "ACTIVE",
                        "osVersionCompliance": "compliant", "annotatedLocation": "Reception",
                        "deviceLicenseType": "kioskUpgrade",
                        "lastSync": ago(.hours(1)),
                    ]
                }
            ]
        },
        // The records of phones that were wiped, or whose owners removed the account, stay in the list.
        Situation("wiped and unregistered phones", on: "google_workspace") { _ in
            [
                "google phones": ["WIPED", "ACCOUNT_WIPED", "ACCOUNT_UNREGISTERED", "UNPROVISIONED"].enumerated().map {
                    index, status in
                    [
                        "resourceId": .string("w\(index)"), "email": [email(3)], "model": "Pixel 6", "os": "Android 13",
                        "type": "ANDROID", "status": .string(status), "serialNumber": .string("3A0\(index)0WIPED"),
                        "encryptionStatus": "Not encrypted", "deviceCompromisedStatus": "No compromise detected",
                        "lastSync": ago(.days(200)),
                    ]
                }
            ]
        },
        // An invited guest has not accepted yet.
        Situation("guest with a pending invitation", on: "microsoft_entra", "slack") { _ in
            [
                "entra users": [
                    [
                        "id": "g9", "displayName": "Pending Guest", "mail": "pending@partner.example",
                        "userPrincipalName": "pending_partner.example#EXT#@company.onmicrosoft.com",
                        "accountEnabled": true, "userType": "Guest", "externalUserState": "PendingAcceptance",
                        "createdDateTime": ago(.days(40)), "signInActivity": .null,
                    ]
                ],
                "entra factors": [["id": "g9", "isMfaRegistered": false]],
            ]
        },
        // The people of another tenant of the same owner are synchronized as members.
        Situation("members from another tenant", on: "microsoft_entra", "slack") { _ in
            [
                "entra users": (1...3).map { number in
                    [
                        "id": .string("x\(number)"), "displayName": .string("Parent Person \(number)"),
                        "mail": .string("person\(number)@parent.example"),
                        "userPrincipalName": .string("person\(number)_parent.example#EXT#@company.onmicrosoft.com"),
                        "accountEnabled": true, "userType": "Member", "externalUserState": "Accepted",
                        "createdDateTime": ago(.days(200)),
                        "signInActivity": ["lastSuccessfulSignInDateTime": ago(.days(1))],
                    ]
                },
                "entra factors": (1...3).map { ["id": .string("x\($0)"), "isMfaRegistered": false] },
            ]
        },
        // Licenses follow groups, and the directory follows Active Directory: hundreds of entries within minutes.
        Situation("licenses by groups and a full synchronization", on: "microsoft_entra") { _ in
            [
                "entra audits": (0..<300).flatMap { number in
                    [
                        audit(
                            "Change user license", Self.now - .days(2) + number,
                            app: "Microsoft Azure AD Group-Based Licensing", about: name(number % 12)),
                        audit(
                            "Update user", Self.now - .days(1) + number, app: "Microsoft Entra Connect",
                            about: name(number % 12)),
                    ]
                }
            ]
        },
        // The certificate of a SAML application is replaced before it expires.
        Situation("planned change of a certificate", on: "microsoft_entra") { _ in
            [
                "entra audits": [
                    audit("Add service principal credentials", Self.now - .days(3), by: 1, about: "Figma"),
                    audit(
                        "Update application – Certificates and secrets management ", Self.now - .days(3) + 60, by: 1,
                        about: "Figma"),
                    audit("Remove service principal credentials", Self.now - .days(2), by: 1, about: "Figma"),
                ]
            ]
        },
        // A service account of Active Directory is synchronized and never signs in to the cloud.
        Situation("synchronized service account", on: "microsoft_entra") { _ in
            [
                "entra users": [
                    [
                        "id": "svc1", "displayName": "svc-backup", "mail": .null,
                        "userPrincipalName": "svc-backup@company.onmicrosoft.com",
                        "accountEnabled": true, "userType": "Member", "onPremisesSyncEnabled": true,
                        "createdDateTime": ago(.days(600)), "signInActivity": .null,
                    ]
                ],
                "entra factors": [["id": "svc1", "isMfaRegistered": false]],
            ]
        },
        // The phone in the lobby signs in with an account of its own, for which Microsoft supports no second factor.
        Situation("phone in a common area", on: "microsoft_entra") { now in
            [
                "entra users": [
                    [
                        "id": "cap1", "displayName": "Lobby Phone", "mail": .null,
                        "userPrincipalName": "cap-lobby@company.onmicrosoft.com",
                        "accountEnabled": true, "userType": "Member", "createdDateTime": ago(.days(300)),
                        "assignedLicenses": [["skuId": "295a8eb0-f78d-45c7-8b5b-1eed5ed02dff", "disabledPlans": []]],
                        "signInActivity": ["lastSuccessfulSignInDateTime": .string((now - .hours(2)).description)],
                    ]
                ],
                "entra factors": [["id": "cap1", "isMfaRegistered": false]],
            ]
        },
        // An application searches the directory with an account that may bind by LDAP and does nothing else.
        Situation("LDAP binding user", on: "jumpcloud", "slack") { _ in
            [
                "jumpcloud users": [
                    [
                        "_id": "ldap1", "username": "ldap-bind", "email": "ldap-bind@company.example",
                        "displayname": "LDAP Bind",
                        "state": "ACTIVATED", "suspended": false, "ldap_binding_user": true, "created": ago(.days(500)),
                        "mfa": ["configured": false, "exclusion": true], "totp_enabled": false,
                    ]
                ]
            ]
        },
        // A new person has a week to enroll a second factor.
        Situation("time to enroll a second factor", on: "jumpcloud", "slack") { _ in
            [
                "jumpcloud users": [
                    [
                        "_id": "new1", "username": "new1", "email": "new.person@company.example",
                        "displayname": "New Person",
                        "state": "ACTIVATED", "suspended": false, "created": ago(.days(2)),
                        "mfaEnrollment": ["overallStatus": "IN_ENROLLMENT"],
                        "mfa": [
                            "configured": false, "exclusion": true,
                            "exclusionUntil": .string((Self.now + .days(5)).description),
                        ],
                    ]
                ]
            ]
        },
        // A computer at the reception has no owner.
        Situation("shared computer in JumpCloud", on: "jumpcloud", "crowdstrike") { _ in
            [
                "jumpcloud systems": [
                    [
                        "_id": "kiosk", "hostname": "reception", "osFamily": "windows",
                        "osVersionDetail": ["version": "10.0.26100"],
                        "fde": ["active": true], "serialNumber": "KIOSK1000", "lastContact": ago(.hours(1)),
                    ]
                ],
                "falcon hosts": [
                    [
                        "device_id": "h-reception", "hostname": "reception", "platform_name": "Windows",
                        "os_version": "Windows 11",
                        "os_build": "26100", "serial_number": "KIOSK1000", "status": "normal",
                        "last_seen": ago(.hours(1)),
                        "agent_version": "7.20",
                    ]
                ],
            ]
        },
        // Users whose password has expired, who are locked for minutes, or who have to choose security questions.
        Situation("states of users in OneLogin", on: "onelogin", "slack") { now in
            guard now == Self.now else { return [:] }
            return [
                "onelogin users": [
                    ["id": 103, "status": 5], ["id": 105, "status": 3], ["id": 106, "status": 8],
                    ["id": 108, "status": 4],
                    // A new user who was approved and has not been activated.
                    [
                        "id": 190, "username": "new", "email": "new.person@company.example", "firstname": "New Person",
                        "status": 7, "state": 1, "created_at": ago(.days(1)), "last_login": .null,
                    ],
                    // A user of the former directory, without a license.
                    [
                        "id": 191, "username": "old", "email": "old.person@company.example", "firstname": "Old Person",
                        "status": 2, "state": 3, "created_at": ago(.days(700)), "last_login": ago(.days(300)),
                    ],
                ]
            ]
        },
    ]

    private static func googleUser(_ id: String, _ name: String, _ address: String, _ others: [String: JSON]) -> JSON {
        let own: [String: JSON] = [
            "id": .string(id), "primaryEmail": .string(address), "name": ["fullName": .string(name)],
            "suspended": false,
            "archived": false, "isEnrolledIn2Sv": true, "isAdmin": false, "isDelegatedAdmin": false,
            "creationTime": ago(.days(700)), "lastLoginTime": ago(.days(1)),
        ]
        return .object(own.merging(others) { $1 })
    }
}

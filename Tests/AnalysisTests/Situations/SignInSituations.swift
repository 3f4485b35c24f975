import Base

/// Situations of signing in.
extension Situation {
    static let signIns = [
        // Ten wrong passwords lock the account; a text message unlocks it, and the person signs in at home.
        Situation("locked out and unlocked", on: "okta") { _ in
            let start = morning(daysAgo: 3)
            return [
                "okta log": (0..<10).map {
                    okta("user.session.start", start + $0 * 20, by: 3, result: "FAILURE", reason: "INVALID_CREDENTIALS")
                } + [
                    okta("user.account.lock", start + 201, by: 3), okta("user.account.unlock", start + 500, by: 3),
                    okta("user.account.unlock_by_admin", start + 500, by: 5, about: 3),
                    okta("user.session.start", start + 560, by: 3),
                ]
            ]
        },
        // After a lost phone, the help desk resets all factors, and the person enrolls a new phone.
        Situation("lost phone, factors reset by the help desk", on: "okta") { _ in
            let start = morning(daysAgo: 2)
            return [
                "okta log": [
                    okta("user.mfa.factor.reset_all", start, by: 5, about: 3),
                    okta(
                        "user.mfa.factor.deactivate", start + 1, by: 5, about: 3,
                        reason: "User reset OKTA_VERIFY_PUSH factor"),
                    okta(
                        "user.mfa.factor.deactivate", start + 1, by: 5, about: 3,
                        reason: "User reset FIDO_WEBAUTHN factor"),
                    okta("user.mfa.factor.activate", start + 900, by: 3),
                    okta("user.session.start", start + 960, by: 3),
                ]
            ]
        },
        // After a change of the password policy, all people mistype their new passwords on one morning in the office.
        Situation("new passwords mistyped in the office", on: "okta") { _ in
            let start = morning(daysAgo: 2)
            return [
                "okta log": (0..<12).flatMap { number in
                    [
                        okta("user.account.update_password", start + number * 60, by: number, from: "192.0.2.10"),
                        okta(
                            "user.session.start", start + number * 60 + 10, by: number, result: "FAILURE",
                            reason: "INVALID_CREDENTIALS", from: "192.0.2.10"),
                        okta("user.session.start", start + number * 60 + 40, by: number, from: "192.0.2.10"),
                    ]
                }
            ]
        },
        // On the day after a holiday, the help desk unlocks and resets passwords for ten people.
        Situation("busy help desk", on: "okta") { _ in
            let start = morning(daysAgo: 1)
            return [
                "okta log": [3, 5, 6, 8, 10, 11, 0, 1, 2, 7].enumerated().flatMap { index, number in
                    [
                        okta("user.account.unlock_by_admin", start + index * 300, by: 4, about: number),
                        okta("user.account.reset_password", start + index * 300 + 10, by: 4, about: number),
                        okta("user.account.update_password", start + index * 300 + 200, by: number),
                    ]
                }
            ]
        },
        // The person declines two prompts on the phone by mistake, and confirms the third one.
        Situation("prompts declined by mistake", on: "okta") { _ in
            let start = morning(daysAgo: 1)
            return [
                "okta log": [
                    okta(
                        "user.authentication.auth_via_mfa", start, by: 3, result: "FAILURE",
                        reason: "User rejected Okta push verify"),
                    okta(
                        "user.authentication.auth_via_mfa", start + 30, by: 3, result: "FAILURE",
                        reason: "User rejected Okta push verify"),
                    okta("user.authentication.auth_via_mfa", start + 60, by: 3),
                ]
            ]
        },
        // The browser's addresses belong to Apple's relays, some of which are across the border.
        Situation("iCloud Private Relay", on: "okta") { _ in
            [
                "okta log": (1...20).flatMap { day in
                    [
                        ("172.224.226.\(day)", "Germany", 0), ("104.28.30.\(day)", "Belgium", 240),
                        ("172.224.227.\(day)", "Netherlands", 500),
                    ].map {
                        okta("user.session.start", morning(daysAgo: day) + 1_800 + $0.2, by: 3, from: $0.0, in: $0.1)
                    }
                }
            ]
        },
        // A cloud proxy sends the traffic of six people through its nearest data center, which changes often.
        Situation("cloud proxy with changing exits", on: "okta") { _ in
            let exits = [
                ("165.225.240.10", "Netherlands"), ("165.225.72.10", "Germany"), ("165.225.80.10", "United Kingdom"),
            ]
            return [
                "okta log": (1...25).flatMap { day in
                    [0, 1, 3, 5, 6, 8].flatMap { number in
                        (0..<3).map { turn in
                            let exit = exits[(day + number + turn) % 3]
                            return okta(
                                "user.session.start", morning(daysAgo: day) + number * 60 + turn * 2_400, by: number,
                                from: exit.0, in: exit.1)
                        }
                    }
                }
            ]
        },
        // A person who lives near the border: the home's network is Dutch, the phone's network Belgian.
        Situation("life near a border", on: "okta") { _ in
            [
                "okta log": (1...30).flatMap { day in
                    [
                        okta(
                            "user.session.start", morning(daysAgo: day) + 600, by: 3, from: "178.144.9.\(day)",
                            in: "Belgium"),
                        okta("user.session.start", morning(daysAgo: day) + 1_500, by: 3),
                    ]
                }
            ]
        },
        // From London to Paris by train in two hours and a half.
        Situation("journey by train", on: "okta") { _ in
            let start = morning(daysAgo: 4)
            return [
                "okta log": [
                    okta("user.session.start", start + 3_600, by: 3, from: "81.150.1.1", in: "United Kingdom"),
                    okta("user.session.start", start + 3_600 + 9_000, by: 3, from: "90.80.1.1", in: "France"),
                ]
            ]
        },
        // A flight from Amsterdam to New York: nine hours after the last sign-in at home.
        Situation("journey by plane", on: "okta") { _ in
            let start = morning(daysAgo: 5)
            return [
                "okta log": [okta("user.session.start", start + 1_200, by: 3)]
                    + (1...3).map {
                        okta(
                            "user.session.start", start + .hours(10) + .days($0 - 1), by: 3, from: "12.107.1.\($0)",
                            in: "United States")
                    }
            ]
        },
        // The plane's network connects through the United States, two hours after the sign-in at home.
        Situation("network on board of a plane", on: "okta") { _ in
            let start = morning(daysAgo: 5)
            return [
                "okta log": [
                    okta("user.session.start", start + 600, by: 3),
                    okta("user.session.start", start + .hours(3), by: 3, from: "208.98.192.7", in: "United States"),
                    okta("user.session.start", start + .hours(12), by: 3, from: "126.1.1.7", in: "Japan"),
                ]
            ]
        },
        // Eight people visit one conference for three days and sign in from one hotel.
        Situation("conference abroad", on: "okta") { _ in
            [
                "okta log": [0, 1, 3, 5, 6, 8, 10, 11].flatMap { number in
                    (3...5).map { day in
                        okta(
                            "user.session.start", morning(daysAgo: day) + .hours(11) + number * 120, by: number,
                            from: "64.79.144.5", in: "United States")
                    }
                }
            ]
        },
        // Clocks change by an hour: a person who begins early begins an hour earlier in UTC, before six o'clock.
        Situation("end of winter time", on: "okta") { _ in
            [
                "okta log": (1...40).map { day in
                    okta("user.session.start", morning(daysAgo: day) - (day < 8 ? 7_200 : 3_600), by: 3)
                }
            ]
        },
        // Entra's log has an entry for each step of a sign-in, and most of these entries have an error code.
        Situation("interrupted sign-ins", on: "microsoft_entra") { _ in
            let codes = [
                50_140, 50_074, 50_076, 50_058, 65_001, 50_097, 50_125, 50_132, 50_133, 50_173, 70_043, 70_044, 81_010,
                81_012, 16_001, 50_011, 53_000, 53_001, 530_003, 700_082,
            ]
            return [
                "entra sign-ins": (1...3).flatMap { day in
                    codes.enumerated().map { index, code in signIn(3, morning(daysAgo: day) + index * 60, error: code) }
                        + [signIn(3, morning(daysAgo: day) + 1_500)]
                }
            ]
        },
        // Windows Hello is a person's only method.
        Situation("Windows Hello alone", on: "microsoft_entra", "microsoft_intune") { _ in
            [
                "entra factors": [
                    [
                        "id": "p3", "isMfaRegistered": false, "isMfaCapable": true, "isPasswordlessCapable": true,
                        "methodsRegistered": ["windowsHelloForBusiness"],
                    ]
                ]
            ]
        },
        // A factor that waits for its activation stands next to Okta FastPass.
        Situation("Okta FastPass alone", on: "okta") { _ in
            [
                "okta factors p3": [
                    ["id": "f1", "status": "PENDING_ACTIVATION", "factorType": "token:software:totp"],
                    ["id": "f2", "status": "ACTIVE", "factorType": "signed_nonce"],
                ]
            ]
        },
        // An administrator activates three roles each morning, for eight hours.
        Situation("privileged identity management", on: "microsoft_entra") { _ in
            let roles: [JSON] = ["User Administrator", "Exchange Administrator", "Security Administrator"]
            return [
                "entra audits": (1...20).flatMap { day in
                    roles.enumerated().flatMap { index, role in
                        let moment = morning(daysAgo: day) + index * 60
                        return [
                            audit("Add member to role requested (PIM activation)", moment, by: 1, about: role),
                            audit("Add member to role completed (PIM activation)", moment + 5, by: 1, about: role),
                            audit("Add member to role", moment + 6, app: "MS-PIM", about: name(1)),
                            audit(
                                "Remove member from role (PIM activation expired)", moment + .hours(8), app: "MS-PIM",
                                about: role),
                        ]
                    }
                }
            ]
        },
    ]
}

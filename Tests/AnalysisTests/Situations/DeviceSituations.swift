import Base

/// Situations of devices.
extension Situation {
    static let devices = [
        // A computer in Azure, whose disk is encrypted by the storage and not by BitLocker.
        Situation("Windows 365 Cloud PC", on: "microsoft_entra", "microsoft_intune", "crowdstrike") { _ in
            [
                "intune devices": [
                    intune(
                        "cpc", "CPC-anna-1A2B",
                        [
                            "model": "Cloud PC Enterprise 2vCPU/8GB/128GB", "isEncrypted": false,
                            "serialNumber": "0000-0001-2345-6789-0123-4567-89", "userPrincipalName": email(3),
                        ])
                ],
                "falcon hosts": [
                    falcon(
                        "cpc", "CPC-anna-1A2B", "0000-0001-2345-6789-0123-4567-89", seen: .hours(2),
                        ["platform_name": "Windows"])
                ],
            ]
        },
        // A laptop was given back and waits, switched off, for the commands to retire and to wipe it.
        Situation("device that waits for its retirement", on: "microsoft_entra", "microsoft_intune") { _ in
            let states = ["retirePending", "retireIssued", "wipePending", "wipeIssued", "deletePending"]
            return [
                "intune devices": zip(states, [3, 5, 6, 8, 10]).map { state, owner in
                    intune(
                        state, "returned-\(owner)",
                        [
                            "managementState": .string(state), "lastSyncDateTime": ago(.days(60)),
                            "userPrincipalName": email(owner),
                        ])
                }
            ]
        },
        // A private iPhone with user enrollment, and an Android with a work profile, show no serial numbers.
        Situation("private phones", on: "microsoft_entra", "microsoft_intune", "crowdstrike") { _ in
            [
                "intune devices": [
                    intune(
                        "byod1", "Anna's iPhone",
                        [
                            "operatingSystem": "iOS", "osVersion": "18.4", "serialNumber": "",
                            "managedDeviceOwnerType": "personal", "model": "iPhone 15", "userPrincipalName": email(3),
                        ]),
                    intune(
                        "byod2", "Android work profile",
                        [
                            "operatingSystem": "Android", "osVersion": "15.0", "serialNumber": "0",
                            "managedDeviceOwnerType": "personal", "model": "Pixel 9", "jailBroken": "False",
                            "userPrincipalName": email(3),
                        ]),
                ]
            ]
        },
        // Tablets in a warehouse have no users, and Configuration Manager judges the compliance of some computers.
        Situation("devices without users or compliance", on: "microsoft_entra", "microsoft_intune") { _ in
            [
                "intune devices": [
                    intune(
                        "cosu", "scanner-1",
                        [
                            "operatingSystem": "Android", "osVersion": "14.0", "userPrincipalName": "",
                            "deviceEnrollmentType": "androidEnterpriseDedicatedDevice", "model": "TC58",
                            "complianceState": "unknown",
                        ]),
                    intune("sccm", "desktop-7", ["complianceState": "configManager", "userPrincipalName": email(3)]),
                    intune("grace", "desktop-8", ["complianceState": "inGracePeriod", "userPrincipalName": email(5)]),
                    intune("conflict", "desktop-9", ["complianceState": "conflict", "userPrincipalName": email(6)]),
                ]
            ]
        },
        // A laptop was reset and enrolled again half a year ago: the old record has the same serial number.
        Situation("Windows enrolled again", on: "microsoft_entra", "microsoft_intune", "crowdstrike") { _ in
            [
                "intune devices": [
                    intune(
                        "old", "DESKTOP-OLD",
                        [
                            "serialNumber": "C02X10003", "lastSyncDateTime": ago(.days(180)), "isEncrypted": false,
                            "userPrincipalName": email(3),
                        ])
                ],
                "falcon hosts": [
                    falcon("old", "DESKTOP-OLD", "C02X10003", seen: .days(45) + 1, ["platform_name": "Windows"])
                ],
            ]
        },
        // A Mac was erased and enrolled again: Jamf Pro keeps the record from before, which is no longer managed.
        Situation("Mac enrolled again", on: "okta", "jamf_pro", "crowdstrike") { _ in
            [
                "jamf computers": [
                    jamf(
                        "old", "laptop-3", serial: "C02X10003", owner: 3, seen: .days(180), isManaged: false,
                        isEncrypted: false)
                ]
            ]
        },
        // A Mac was sold, and its record is kept without management.
        Situation("sold Mac", on: "okta", "jamf_pro", "crowdstrike") { _ in
            [
                "jamf computers": [
                    jamf(
                        "sold", "sold-1", serial: "C02SOLD01", owner: nil, seen: .days(300), isManaged: false,
                        isEncrypted: false)
                ]
            ]
        },
        // The televisions of meeting rooms store no data and have no passcodes.
        Situation("Apple TV", on: "okta", "jamf_pro", "crowdstrike") { _ in
            [
                "jamf mobile devices": (1...3).map { number in
                    [
                        "mobileDeviceId": .string("\(900 + number)"), "deviceType": "tvOS",
                        "general": [
                            "displayName": .string("Room \(number)"), "managementId": .string("tv-\(number)"),
                            "osVersion": "18.4", "managed": true, "lastInventoryUpdateDate": ago(.hours(9)),
                        ],
                        "hardware": ["serialNumber": .string("DTV\(number)0000"), "modelIdentifier": "AppleTV11,1"],
                        "security": ["dataProtected": false, "passcodePresent": false],
                        "userAndLocation": ["email": ""],
                    ]
                }
            ]
        },
        // iPads that several people share, without an owner.
        Situation("shared iPads", on: "okta", "jamf_pro", "crowdstrike") { _ in
            [
                "jamf mobile devices": (1...3).map { number in
                    [
                        "mobileDeviceId": .string("\(800 + number)"), "deviceType": "iOS",
                        "general": [
                            "displayName": .string("iPad \(number)"), "managementId": .string("ipad-\(number)"),
                            "osVersion": "18.4", "managed": true, "sharedIpad": true,
                            "lastInventoryUpdateDate": ago(.hours(9)),
                        ],
                        "hardware": ["serialNumber": .string("DMP\(number)0000"), "modelIdentifier": "iPad14,1"],
                        "security": ["dataProtected": true, "jailBreakDetected": false],
                    ]
                }
            ]
        },
        // New laptops for all people on one day: the old ones are still there for two weeks.
        Situation("new laptops for all", on: "okta", "jamf_pro", "crowdstrike") { now in
            guard now > Self.now - .days(7) else { return [:] }
            return [
                "jamf computers": (0..<12).map {
                    jamf("new\($0)", "new-laptop-\($0)", serial: "C02N\(20_000 + $0)", owner: $0, seen: .hours(3))
                },
                "falcon hosts": (0..<12).map {
                    falcon(
                        "new\($0)", "new-laptop-\($0)", "C02N\(20_000 + $0)", seen: .hours(3),
                        ["platform_name": "Mac", "os_version": "Sequoia (15)"])
                },
            ]
        },
        // Virtual desktops are made again each night, and each has a new id in Falcon for its short life.
        Situation("virtual desktops", on: "okta", "jamf_pro", "crowdstrike") { now in
            [
                "falcon hosts": (0..<90).filter { Self.now - .days($0) - .hours(1) <= now }.prefix(45).flatMap { day in
                    (1...3).map { number in
                        falcon(
                            "vdi-\(number)-\(day)", "vdi-00\(number)", "VMware-56 4d 6a 0\(number)",
                            seen: .days(day) + .hours(1),
                            ["platform_name": "Windows", "system_product_name": "VMware Virtual Platform"])
                    }
                }
            ]
        },
        // Servers of a group that grows and shrinks, and containers' hosts of last month.
        Situation("short-lived servers", on: "okta", "jamf_pro", "crowdstrike") { _ in
            [
                "falcon hosts": (0..<30).map {
                    falcon(
                        "asg\($0)", "ip-10-0-0-\($0)", "ec2\($0)0a1b2c3d", seen: .days($0 + 1),
                        ["platform_name": "Linux", "os_version": "Amazon Linux 2023", "service_provider": "AWS_EC2_V2"])
                }
            ]
        },
        // After an update of the system, the agent works with reduced functions for a day.
        Situation("reduced functions after an update", on: "okta", "jamf_pro", "crowdstrike") { _ in
            [
                "falcon hosts": [
                    ["device_id": "h-laptop-3", "reduced_functionality_mode": "yes"],
                    ["device_id": "h-server-1", "reduced_functionality_mode": "yes"],
                ]
            ]
        },
        // A phone that the person has replaced, whose registration was deactivated.
        Situation("deactivated device of Okta Verify", on: "okta") { _ in
            [
                "okta devices": [
                    [
                        "id": "guo1", "status": "DEACTIVATED",
                        "profile": [
                            "displayName": "Old iPhone", "platform": "IOS", "osVersion": "15.1",
                            "diskEncryptionType": "NONE",
                        ],
                        "_embedded": ["users": []],
                    ],
                    [
                        "id": "guo2", "status": "ACTIVE",
                        "profile": [
                            "displayName": "Anna's iPhone", "platform": "IOS", "osVersion": "18.4.1",
                            "secureHardwarePresent": true,
                        ],
                        "_embedded": ["users": [["user": ["id": "p3"]]]],
                    ],
                ]
            ]
        },
    ]

    private static func intune(_ id: String, _ name: String, _ others: [String: JSON]) -> JSON {
        let own: [String: JSON] = [
            "id": .string(id), "deviceName": .string(name), "operatingSystem": "Windows",
            "osVersion": "10.0.26100.3775",
            "isEncrypted": true, "complianceState": "compliant", "jailBroken": "Unknown", "userPrincipalName": "",
            "managementState": "managed", "serialNumber": .string("SN\(id)0001"), "lastSyncDateTime": ago(.hours(3)),
        ]
        return .object(own.merging(others) { $1 })
    }

    private static func falcon(_ id: String, _ name: String, _ serial: String, seen: Int, _ others: [String: JSON])
        -> JSON
    {
        let own: [String: JSON] = [
            "device_id": .string(id), "hostname": .string(name), "os_version": "Windows 11", "os_build": "26100",
            "serial_number": .string(serial), "status": "normal", "last_seen": ago(seen), "agent_version": "7.20",
        ]
        return .object(own.merging(others) { $1 })
    }

    private static func jamf(
        _ id: String, _ name: String, serial: String, owner: Int?, seen: Int, isManaged: Bool = true,
        isEncrypted: Bool = true
    ) -> JSON {
        [
            "id": .string(id),
            "general": [
                "name": .string(name), "lastCheckIn": ago(seen), "managementId": .string("m-\(id)"),
                "remoteManagement": ["managed": .bool(isManaged)],
            ],
            "hardware": ["serialNumber": .string(serial)],
            "operatingSystem": [
                "version": "15.4", "fileVault2Status": isEncrypted ? "ALL_ENCRYPTED" : "NOT_ENCRYPTED",
            ],
            "userAndLocation": ["email": owner.map(email) ?? ""],
        ]
    }
}

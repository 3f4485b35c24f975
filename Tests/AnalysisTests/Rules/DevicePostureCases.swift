import Analysis
import Base
import Findings
import TestSupport
import Testing

@Suite(.usesStore) struct DevicePostureTests {
    private static let protection: [RuleCase] = [
        RuleCase(
            "device_posture::unencrypted",
            "ada-mac of Ada Lovelace is not encrypted, so a theft gives away everything on it."
        ) { company in
            try company.device(of: company.person(), encrypted: false)
        } quiet: { company in
            try company.device(of: company.person(), encrypted: nil)
            try company.device("bob-mac", of: company.person("Bob"), encrypted: true)
        } exempt: { company in
            try company.device(of: company.person(type: "admin"), encrypted: false)
            try company.device("old-mac", on: "jamf_pro", encrypted: false)
            try company.set("jamf_pro", status: "paused", lastSync: company.ago(hours: 1))
        },
        RuleCase(
            "device_posture::unencrypted_admin",
            "ada-mac of Okta admin Ada Lovelace is not encrypted, so whoever finds it has an admin's sessions."
        ) { company in
            try company.device(of: company.person(type: "admin"), encrypted: false)
        } quiet: { company in
            try company.device(of: company.person(type: "admin"), encrypted: nil)
        } exempt: { company in
            try company.device(of: company.person(), encrypted: false)
            try company.device("lost-mac", encrypted: false)
        },
        RuleCase(
            "device_posture::noncompliant",
            "ada-mac is out of compliance, so the company's settings no longer protect what is on it."
        ) { company in
            try company.device(supported: nil, encrypted: nil, compliant: false, jailbroken: nil)
        } quiet: { company in
            try company.device(compliant: nil)
        } exempt: { company in
            try company.device(encrypted: false, compliant: false)
            try company.device(supported: false, compliant: false)
            try company.device(compliant: false, jailbroken: true)
            try company.device(of: company.person(type: "admin"), compliant: false)
        },
        RuleCase(
            "device_posture::noncompliant_admin",
            "ada-mac of Okta admin Ada Lovelace is out of compliance, so admin sessions run on a device that can't be trusted."
        ) { company in
            try company.device(of: company.person(type: "admin"), compliant: false)
        } quiet: { company in
            try company.device(of: company.person(type: "admin"), compliant: nil)
        } exempt: { company in
            let admin = try company.person(type: "admin")
            try company.device(of: admin, encrypted: false, compliant: false)
            try company.device(of: company.person("Bob"), compliant: false)
        },
        RuleCase(
            "device_posture::os_end_of_life",
            "ada-mac of Ada Lovelace runs macOS 12.7, which no longer gets security updates."
        ) { company in
            try company.device(of: company.person(), version: "12.7", supported: false)
        } quiet: { company in
            try company.device(of: company.person(), version: "12.7", supported: nil)
        },
        RuleCase(
            "device_posture::jailbroken",
            "ada-phone of Ada Lovelace is jailbroken, so any app on it can read the company's mail."
        ) { company in
            try company.device("ada-phone", of: company.person(), jailbroken: true)
        } quiet: { company in
            try company.device("ada-phone", of: company.person(), jailbroken: nil)
        },
        RuleCase(
            "device_posture::encryption_unknown",
            "ada-mac does not report its encryption to Jamf Pro, as other devices do, so it is not known what a theft would give away."
        ) { company in
            try company.device(encrypted: nil)
            try company.device("bob-mac")
        } quiet: { company in
            try company.device(on: "crowdstrike", serial: " c02x1", encrypted: nil)
            try company.device(on: "jamf_pro", serial: "C02X1")
            try company.device("bob-mac", on: "crowdstrike")
        } exempt: { company in
            try company.device(on: "crowdstrike", encrypted: nil)
            try company.device("bob-mac", on: "jamf_pro")
        },
        RuleCase(
            "device_posture::compliance_below_target",
            "Only 70 per cent of 10 devices are compliant, so the company's settings protect too little of what people work with."
        ) { company in
            for number in 1...10 { try company.device("mac-\(number)", compliant: number > 3) }
            try company.device("unknown-mac", compliant: nil)
        } quiet: { company in
            for number in 1...10 { try company.device("mac-\(number)", compliant: number > 2) }
        } exempt: { company in
            for number in 1...9 { try company.device("mac-\(number)", compliant: false) }
            try company.device(compliant: nil)
        },
    ]

    private static let detection: [RuleCase] = [
        RuleCase(
            "device_posture::no_edr_agent",
            "ada-mac of Ada Lovelace has no CrowdStrike agent, so malware on it would go unseen."
        ) { company in
            try company.device(of: company.person(), serial: "C02X1")
            try company.agent(serial: "C02X2")
        } quiet: { company in
            let ada = try company.person()
            try company.device("ada-mac", of: ada, serial: "C02X1")
            try company.agent("renamed", serial: " c02x1")
            try company.device("ada-pc", of: ada, serial: "", system: "Windows")
            try company.agent("ADA-PC", serial: "VMware-1")
            try company.device("ada-box", of: ada, on: "google_workspace", serial: "C02X3", system: "Linux")
            try company.agent("ada-box", serial: "")
        } exempt: { company in
            // A phone is not expected to run an agent, and another platform may report an agent on the machine.
            try company.device("ada-phone", system: "iOS")
            // The device was enrolled today, or was last seen a week ago.
            try company.device("new-mac", created: company.ago(hours: 23))
            try company.device("old-mac", lastSeen: company.ago(days: 7))
            try company.device("ada-mac", edr: true)
            try company.agent("server")
        },
        RuleCase(
            "device_posture::no_edr_agent",
            "ada-mac of Ada Lovelace has no CrowdStrike agent, so malware on it would go unseen."
        ) { company in
            // Jamf Pro itself reports that this device has no agent. CrowdStrike's machine of the same name has another
            // serial number.
            try company.device(of: company.person(), serial: "C02X1", system: "iOS", edr: false)
            try company.agent("ada-mac", serial: "C02X2")
        } quiet: { company in
            try company.device(serial: "C02X1", edr: false)
            try company.agent(serial: "C02X1")
        },
        RuleCase(
            "device_posture::open_edr_detection",
            "CrowdStrike has 2 open detections on ada-mac of Ada Lovelace, which no one has investigated."
        ) { company in
            try company.device(of: company.person(), on: "crowdstrike", detections: 2)
        } quiet: { company in
            try company.device(of: company.person(), on: "crowdstrike", detections: 0)
        },
        RuleCase(
            "device_posture::contained_in_use",
            "ada-mac of Ada Lovelace is contained by CrowdStrike and was online 23 hours ago, so its owner has no working machine until somebody finishes the investigation."
        ) { company in
            let owner = try company.person(lastLogin: company.ago(days: 6, hours: 23))
            try company.device(of: owner, on: "crowdstrike", contained: true, lastSeen: company.ago(hours: 23))
        } quiet: { company in
            try company.device(
                of: company.person(), on: "crowdstrike", contained: true, lastSeen: company.ago(hours: 24))
        } exempt: { company in
            let away = try company.person(lastLogin: company.ago(days: 7))
            try company.device(of: away, on: "crowdstrike", contained: true)
            try company.device("nobodys-mac", on: "crowdstrike", contained: true)
            try company.device("bob-mac", of: company.person("Bob"), on: "crowdstrike")
        },
    ]

    private static let records: [RuleCase] = [
        RuleCase(
            "device_posture::no_check_in",
            "ada-mac of Ada Lovelace has not checked in for 30 days, so it may be lost or unpatched."
        ) { company in
            try company.device(of: company.person(), lastSeen: company.ago(days: 30))
        } quiet: { company in
            try company.device(of: company.person(), lastSeen: company.ago(days: 30) + 1)
            try company.device("new-mac", lastSeen: nil)
        },
        RuleCase(
            "device_posture::user_without_device",
            "Ada Lovelace signs in to Okta but has no known device, so the work is done on a machine that nobody protects."
        ) { company in
            try company.person(lastLogin: company.ago(days: 29))
            try company.device("bob-mac", of: company.person("Bob"))
        } quiet: { company in
            try company.person(lastLogin: company.ago(days: 30))
            try company.person("Bob", type: "external")
            try company.person("ci-build", type: "service_account")
            try company.person("Carol", status: "suspended")
            try company.person("Dan", lastLogin: nil)
        } exempt: { company in
            for name in ["Ada", "Bob", "Carol"] { try company.person(name) }
        },
        RuleCase(
            "device_posture::users_without_device",
            "Ada, Bob and Carol sign in to Okta but have no known device, so they work on machines that nobody protects."
        ) { company in
            for name in ["Ada", "Bob", "Carol"] { try company.person(name) }
            for name in ["Dana", "Erin", "Finn"] { try company.device("\(name)-mac", of: company.person(name)) }
        } quiet: { company in
            for name in ["Ada", "Bob"] { try company.person(name) }
            for name in ["Dana", "Erin", "Finn"] { try company.device("\(name)-mac", of: company.person(name)) }
            try company.person("Carol", type: "external")
        } exempt: { company in
            // Device management does not know the owners of its devices.
            for name in ["Ada", "Bob", "Carol"] { try company.person(name) }
            try company.device()
        },
        RuleCase(
            "device_posture::without_owner",
            "ada-mac is known to Jamf Pro but belongs to nobody, so nobody would miss it."
        ) { company in
            let ada = try company.person()
            for number in 1...4 { try company.device("mac-\(number)", of: ada) }
            try company.device()
        } quiet: { company in
            let ada = try company.person()
            for number in 1...3 { try company.device("mac-\(number)", of: ada) }
            try company.device()
            // CrowdStrike does not know the owners of its machines.
            try company.agent("server")
        },
        RuleCase(
            "device_posture::offboarded_owner",
            "ada-mac belongs to Ada Lovelace, who left 12 days ago, and still checks in with company data on it."
        ) { company in
            let left = try company.person(status: "deprovisioned", deprovisioned: company.ago(days: 12))
            try company.device(of: left, lastSeen: company.ago(days: 12) + 1)
        } quiet: { company in
            let left = try company.person(status: "deprovisioned", deprovisioned: company.ago(days: 12))
            try company.device(of: left, lastSeen: company.ago(days: 12))
        } exempt: { company in
            let left = try company.person(status: "deprovisioned", deprovisioned: company.ago(days: 90))
            try company.device(of: left, lastSeen: company.ago(days: 30))
            try company.device("bob-mac", of: company.person("Bob", status: "suspended"))
        },
        RuleCase(
            "device_posture::duplicate_serial",
            "ada-mac and ada-mac-2 report the same serial number, C02X1, to Jamf Pro, so one of the records hides a device."
        ) { company in
            let ada = try company.person()
            try company.device("ada-mac", of: ada, serial: "C02X1")
            try company.device("ada-mac-2", of: ada, serial: "C02X1")
        } quiet: { company in
            try company.device("ada-mac", on: "jamf_pro", serial: "C02X1")
            try company.device("ada-mac", on: "crowdstrike", serial: "C02X1")
            // The machine was enrolled again five days ago.
            try company.device("bob-mac", serial: "C02X2", lastSeen: company.ago(days: 5) - 60)
            try company.device("bob-mac", serial: "C02X2", created: company.ago(days: 5))
        } exempt: { company in
            // Three devices of two models share a serial number, so it is a placeholder, although the list of known
            // placeholders lacks it.
            try company.device("vm-1", serial: "Vendor 7", model: "KVM")
            try company.device("vm-2", serial: "Vendor 7", model: "KVM")
            try company.device("vm-3", serial: "Vendor 7", model: "Bochs")
            try company.device("pc-1", serial: "")
            try company.device("pc-2", serial: "")
        },
        RuleCase(
            "device_posture::duplicate_serial",
            "mac-1, mac-2 and mac-3 report the same serial number, C02X1, to Jamf Pro, so one of the records hides a device."
        ) { company in
            for number in 1...3 { try company.device("mac-\(number)", serial: "C02X1", model: "Mac14,2") }
        } quiet: { company in
            // A serial number that is a placeholder on one platform is ignored on all platforms.
            for model in ["KVM", "Bochs", "Xen"] { try company.device("vm-\(model)", serial: "Vendor 7", model: model) }
            for number in 1...2 { try company.device("vm-\(number)", on: "crowdstrike", serial: "Vendor 7") }
        },
        RuleCase(
            "device_posture::too_many_devices",
            "Ada Lovelace has 5 devices, mac-1, mac-2, mac-3, mac-4 and mac-5, more than one person uses, so some may be lost without anyone noticing."
        ) { company in
            let ada = try company.person()
            for number in 1...5 { try company.device("mac-\(number)", of: ada) }
        } quiet: { company in
            let ada = try company.person()
            for number in 1...4 { try company.device("mac-\(number)", of: ada, serial: "C0\(number)") }
            try company.device("mac-1", of: ada, on: "crowdstrike", serial: " c01")
            for number in 5...9 { try company.device("mac-\(number)") }
        },
    ]

    static let cases: [RuleCase] = protection + detection + records

    /// Each of two records with the same serial number may be the machine that a person works with.
    @Test("The rule about duplicate serial numbers recommends a ticket, not a wipe")
    func aSharedSerialNumberIsNoReasonToWipeADevice() throws {
        let rule = try #require(Rule.named("device_posture::duplicate_serial"))
        #expect(rule.action == .createTicket)
    }

    @Test("The rule finds exactly the problem of its case", arguments: cases)
    func findsWhatItShould(_ ruleCase: RuleCase) throws { try ruleCase.check() }
}

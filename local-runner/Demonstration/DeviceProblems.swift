import Base

/// Plants devices in a bad state, device records that are wrong, and people without a device.
extension Company {
    func plantDeviceProblems() throws {
        func owner(_ part: String) throws -> (Person, Device) {
            let person = try take(part)
            guard let device = person.devices.first else { throw DemonstrationError.nothingLeft(part) }
            return (person, device)
        }
        let (traveller, bare) = try owner("unencrypted")
        bare.isEncrypted = false
        bare.isCompliant = false
        try plant(
            "device_posture::unencrypted", on: .device(bare), affecting: [traveller], from: [.googleWorkspace],
            "\(bare.hostname) of \(traveller.name) is not encrypted, so a theft gives away everything on it.")
        let (seller, open) = try owner("unencrypted app admin")
        open.isEncrypted = false
        open.isCompliant = false
        makeAdmin(seller, of: try application("Zendesk"))
        try plant(
            "compound_risk::unencrypted_with_app_admin", on: .device(open), affecting: [seller],
            from: [.googleWorkspace, .okta],
            "\(seller.name) administers Zendesk from \(open.hostname), which is not encrypted, so a stolen laptop exposes every customer's tickets."
        )
        let (loose, noncompliant) = try owner("noncompliant")
        noncompliant.isCompliant = false
        try plant(
            "device_posture::noncompliant", on: .device(noncompliant), affecting: [loose], from: [.googleWorkspace],
            "\(noncompliant.hostname) of \(loose.name) is out of compliance, so the company's settings no longer protect what is on it."
        )
        for days in [36, 64] {
            let person = try take("no check-in")
            let device = addDevice(.phone, of: person)
            device.lastSeen = ago(days: days)
            try plant(
                "device_posture::no_check_in", on: .device(device), affecting: [person], from: [.googleWorkspace],
                since: ago(days: min(days - 30, 30)),
                "\(device.hostname) of \(person.name) has not checked in for \(days) days, so it may be lost or unpatched."
            )
        }
        for (kind, version, name) in [(Device.Kind.mac, "12.7", "macOS 12.7"), (.windows, "10 22H2", "Windows 10")] {
            let person = try take("end of life") { $0.isPlain && $0.devices.first?.kind == kind }
            guard let device = person.devices.first else { continue }
            device.osVersion = version
            device.isSupported = false
            device.isCompliant = false
            try plant(
                "device_posture::os_end_of_life", on: .device(device), affecting: [person], from: [.googleWorkspace],
                "\(device.hostname) of \(person.name) runs \(name), which no longer gets security updates.")
        }
        try plantAgents(owner)
        try plantPhonesAndRecords()
        let without = try take(4, "without device") { $0.isPlain && days(since: $0.hiredAt) > 60 }
        for person in without { person.devices = [] }
        devices.removeAll { device in without.contains { $0 === device.owner } }
        try plant(
            "device_posture::users_without_device", on: .workspace, affecting: without,
            from: [.okta, .googleWorkspace],
            "\(Names.list(without.map(\.name))) sign in to Okta but have no known device, so they work on machines that nobody protects."
        )
    }

    private func plantAgents(_ owner: (String) throws -> (Person, Device)) throws {
        for _ in 0..<2 {
            let (person, device) = try owner("no EDR")
            remove(try agent(of: device))
            try plant(
                "device_posture::no_edr_agent", on: .device(device), affecting: [person], from: [.googleWorkspace],
                "\(device.hostname) of \(person.name) has no CrowdStrike agent, so malware on it would go unseen.")
        }
        let (person, laptop) = try owner("detection")
        let device = try agent(of: laptop)
        device.openDetections = 1
        try plant(
            "device_posture::open_edr_detection", on: .device(device), affecting: [person], from: [.crowdStrike],
            since: ago(days: 1),
            "CrowdStrike has an open detection on \(device.hostname) of \(person.name), which no one has investigated.")
        let admin = try take("detection, admin") { $0.isAdmin && $0.rank == .member && !$0.devices.isEmpty }
        if let laptop = admin.devices.first {
            let device = try agent(of: laptop)
            device.openDetections = 2
            try plant(
                "compound_risk::detection_on_admin_device", on: .device(device), affecting: [admin],
                from: [.crowdStrike, .okta], since: ago(days: 2),
                "Okta admin \(admin.name) works on \(device.hostname), which has 2 open CrowdStrike detections, so malware may act as an admin."
            )
        }
        let (stuck, workstation) = try owner("contained")
        let contained = try agent(of: workstation)
        contained.isContained = true
        try plant(
            "device_posture::contained_in_use", on: .device(contained), affecting: [stuck],
            from: [.crowdStrike, .okta],
            since: ago(days: 3),
            "\(contained.hostname) of \(stuck.name) is contained by CrowdStrike but was seen today, so a suspect machine is still in use."
        )
    }

    private func plantPhonesAndRecords() throws {
        let person = try take("jailbroken")
        let phone = addDevice(.phone, of: person)
        phone.isJailbroken = true
        phone.isCompliant = false
        try plant(
            "device_posture::jailbroken", on: .device(phone), affecting: [person], from: [.googleWorkspace],
            "\(phone.hostname) of \(person.name) is jailbroken, so any app on it can read the company's mail.")
        let unmanaged = addDevice(.windows, of: nil)
        let stray = try agent(of: unmanaged)
        remove(unmanaged)
        try plant(
            "device_posture::without_owner", on: .device(stray), from: [.crowdStrike],
            "\(stray.hostname) checks in every day but belongs to nobody, so nobody would miss it.")
        let twin = try take("duplicate serial")
        if let first = twin.devices.first {
            let second = addDevice(first.kind, of: twin)
            remove(try agent(of: second))
            second.serial = first.serial
            try plant(
                "device_posture::duplicate_serial", on: .device(second), affecting: [twin], from: [.googleWorkspace],
                "\(first.hostname) and \(second.hostname) of \(twin.name) both report serial number \(first.serial), so one of the two records hides a device."
            )
        }
    }
}

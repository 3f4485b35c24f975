import Base

/// A laptop for every employee, and a phone for some.
extension Company {
    func handOutDevices() {
        for person in people where person.kind == .employee && person.isActive {
            addDevice(chance(70) ? .mac : .windows, of: person)
        }
    }

    @discardableResult
    func addDevice(_ kind: Device.Kind, of person: Person?) -> Device {
        let number = String(devices.count + 1)
        let suffix = String(repeating: "0", count: 4 - number.count) + number
        let device: Device
        switch kind {
        case .mac: device = makeDevice(kind, "FW-MAC-" + suffix, .crowdStrike, pick(["26.0", "26.1", "15.7"]))
        case .windows: device = makeDevice(kind, "FW-WIN-" + suffix, .crowdStrike, pick(["11 24H2", "11 25H2"]))
        case .phone: device = makeDevice(kind, "FW-IOS-" + suffix, .googleWorkspace, pick(["26.0", "26.1", "18.7"]))
        }
        device.owner = person
        device.hasEDR = kind == .phone ? nil : true
        person?.devices.append(device)
        devices.append(device)
        return device
    }

    private func makeDevice(
        _ kind: Device.Kind, _ hostname: String, _ platform: Platform, _ osVersion: String
    ) -> Device {
        Device(
            id: newID(), kind: kind, hostname: hostname, platform: platform, serial: code(12), osVersion: osVersion,
            lastSeen: now - number(.hours(1)..<Int.hours(20)), createdAt: midnight(daysAgo: number(30..<900)))
    }
}

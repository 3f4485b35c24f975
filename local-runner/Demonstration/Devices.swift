import Base

/// Gives every active employee a laptop, and makes further devices.
extension Company {
    func handOutDevices() {
        for person in people where person.kind == .employee && person.isActive {
            addDevice(chance(70) ? .mac : .windows, of: person)
        }
    }

    @discardableResult
    func addDevice(_ kind: Device.Kind, of person: Person?) -> Device {
        let number = String(machines.count + 1)
        let suffix = String(repeating: "0", count: 4 - number.count) + number
        let device: Device
        switch kind {
        case .mac: device = makeDevice(kind, "FW-MAC-" + suffix, pick(["26.0", "26.1", "15.7"]))
        case .windows: device = makeDevice(kind, "FW-WIN-" + suffix, pick(["11 24H2", "11 25H2"]))
        case .phone: device = makeDevice(kind, "FW-IOS-" + suffix, pick(["26.0", "26.1", "18.7"]))
        }
        add(device, of: person)
        // Phones have no CrowdStrike agent.
        if kind != .phone { add(makeAgent(on: device), of: person) }
        return device
    }

    private func add(_ device: Device, of person: Person?) {
        device.owner = person
        person?.devices.append(device)
        devices.append(device)
    }

    private func makeDevice(_ kind: Device.Kind, _ hostname: String, _ osVersion: String) -> Device {
        Device(
            id: newID(), kind: kind, hostname: hostname, platform: .googleWorkspace, serial: code(12),
            osVersion: osVersion, lastSeen: now - number(.hours(1)..<Int.hours(20)),
            createdAt: midnight(daysAgo: number(30..<900)))
    }

    private func makeAgent(on device: Device) -> Device {
        Device(
            id: newID(), kind: device.kind, hostname: device.hostname, platform: .crowdStrike, serial: device.serial,
            osVersion: device.osVersion, lastSeen: device.lastSeen, createdAt: device.createdAt)
    }

    /// The devices whose state the endpoint manager reports.
    var machines: [Device] { devices.filter { $0.platform != .crowdStrike } }

    /// Returns CrowdStrike's record of a machine. Throws `nothingLeft` if it has none.
    func agent(of device: Device) throws -> Device {
        guard let agent = devices.first(where: { $0.platform == .crowdStrike && $0.serial == device.serial }) else {
            throw DemonstrationError.nothingLeft("agent")
        }
        return agent
    }

    /// Removes a device's record from the company and from its owner.
    func remove(_ device: Device) {
        device.owner?.devices.removeAll { $0 === device }
        devices.removeAll { $0 === device }
    }
}

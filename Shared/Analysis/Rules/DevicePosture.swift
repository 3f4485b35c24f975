import Findings

extension Rule {
    /// The state of the devices that people work with.
    static let devicePosture: [Rule] = [
        Rule(
            .devicePosture, "unencrypted", .high, on: .device, "Device not encrypted",
            recommend: "Turn disk encryption on.", action: .notifyUser),
        Rule(
            .devicePosture, "unencrypted_admin", .critical, on: .device, "Admin's device not encrypted",
            recommend: "Turn disk encryption on before the admin uses the device again.", action: .lockDevice),
        // For a reason that no other rule here names: encrypted, on a supported operating system, not jailbroken.
        Rule(
            .devicePosture, "noncompliant", .medium, on: .device, "Device out of compliance",
            recommend: "Bring the device back into compliance.", action: .syncDevice),
        Rule(
            .devicePosture, "noncompliant_admin", .high, on: .device, "Admin's device out of compliance",
            recommend: "Bring the admin's device back into compliance.", action: .syncDevice),
        Rule(
            .devicePosture, "no_check_in", .medium, on: .device, "No check-in for 30 days",
            recommend: "Find the device, or retire it.", action: .syncDevice),
        Rule(
            .devicePosture, "os_end_of_life", .high, on: .device, "End-of-life operating system",
            recommend: "Upgrade the operating system or replace the device.", action: .createTicket),
        Rule(
            .devicePosture, "jailbroken", .critical, on: .device, "Jailbroken device",
            recommend: "Take the device out of use and restore it.", action: .retireDevice),
        // Employees who signed in within 30 days: one or two are named singly, three or more in one finding.
        Rule(
            .devicePosture, "user_without_device", .medium, on: .identity, "User without device",
            recommend: "Find out what the person works with and enroll it.", action: .createTicket),
        Rule(
            .devicePosture, "users_without_device", .critical, on: .workspace, "Users without device",
            recommend: "Find out what these people work with and enroll it.", action: .createTicket),
        Rule(
            .devicePosture, "no_edr_agent", .high, on: .device, "No EDR agent",
            recommend: "Install the EDR agent.", action: .createTicket),
        Rule(
            .devicePosture, "open_edr_detection", .high, on: .device, "Open EDR detection",
            recommend: "Investigate the detection and contain the host if it is real.", action: .containHost),
        // Contained, and seen within the last 24 hours with a person who signed in.
        Rule(
            .devicePosture, "contained_in_use", .medium, on: .device, "Contained host still in use",
            recommend: "Finish the investigation, then lift the containment or replace the device.",
            action: .createTicket),
        Rule(
            .devicePosture, "without_owner", .low, on: .device, "Device without owner",
            recommend: "Assign the device to the person who uses it.", action: .createTicket),
        Rule(
            .devicePosture, "offboarded_owner", .medium, on: .device,
            "Device of someone who left still checks in",
            recommend: "Get the device back and lock it until then.", action: .lockDevice),
        Rule(
            .devicePosture, "duplicate_serial", .low, on: .device, "Two devices with one serial number",
            recommend: "Retire the record that is out of date.", action: .retireDevice),
        Rule(
            .devicePosture, "encryption_unknown", .low, on: .device, "Encryption not reported",
            recommend: "Sync the device, so that it reports its encryption.", action: .syncDevice),
        // Five or more.
        Rule(
            .devicePosture, "too_many_devices", .low, on: .identity, "Person with many devices",
            recommend: "Ask which devices are in use and retire the others.", action: .notifyUser),
        Rule(
            .devicePosture, "compliance_below_target", .high, on: .workspace,
            "Device compliance under 80 per cent",
            recommend: "Find what most devices fail and fix that first.", action: .createTicket),
    ]
}

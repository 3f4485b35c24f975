import Findings
import Integrations

extension Rule {
    /// Rules about the state of devices and the correctness of their records.
    static let devicePosture: [Rule] = deviceProtection + deviceDetection + deviceRecords

    private static let deviceProtection: [Rule] = [
        Rule(
            .devicePosture, "unencrypted", .high, on: .device, "Device not encrypted",
            needs: [.deviceManagement],
            find: """
                SELECT key, device_id, device_name, identity_id, identity_name, identity_email, source, device
                FROM owned_devices
                WHERE NOT is_encrypted AND is_in_use AND COALESCE(identity_type, '') <> 'admin'
                """,
            say: "{device} is not encrypted, so a theft gives away everything on it.",
            recommend: "Turn disk encryption on.", action: .notifyUser),
        Rule(
            .devicePosture, "unencrypted_admin", .critical, on: .device, "Admin's device not encrypted",
            needs: [.identityProvider, .deviceManagement],
            evidence: .matched,
            find: """
                SELECT key, device_id, device_name, identity_id, identity_name, identity_email, idp
                FROM owned_devices WHERE NOT is_encrypted AND is_in_use AND identity_type = 'admin'
                """,
            say: """
                {device_name} of {idp:platform} admin {identity_name} is not encrypted, so whoever finds it has an \
                admin's sessions.
                """,
            recommend: "Turn disk encryption on before the admin uses the device again.", action: .notifyUser),
        // Covers devices that are out of compliance for a reason that no other rule names: they are not known to be
        // unencrypted, jailbroken or on an unsupported operating system.
        Rule(
            .devicePosture, "noncompliant", .medium, on: .device, "Device out of compliance",
            needs: [.deviceManagement],
            find: """
                SELECT key, device_id, device_name, identity_id, identity_name, identity_email, source, device
                FROM owned_devices
                WHERE NOT is_compliant AND COALESCE(is_encrypted, true) AND COALESCE(is_os_supported, true)
                    AND is_in_use AND NOT COALESCE(is_jailbroken, false) AND COALESCE(identity_type, '') <> 'admin'
                """,
            say: """
                {device} is out of compliance, so the company's settings no longer protect what is on it.
                """,
            recommend: "Bring the device back into compliance.", action: .syncDevice),
        Rule(
            .devicePosture, "noncompliant_admin", .high, on: .device, "Admin's device out of compliance",
            needs: [.identityProvider, .deviceManagement],
            evidence: .matched,
            find: """
                SELECT key, device_id, device_name, identity_id, identity_name, identity_email, idp
                FROM owned_devices
                WHERE NOT is_compliant AND COALESCE(is_encrypted, true) AND COALESCE(is_os_supported, true)
                    AND is_in_use AND NOT COALESCE(is_jailbroken, false) AND identity_type = 'admin'
                """,
            say: """
                {device_name} of {idp:platform} admin {identity_name} is out of compliance, so admin sessions run on \
                a device that can't be trusted.
                """,
            recommend: "Bring the admin's device back into compliance.", action: .syncDevice),
        // Leaves out what endpoint detection says of a machine whose system device management knows.
        Rule(
            .devicePosture, "os_end_of_life", .high, on: .device, "End-of-life operating system",
            needs: [.devices],
            find: """
                SELECT key, device_id, device_name, identity_id, identity_name, identity_email, source, device,
                    COALESCE(operating_system || COALESCE(' ' || os_version, ''), 'an operating system') AS system
                FROM owned_devices
                WHERE NOT is_os_supported AND is_in_use AND (category <> 'edr' OR serial IS NULL OR serial NOT IN (
                    SELECT serial FROM owned_devices
                    WHERE serial IS NOT NULL AND category <> 'edr' AND is_os_supported IS NOT NULL))
                """,
            say: "{device} runs {system}, which no longer gets security updates.",
            recommend: "Upgrade the operating system or replace the device.", action: .createTicket),
        Rule(
            .devicePosture, "jailbroken", .critical, on: .device, "Jailbroken device",
            needs: [.deviceManagement],
            find: """
                SELECT key, device_id, device_name, identity_id, identity_name, identity_email, source, device
                FROM owned_devices WHERE is_jailbroken
                """,
            say: "{device} is jailbroken, so any app on it can read the company's mail.",
            recommend: "Take the device out of use and restore it.", action: .retireDevice),
        // Covers platforms that report the encryption of other devices. A machine whose encryption another platform
        // reports is left out.
        Rule(
            .devicePosture, "encryption_unknown", .low, on: .device, "Encryption not reported",
            needs: [.deviceManagement],
            find: """
                SELECT key, device_id, device_name, identity_id, identity_name, identity_email, source, device
                FROM owned_devices
                WHERE is_encrypted IS NULL AND is_in_use
                    AND source IN (SELECT source FROM owned_devices WHERE is_encrypted IS NOT NULL)
                    AND (serial IS NULL OR serial NOT IN (
                        SELECT serial FROM owned_devices WHERE is_encrypted IS NOT NULL AND serial IS NOT NULL))
                """,
            say: """
                {device} does not report its encryption to {source:platform}, as other devices do, so it is not known \
                what a theft would give away.
                """,
            recommend: "Sync the device, so that it reports its encryption.", action: .syncDevice),
        // Covers companies with ten devices or more: of fewer, each one is more than ten per cent.
        Rule(
            .devicePosture, "compliance_below_target", .high, on: .workspace,
            "Device compliance under 80 per cent",
            needs: [.deviceManagement],
            find: """
                SELECT '' AS key, compliant * 100 / known AS share, known, known - compliant AS affected_count
                FROM (
                    SELECT count(is_compliant) AS known, count(*) FILTER (WHERE is_compliant) AS compliant
                    FROM owned_devices) AS fleet
                WHERE known >= 10 AND compliant * 100 < known * 80
                """,
            say: """
                Only {share} per cent of {known:device} {known?is/are} compliant, so the company's settings protect \
                too little of what people work with.
                """,
            recommend: "Find what most devices fail and fix that first.", action: .createTicket),
    ]

    private static let deviceDetection: [Rule] = [
        // Covers devices that were seen within the last 7 days: an EDR platform forgets machines that are off, and if device
        // management was not synced for days, it does not know them to be off.
        Rule(
            .devicePosture, "no_edr_agent", .high, on: .device, "No EDR agent",
            needs: [.deviceManagement, .category("edr")],
            evidence: .matched,
            find: """
                SELECT key, device_id, device_name, identity_id, identity_name, identity_email, source, device,
                    (SELECT platform FROM connected WHERE category = 'edr' ORDER BY platform LIMIT 1) AS edr
                FROM owned_devices
                WHERE NOT has_edr AND is_in_use AND NOT is_new
                    AND (last_seen_at IS NULL OR last_seen_at > \(daysAgo: 7))
                """,
            say: "{device} has no {edr:platform} agent, so malware on it would go unseen.",
            recommend: "Install the EDR agent.", action: .createTicket),
        Rule(
            .devicePosture, "open_edr_detection", .high, on: .device, "Open EDR detection",
            needs: [.category("edr")],
            find: """
                SELECT key, device_id, device_name, identity_id, identity_name, identity_email, source, device,
                    open_detections
                FROM owned_devices WHERE open_detections > 0
                """,
            say: """
                {source:platform} has {open_detections:open detection} on {device}, which no one has investigated.
                """,
            recommend: "Investigate the detection and contain the host if it is real.", action: .containHost),
        // Finds contained devices that were seen within the last 24 hours and whose owner signed in within the last 7
        // days.
        Rule(
            .devicePosture, "contained_in_use", .medium, on: .device, "Contained host still in use",
            needs: [.category("edr"), .identityProvider],
            find: """
                SELECT key, device_id, device_name, identity_id, identity_name, identity_email, source, device,
                    last_seen_at
                FROM owned_devices
                WHERE is_contained AND last_seen_at > \(daysAgo: 1) AND status = 'active'
                    AND last_login_at > \(daysAgo: 7)
                """,
            say: """
                {device} is contained by {source:platform} and was online {last_seen_at:ago}, so its owner has no working \
                machine until somebody finishes the investigation.
                """,
            recommend: "Finish the investigation, then lift the containment or replace the device.",
            action: .createTicket),
    ]
}

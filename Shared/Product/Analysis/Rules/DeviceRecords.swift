import Findings
import Integrations
import Store

extension Rule {
    /// If most people have a title, an account without a title and a manager may belong to no person, such as that of
    /// the invoices, or may be an administrator's second one. `isPerson` is the condition for the other rows of `people`.
    private static let isPerson: SQL = """
        (title IS NOT NULL OR manager_email IS NOT NULL
            OR (SELECT count(others.title) * 2 < count(*) FROM people AS others))
        """

    /// Rules about the assignment of devices to people, and about the correctness of their records.
    static let deviceRecords: [Rule] = [
        // A machine that several platforms know is missing only if none of them sees it, and has one finding. Devices whose
        // use has ended, by what their platform says, need not check in.
        Rule(
            .devicePosture, "no_check_in", .medium, on: .device, "No check-in for 30 days",
            needs: [.devices],
            find: """
                SELECT key, device_id, device_name, identity_id, identity_name, identity_email, source, device,
                    last_seen_at
                FROM owned_devices
                WHERE last_seen_at <= \(daysAgo: 30) AND (serial IS NULL OR serial NOT IN (
                    SELECT serial FROM owned_devices
                    WHERE serial IS NOT NULL AND last_seen_at > \(daysAgo: 30))
                    AND (category <> 'edr' OR serial NOT IN (
                        SELECT serial FROM owned_devices
                        WHERE serial IS NOT NULL AND category <> 'edr' AND last_seen_at IS NOT NULL)))
                    AND NOT EXISTS (
                        SELECT 1 FROM devices AS record
                        WHERE record.workspace_id = $1 AND record.id = owned_devices.device_id
                            AND record.metadata ->> 'use' = 'ended')
                """,
            say: "{device} has not checked in for {last_seen_at:days}, so it may be lost or unpatched.",
            recommend: "Find the device, or retire it.", action: .syncDevice),
        // Covers people, except external ones, who signed in within the last 30 days. One or two get a finding each;
        // three or more share one finding of the next rule. Says nothing if device management does not know the owners
        // of its devices, and nothing about accounts that may not be a person's (`isPerson`).
        Rule(
            .devicePosture, "user_without_device", .medium, on: .identity, "User without device",
            needs: [.identityProvider, .deviceManagement],
            evidence: .unmatched,
            find: """
                SELECT id AS key, id AS identity_id, display_name AS identity_name, email AS identity_email,
                    (SELECT platform FROM idp) AS idp
                FROM (
                    SELECT id, display_name, email, count(*) OVER () AS together
                    FROM (
                        SELECT id, display_name, email FROM people
                        WHERE identity_type <> 'external' AND last_login_at > \(daysAgo: 30)
                            AND NOT EXISTS (SELECT 1 FROM owned_devices WHERE owned_devices.identity_id = people.id)
                            AND \(isPerson)
                        LIMIT 3) AS few) AS bare
                WHERE together < 3 AND (SELECT are_owners_known FROM device_owners)
                """,
            say: """
                {identity_name} signs in to {idp:platform} but has no known device, so the work is done on a machine \
                that nobody protects.
                """,
            recommend: "Find out what the person works with and enroll it.", action: .createTicket),
        Rule(
            .devicePosture, "users_without_device", .critical, on: .workspace, "Users without device",
            needs: [.identityProvider, .deviceManagement],
            evidence: .unmatched,
            find: """
                SELECT '' AS key, id AS identity_id, display_name AS identity_name, email AS identity_email,
                    together AS affected_count, (SELECT platform FROM idp) AS idp
                FROM (
                    SELECT id, display_name, email, count(*) OVER () AS together FROM people
                    WHERE identity_type <> 'external' AND last_login_at > \(daysAgo: 30)
                        AND NOT EXISTS (SELECT 1 FROM owned_devices WHERE owned_devices.identity_id = people.id)
                            AND \(isPerson)
                    ) AS bare
                WHERE together >= 3 AND (SELECT are_owners_known FROM device_owners)
                """,
            say: """
                {identity_name} sign in to {idp:platform} but have no known device, so they work on machines that \
                nobody protects.
                """,
            recommend: "Find out what these people work with and enroll it.", action: .createTicket),
        // Covers platforms that know the owners of four in five of their devices. Endpoint detection often knows none, and
        // servers have none. Devices that several people share need no owner.
        Rule(
            .devicePosture, "without_owner", .low, on: .device, "Device without owner",
            needs: [.devices],
            find: """
                SELECT key, device_id, device_name, source FROM owned_devices
                WHERE identity_id IS NULL AND source IN (
                    SELECT source FROM owned_devices GROUP BY source HAVING count(identity_id) * 10 >= count(*) * 8)
                    AND NOT EXISTS (
                        SELECT 1 FROM devices AS record
                        WHERE record.workspace_id = $1 AND record.id = owned_devices.device_id
                            AND record.metadata ->> 'use' IN ('shared', 'ended'))
                """,
            say: "{device_name} is known to {source:platform} but belongs to nobody, so nobody would miss it.",
            recommend: "Assign the device to the person who uses it.", action: .createTicket),
        // Finds devices that were seen after their owner's access ended, and within the last 30 days.
        Rule(
            .devicePosture, "offboarded_owner", .medium, on: .device,
            "Device of someone who left still checks in",
            needs: [.identityProvider, .devices],
            evidence: .matched,
            find: """
                SELECT key, device_id, device_name, identity_id, identity_name, identity_email, deprovisioned_at
                FROM owned_devices
                WHERE identity_id IN (SELECT id FROM everyone WHERE status = 'deprovisioned')
                    AND last_seen_at > deprovisioned_at AND last_seen_at > \(daysAgo: 30)
                """,
            say: """
                {device_name} belongs to {identity_name}, who left {deprovisioned_at:ago}, and still checks in with \
                company data on it.
                """,
            recommend: "Get the device back and lock it until then.", action: .lockDevice),
        // Compares devices of one platform with each other only, since device management and endpoint detection both
        // know the same machine. A machine that was enrolled again has a new record, and the former one is no longer seen:
        // only records that were seen after all of them were known belong to different machines.
        Rule(
            .devicePosture, "duplicate_serial", .low, on: .device, "Two devices with one serial number",
            needs: [.devices],
            find: """
                SELECT newest AS key, device_id, device_name, identity_id, identity_name, identity_email, source,
                    serial_number, devices
                FROM (
                    SELECT records.*, count(*) OVER (PARTITION BY source, serial) AS devices,
                        first_value(device_id) OVER (
                            PARTITION BY source, serial ORDER BY device_name DESC, device_id DESC) AS newest
                    FROM (
                        SELECT device_id, device_name, owned_devices.identity_id, identity_name, identity_email, source,
                            owned_devices.serial_number, owned_devices.serial, owned_devices.last_seen_at,
                            max(live_devices.created_at) OVER (
                                PARTITION BY source, owned_devices.serial) AS all_known_at
                        FROM owned_devices JOIN live_devices ON live_devices.id = owned_devices.device_id
                        WHERE owned_devices.serial IN (
                            SELECT serial FROM owned_devices WHERE serial IS NOT NULL
                            GROUP BY serial, source HAVING count(*) > 1)) AS records
                    WHERE last_seen_at IS NULL OR last_seen_at > all_known_at) AS numbered
                WHERE devices > 1 ORDER BY device_name DESC, device_id DESC
                """,
            say: """
                {device_name} report the same serial number, {serial_number}, to {source:platform}, so one of the records \
                hides a device.
                """,
            // The recommendation is not to retire the device: the platform would wipe it, and either record may be the
            // machine in use.
            recommend: "Find out which of the records is out of date, and delete that record alone.",
            action: .createTicket),
        // Finds people with five or more devices. A machine that several platforms know by the same serial number
        // counts once.
        Rule(
            .devicePosture, "too_many_devices", .low, on: .identity, "Person with many devices",
            needs: [.devices],
            find: """
                SELECT owned_devices.identity_id AS key, owned_devices.identity_id, identity_name, identity_email,
                    device_id, device_name, source, devices
                FROM (
                    SELECT identity_id, count(DISTINCT COALESCE(serial, CAST(device_id AS text))) AS devices
                    FROM owned_devices
                    WHERE identity_id IN (
                        SELECT identity_id FROM owned_devices GROUP BY identity_id HAVING count(*) >= 5)
                    GROUP BY identity_id
                    HAVING count(DISTINCT COALESCE(serial, CAST(device_id AS text))) >= 5) AS holders
                CROSS JOIN owned_devices
                WHERE owned_devices.identity_id = holders.identity_id
                """,
            say: """
                {identity_name} has {devices:device}, {device_name}, more than one person uses, so some may be lost \
                without anyone noticing.
                """,
            recommend: "Ask which devices are in use and retire the others.", action: .notifyUser),
    ]
}

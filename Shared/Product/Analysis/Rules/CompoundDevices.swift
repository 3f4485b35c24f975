import Findings
import Integrations

extension Rule {
    /// Rules about devices whose state is worse because of their owners' permissions.
    static let riskyDevices: [Rule] = [
        Rule(
            .compoundRisk, "detection_on_admin_device", .critical, on: .device,
            "EDR detection on an admin's device",
            needs: [.identityProvider, .category("edr")],
            supersedes: ["device_posture::open_edr_detection"],
            evidence: .matched,
            find: """
                SELECT key, device_id, device_name, identity_id, identity_name, identity_email, open_detections,
                    source AS edr, idp
                FROM owned_devices WHERE open_detections > 0 AND identity_type = 'admin'
                """,
            say: """
                {idp:platform} admin {identity_name} works on {device_name}, which has {open_detections} open \
                {edr:platform} {open_detections?detection/detections}, so malware may act as an admin.
                """,
            recommend: "Contain the host and end the admin's sessions.", action: .containHost),
        // Covers standard users of the identity provider who administer an application.
        Rule(
            .compoundRisk, "unencrypted_with_app_admin", .high, on: .device,
            "App admin's device not encrypted",
            needs: [.identityProvider, .deviceManagement],
            supersedes: ["device_posture::unencrypted"],
            evidence: .matched,
            find: """
                SELECT key, device_id, device_name, owned_devices.identity_id, identity_name, identity_email,
                    app_admins.application_name
                FROM owned_devices JOIN app_admins ON app_admins.identity_id = owned_devices.identity_id
                WHERE NOT is_encrypted AND is_in_use AND identity_type = 'user' AND status = 'active'
                """,
            say: """
                {identity_name} administers {application_name} from {device_name}, which is not encrypted, so a stolen \
                laptop gives an admin's sessions away.
                """,
            recommend: "Turn disk encryption on before the person administers the app again.",
            action: .notifyUser),
        // Covers admins of the identity provider, of applications and of platforms.
        Rule(
            .compoundRisk, "jailbroken_with_admin", .critical, on: .device, "Admin on a jailbroken device",
            needs: [.identityProvider, .deviceManagement],
            supersedes: ["device_posture::jailbroken"],
            evidence: .matched,
            find: """
                SELECT key, device_id, device_name, identity_id, identity_name, identity_email
                FROM owned_devices
                WHERE is_jailbroken AND (
                    identity_type = 'admin' OR identity_id IN (SELECT identity_id FROM administered))
                """,
            say: """
                {identity_name} is an admin and uses {device_name}, which is jailbroken, so any app on it can act with \
                an admin's sessions.
                """,
            recommend: "End the admin's sessions and take the device out of use.", action: .revokeSessions),
        Rule(
            .compoundRisk, "admin_without_edr", .critical, on: .device, "Admin's device without EDR agent",
            needs: [.identityProvider, .deviceManagement, .category("edr")],
            supersedes: ["device_posture::no_edr_agent"],
            evidence: .matched,
            find: """
                SELECT key, device_id, device_name, identity_id, identity_name, identity_email, idp,
                    (SELECT platform FROM connected WHERE category = 'edr' ORDER BY platform LIMIT 1) AS edr
                FROM owned_devices WHERE NOT has_edr AND is_in_use AND NOT is_new AND identity_type = 'admin'
                """,
            say: """
                {idp:platform} admin {identity_name} works on {device_name}, which has no {edr:platform} agent, so an \
                attacker there becomes an admin unseen.
                """,
            recommend: "Install the EDR agent on the admin's device.", action: .createTicket),
    ]
}

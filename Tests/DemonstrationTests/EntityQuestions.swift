import Store

/// About applications, devices, seats, and what comes together or happens.
extension Question {
    static let shadowIT: [(rule: String, question: SQL)] = [
        (
            "shadow_it::unsanctioned_app_used_by_many",
            "SELECT s.id FROM shadow s JOIN oauth_grants g ON g.application_id = s.id GROUP BY 1 HAVING count(DISTINCT identity_id) >= 20"
        ),
        (
            "shadow_it::new_unsanctioned_app",
            "SELECT id FROM shadow WHERE (SELECT julianday(now) FROM clock) - julianday(first_seen_at) < 7"
        ),
        (
            "shadow_it::broad_write_scope",
            "SELECT s.id FROM shadow s JOIN oauth_grants g ON g.application_id = s.id WHERE access = 'full'"
        ),
        ("shadow_it::unknown_publisher", "SELECT id FROM shadow WHERE publisher IS NULL"),
        (
            "shadow_it::dormant_app_with_grants",
            """
            SELECT s.id FROM shadow s JOIN oauth_grants g ON g.application_id = s.id GROUP BY 1
            HAVING (SELECT julianday(now) FROM clock) - julianday(max(last_used_at)) >= 90
            """
        ),
        (
            "shadow_it::unauthorized_app_in_use",
            "SELECT id FROM applications WHERE name_folded IN (SELECT app_name_folded FROM app_policies WHERE status = 'unauthorized') AND id IN (SELECT application_id FROM oauth_grants)"
        ),
        (
            "shadow_it::blocked_app_in_use",
            "SELECT id FROM applications WHERE name_folded IN (SELECT app_name_folded FROM app_policies WHERE status = 'blocked') AND id IN (SELECT application_id FROM oauth_grants)"
        ),
        (
            "shadow_it::managed_app_without_sso",
            "SELECT a.id FROM applications a JOIN entitlements e ON e.application_id = a.id WHERE is_managed AND NOT sso_enabled GROUP BY 1 HAVING count(DISTINCT identity_id) >= 25"
        ),
        (
            "shadow_it::admin_with_unsanctioned_grants",
            "SELECT p.id FROM people p JOIN oauth_grants g ON g.identity_id = p.id JOIN shadow s ON s.id = g.application_id WHERE identity_type = 'admin'"
        ),
        (
            "shadow_it::executive_with_broad_grant",
            "SELECT p.id FROM people p JOIN oauth_grants g ON g.identity_id = p.id WHERE access = 'full' AND (title LIKE 'Chief%' OR title LIKE 'VP%')"
        ),
        (
            "shadow_it::ai_tool_reads_mail_or_files",
            "SELECT s.id FROM shadow s JOIN oauth_grants g ON g.application_id = s.id WHERE is_ai_tool AND reads_mail_or_files"
        ),
        (
            "shadow_it::ai_tool_widely_used",
            "SELECT s.id FROM shadow s JOIN oauth_grants g ON g.application_id = s.id WHERE is_ai_tool GROUP BY 1 HAVING count(DISTINCT identity_id) >= 10"
        ),
        (
            "shadow_it::terminated_with_ai_tool",
            "SELECT p.id FROM ids p JOIN oauth_grants g ON g.identity_id = p.id JOIN applications a ON a.id = g.application_id WHERE is_ai_tool AND (p.status = 'deprovisioned' OR hr_status = 'terminated')"
        ),
        (
            "shadow_it::offboarded_with_grants",
            "SELECT p.id FROM ids p JOIN oauth_grants g ON g.identity_id = p.id JOIN applications a ON a.id = g.application_id WHERE NOT is_ai_tool AND p.status = 'deprovisioned'"
        ),
    ]

    static let devices: [(rule: String, question: SQL)] = [
        ("device_posture::unencrypted", "SELECT id FROM owned WHERE NOT is_encrypted AND identity_type IS NOT 'admin'"),
        (
            "device_posture::unencrypted_admin",
            "SELECT id FROM owned WHERE NOT is_encrypted AND identity_type = 'admin'"
        ),
        (
            "device_posture::noncompliant",
            "SELECT id FROM owned WHERE NOT is_compliant AND is_encrypted AND is_os_supported AND NOT is_jailbroken AND identity_type IS NOT 'admin'"
        ),
        (
            "device_posture::noncompliant_admin",
            "SELECT id FROM owned WHERE NOT is_compliant AND is_encrypted AND is_os_supported AND NOT is_jailbroken AND identity_type = 'admin'"
        ),
        (
            "device_posture::no_check_in",
            "SELECT id FROM owned WHERE (SELECT julianday(now) FROM clock) - julianday(last_seen_at) >= 30"
        ),
        ("device_posture::os_end_of_life", "SELECT id FROM owned WHERE NOT is_os_supported"),
        ("device_posture::jailbroken", "SELECT id FROM owned WHERE is_jailbroken"),
        ("device_posture::no_edr_agent", "SELECT id FROM owned WHERE NOT has_edr"),
        ("device_posture::open_edr_detection", "SELECT id FROM owned WHERE open_detections > 0"),
        (
            "device_posture::contained_in_use",
            "SELECT id FROM owned WHERE is_contained AND (SELECT julianday(now) FROM clock) - julianday(last_seen_at) < 1"
        ),
        ("device_posture::without_owner", "SELECT id FROM owned WHERE identity_id IS NULL"),
        ("device_posture::offboarded_owner", "SELECT id FROM owned WHERE status = 'deprovisioned'"),
        (
            "device_posture::duplicate_serial",
            "SELECT max(id) FILTER (WHERE hostname = last) FROM (SELECT *, max(hostname) OVER (PARTITION BY serial_number) AS last FROM owned) GROUP BY serial_number HAVING count(*) > 1"
        ),
        ("device_posture::encryption_unknown", "SELECT id FROM owned WHERE is_encrypted IS NULL"),
        (
            "device_posture::too_many_devices",
            "SELECT identity_id FROM owned WHERE identity_id IS NOT NULL GROUP BY 1 HAVING count(*) >= 5"
        ),
        (
            "device_posture::users_without_device",
            """
            SELECT max('') FROM people WHERE identity_type <> 'external' AND id NOT IN (SELECT identity_id FROM devices WHERE identity_id IS NOT NULL)
            AND (SELECT julianday(now) FROM clock) - julianday(last_login_at) < 30 HAVING count(*) = 4
            """
        ),
    ]

    static let licenses: [(rule: String, question: SQL)] = [
        ("license_waste::unused_30_days", "SELECT DISTINCT application_id FROM seats WHERE idle >= 30 AND idle < 60"),
        ("license_waste::unused_60_days", "SELECT DISTINCT application_id FROM seats WHERE idle >= 60 AND idle < 90"),
        ("license_waste::unused_90_days", "SELECT DISTINCT application_id FROM seats WHERE idle >= 90"),
        ("license_waste::never_used", "SELECT DISTINCT application_id FROM seats WHERE idle IS NULL"),
        (
            "license_waste::licensed_twice",
            "SELECT identity_id FROM entitlements WHERE is_license GROUP BY identity_id, application_id HAVING count(*) > 1"
        ),
        (
            "license_waste::admin_seat_inactive",
            "SELECT identity_id FROM entitlements WHERE is_license AND is_admin AND (SELECT julianday(now) FROM clock) - julianday(last_used_at) >= 30"
        ),
        (
            "license_waste::service_account_seat",
            "SELECT identity_id FROM entitlements e JOIN ids p ON p.id = e.identity_id WHERE is_license AND identity_type = 'service_account'"
        ),
        (
            "license_waste::mostly_unused_app",
            "SELECT application_id FROM seats GROUP BY 1 HAVING sum(idle IS NULL OR idle >= 30) * 2 > count(*)"
        ),
    ]

    static let compound: [(rule: String, question: SQL)] = [
        (
            "compound_risk::stale_with_app_admin",
            "SELECT id FROM stale WHERE id IN (SELECT identity_id FROM entitlements WHERE is_admin)"
        ),
        (
            "compound_risk::no_mfa_with_app_admin",
            "SELECT id FROM people WHERE mfa_enabled = 0 AND identity_type = 'user' AND id IN (SELECT identity_id FROM entitlements WHERE is_admin)"
        ),
        (
            "compound_risk::no_mfa_on_noncompliant_device",
            "SELECT p.id FROM people p JOIN devices d ON d.identity_id = p.id WHERE mfa_enabled = 0 AND NOT is_compliant AND identity_type <> 'admin'"
        ),
        (
            "compound_risk::offboarded_with_access_key",
            "SELECT p.id FROM ids p JOIN keys k ON k.identity_id = p.id WHERE p.status = 'deprovisioned'"
        ),
        (
            "compound_risk::stale_with_key_in_use",
            "SELECT p.id FROM stale p JOIN keys k ON k.identity_id = p.id WHERE k.idle < 30"
        ),
        (
            "compound_risk::detection_on_admin_device",
            "SELECT id FROM owned WHERE open_detections > 0 AND identity_type = 'admin'"
        ),
        (
            "compound_risk::unencrypted_with_app_admin",
            "SELECT id FROM owned WHERE NOT is_encrypted AND identity_type = 'user' AND identity_id IN (SELECT identity_id FROM entitlements WHERE is_admin)"
        ),
        (
            "compound_risk::jailbroken_with_admin",
            "SELECT id FROM owned WHERE is_jailbroken AND identity_id IN (SELECT identity_id FROM admins)"
        ),
        ("compound_risk::admin_without_edr", "SELECT id FROM owned WHERE NOT has_edr AND identity_type = 'admin'"),
        (
            "compound_risk::external_admin_without_mfa",
            "SELECT id FROM people WHERE identity_type = 'external' AND mfa_enabled = 0"
        ),
        (
            "compound_risk::terminated_with_repository_write",
            "SELECT p.id FROM ids p JOIN acc a ON a.identity_id = p.id WHERE hr_status = 'terminated' AND platform = 'github' AND a.status = 'active'"
        ),
        (
            "compound_risk::admin_with_ai_mail_access",
            "SELECT p.id FROM people p JOIN oauth_grants g ON g.identity_id = p.id WHERE identity_type = 'admin' AND reads_mail_or_files"
        ),
        (
            "compound_risk::shadow_admin_without_mfa",
            "SELECT p.id FROM people p JOIN admins a ON a.identity_id = p.id WHERE identity_type = 'user' AND mfa_enabled = 0 GROUP BY 1 HAVING count(*) >= 3"
        ),
        (
            "compound_risk::brute_forced_without_mfa",
            """
            SELECT identity_id FROM signins JOIN people p ON p.id = identity_id WHERE outcome = 'failure' AND mfa_enabled = 0
            GROUP BY identity_id, day HAVING count(*) >= 10 AND count(DISTINCT ip_address) >= 3
            """
        ),
    ]

    static let behavior: [(rule: String, question: SQL)] = [
        (
            "behavioral_anomaly::repeated_mfa_failures",
            "SELECT identity_id FROM ev WHERE event_type = 'user.authentication.auth_via_mfa' AND outcome = 'failure' GROUP BY 1 HAVING count(*) >= 5"
        ),
        (
            "behavioral_anomaly::mfa_factor_disabled",
            "SELECT identity_id FROM ev WHERE event_type = 'user.mfa.factor.deactivate'"
        ),
        (
            "behavioral_anomaly::suspicious_activity_reported",
            "SELECT identity_id FROM ev WHERE event_type = 'user.account.report_suspicious_activity_by_enduser'"
        ),
        ("behavioral_anomaly::high_risk_sign_in", "SELECT identity_id FROM ev WHERE details ->> 'risk' = 'high'"),
        (
            "behavioral_anomaly::brute_force",
            "SELECT identity_id FROM signins WHERE outcome = 'failure' GROUP BY identity_id, day HAVING count(*) >= 10 AND count(DISTINCT ip_address) >= 3"
        ),
        (
            "behavioral_anomaly::success_after_brute_force",
            """
            SELECT DISTINCT s.identity_id FROM signins s JOIN signins f ON f.identity_id = s.identity_id
            AND f.ip_address = s.ip_address AND f.outcome = 'failure' AND f.occurred_at < s.occurred_at
            WHERE s.outcome = 'success' AND s.ip_address NOT LIKE '2001:db8:%'
            """
        ),
        (
            "behavioral_anomaly::password_spray",
            "SELECT '' FROM signins WHERE outcome = 'failure' GROUP BY ip_address, day HAVING count(DISTINCT identity_id) >= 10"
        ),
        (
            "behavioral_anomaly::off_hours_sign_in",
            "SELECT DISTINCT identity_id FROM signins WHERE outcome = 'success' AND (hour < 6 OR hour >= 22)"
        ),
        (
            "behavioral_anomaly::impossible_travel",
            """
            SELECT DISTINCT a.identity_id FROM signins a JOIN signins b ON b.identity_id = a.identity_id
            AND a.details ->> 'country' <> b.details ->> 'country'
            AND b.occurred_at > a.occurred_at AND julianday(b.occurred_at) - julianday(a.occurred_at) < 2 / 24.0
            """
        ),
        (
            "behavioral_anomaly::unusual_downloads",
            "SELECT identity_id FROM ev WHERE event_type = 'download' GROUP BY identity_id, day HAVING count(*) >= 100"
        ),
    ]

    static let accessRisk: [(rule: String, question: SQL)] = [
        (
            "access_risk::shadow_admin",
            "SELECT p.id FROM people p JOIN admins a ON a.identity_id = p.id WHERE identity_type = 'user' GROUP BY 1 HAVING count(*) >= 3"
        ),
        (
            "access_risk::admin_of_many_apps",
            "SELECT identity_id FROM admins WHERE identity_id IS NOT NULL GROUP BY 1 HAVING count(*) >= 12"
        ),
        (
            "access_risk::app_with_too_many_admins",
            "SELECT application_id FROM entitlements WHERE is_admin GROUP BY 1 HAVING count(*) > 10"
        ),
        (
            "access_risk::external_with_many_apps",
            "SELECT p.id FROM people p JOIN entitlements e ON e.identity_id = p.id WHERE identity_type = 'external' GROUP BY 1 HAVING count(DISTINCT application_id) >= 10"
        ),
        (
            "access_risk::aws_role_trusts_anyone",
            "SELECT 'aws:' || username FROM acc WHERE metadata ->> 'trusts' = 'anyone'"
        ),
        (
            "access_risk::aws_cross_account_trust",
            "SELECT 'aws:' || username FROM acc WHERE metadata ->> 'trusts' = 'other_account' AND metadata ->> 'has_condition' = 'no'"
        ),
        (
            "access_risk::github_outside_collaborator_with_write",
            "SELECT identity_id FROM acc WHERE platform = 'github' AND account_type = 'external' AND metadata ->> 'permission' = 'write'"
        ),
        (
            "access_risk::github_many_outside_collaborators",
            "SELECT count(*) FROM acc WHERE platform = 'github' AND account_type = 'external' HAVING count(*) > 10"
        ),
        (
            "access_risk::github_open_secret_alert",
            "SELECT 'github:' || target FROM ev WHERE event_type = 'secret_scanning_alert.create'"
        ),
        (
            "access_risk::github_push_protection_bypassed",
            "SELECT identity_id FROM ev WHERE event_type = 'secret_scanning_push_protection.bypass' GROUP BY 1 HAVING count(*) >= 2"
        ),
        (
            "access_risk::github_write_deploy_key",
            "SELECT 'github:' || name FROM keys WHERE kind = 'deploy_key' AND can_write"
        ),
    ]
}

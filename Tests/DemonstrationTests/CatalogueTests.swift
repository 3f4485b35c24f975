import Analysis
import Findings
import Testing

@Suite struct CatalogueTests {
    @Test("There are at least 120 rules") func thereAreAtLeastAHundredAndTwentyRules() {
        #expect(Rule.all.count >= 120)
    }

    @Test("Every category has rules") func everyCategoryHasRules() {
        #expect(Set(Rule.all.map(\.category)) == Set(Category.allCases))
    }

    @Test("Rule ids are unique and begin with their category") func idsAreUniqueAndNameTheirCategory() {
        #expect(Set(Rule.all.map(\.id)).count == Rule.all.count)
        for rule in Rule.all {
            #expect(rule.id.wholeMatch(of: /([a-z_]+)::[a-z0-9_]+/)?.1 == rule.category.rawValue[...], "\(rule.id)")
        }
    }

    @Test("Rule titles are short and different from each other") func titlesAreShortAndDistinct() {
        for rule in Rule.all { #expect((5...60).contains(rule.title.count), "\(rule.id)") }
        #expect(Set(Rule.all.map(\.title)).count == Rule.all.count)
    }

    @Test("Every rule recommends an action in one sentence") func recommendationsAreOneSentence() {
        for rule in Rule.all {
            #expect(
                rule.recommendedAction.wholeMatch(of: /[A-Z][^.]{14,}\./) != nil,
                "\(rule.id): \(rule.recommendedAction)")
            #expect(rule.action != nil, "\(rule.id)")
        }
    }

    @Test("A rule is found by its id") func rulesAreFoundById() throws {
        for rule in Rule.all { #expect(Rule.named(rule.id)?.title == rule.title) }
        #expect(Rule.named("identity_security::nothing") == nil)
    }

    @Test("Every rule that the product's description names exists") func everyRuleThatTheProductNamesIsThere() {
        let named = [
            "admin_without_mfa", "user_without_mfa", "stale_account", "stale_admin", "never_signed_in",
            "inactive_user_with_entitlements", "inactive_user_with_admin", "service_account_with_admin",
            "external_admin", "shared_mailbox_sign_in", "admin_share_too_high", "mfa_gap_over_half",
            "offboarded_but_active", "offboarded_admin_active", "shadow_admin", "account_without_idp_identity",
            "admin_account_without_idp_identity", "department_mismatch", "manager_mismatch",
            "terminated_in_hr_but_active", "ghost_employee", "new_hire_without_account", "aws_admin_not_in_idp",
            "aws_user_not_in_idp", "aws_console_user_without_mfa", "aws_stale_user", "aws_key_unused",
            "aws_multiple_active_keys", "aws_key_old", "aws_root_without_mfa", "aws_root_used",
            "aws_role_trusts_anyone", "aws_cross_account_trust", "github_outside_collaborator_with_write",
            "github_owner_not_in_idp", "github_many_outside_collaborators", "github_open_secret_alert",
            "github_push_protection_bypassed", "gitlab_maintainer_without_mfa", "gitlab_maintainer_not_in_idp",
            "gitlab_developer_not_in_idp", "gitlab_external_elevated", "gitlab_write_deploy_key",
            "gitlab_token_without_expiry", "gitlab_offboarded_active", "gitlab_stale_user",
            "salesforce_modify_all_data", "salesforce_view_all_data", "salesforce_bulk_export",
            "admin_direct_sign_in", "executive_direct_sign_in", "offboarded_direct_sign_in",
            "most_sign_ins_bypass_sso", "new_hire_outside_idp", "repeated_mfa_failures", "mfa_factor_disabled",
            "suspicious_activity_reported", "high_risk_sign_in", "brute_force", "off_hours_sign_in",
            "admin_with_unsanctioned_grants", "broad_write_scope", "unsanctioned_app_used_by_many",
            "ai_tool_reads_mail_or_files", "ai_tool_widely_used", "terminated_with_ai_tool", "unencrypted",
            "unencrypted_admin", "noncompliant", "noncompliant_admin", "no_check_in", "os_end_of_life", "jailbroken",
            "user_without_device", "users_without_device", "no_edr_agent", "open_edr_detection", "contained_in_use",
            "unused_30_days", "unused_60_days", "unused_90_days", "licensed_twice", "admin_seat_inactive",
            "mfa_coverage_down", "mfa_coverage_collapsed", "shadow_it_up", "compliance_down", "findings_surge",
            "termination_lag", "person_with_many_high_findings", "exposed_admin", "departing_with_downloads",
        ]
        let platforms = ["zoom", "box", "datadog", "salesforce"].flatMap { platform in
            ["admin_not_in_idp", "user_not_in_idp", "offboarded_active", "sso_not_enforced", "unused_90_days"]
                .map { platform + "_" + $0 }
        }
        let names = Set(Rule.all.map { String($0.id.split(separator: "::")[1]) })
        for name in named + platforms { #expect(names.contains(name), "\(name)") }
    }
}

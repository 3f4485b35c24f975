import Analysis
import Base
import Findings
import Store

/// Writes findings, and the product's own history: syncs, snapshots and the audit log.
extension Writer {
    func writeFindings() throws {
        for (index, finding) in (company.planted + company.solved).enumerated() {
            try writeFinding(finding, isStarred: index % 23 == 4)
        }
    }

    private func writeFinding(_ finding: Planted, isStarred: Bool) throws {
        var identity: Identifier?
        var application: Identifier?
        var device: Identifier?
        switch finding.subject {
        case .person(let person): identity = person.id
        case .application(let subject): application = subject.id
        case .device(let subject):
            device = subject.id
            identity = subject.owner?.id
        case .account, .platform, .workspace: break
        }
        var status = "open"
        var snoozedUntil: Timestamp?
        var reason: String?
        var resolvedAt: Timestamp?
        switch finding.status {
        case .open: break
        case .inProgress: status = "in_progress"
        case .snoozed(let until, let why): (status, snoozedUntil, reason) = ("snoozed", until, why)
        case .dismissed(let why): (status, reason) = ("dismissed", why)
        case .resolved(let moment): (status, resolvedAt) = ("resolved", moment)
        }
        try database.execute(
            """
            INSERT INTO findings (workspace_id, id, finding_key, rule_id, category, title, severity, severity_rank,
                status, affected_entities, affected_count, affected_identity_id, affected_application_id,
                affected_device_id, recommended_action, action_type, source_integrations, confidence, is_starred,
                snoozed_until, reason, created_at, updated_at, last_seen_at, resolved_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                $22, $23, $24, $25)
            """, workspaceID, company.newID(), finding.key, finding.rule.id, finding.rule.category, finding.sentence,
            finding.severity, finding.severity.rank, status, finding.affectedEntities, finding.affectedCount, identity,
            application, device, finding.rule.recommendedAction, finding.rule.action,
            JSON.array(finding.platforms.map { .string($0.rawValue) }), 0.95, isStarred, snoozedUntil, reason,
            finding.since, resolvedAt ?? finding.since, resolvedAt ?? lastAnalysis, resolvedAt)
    }

    /// The time of the last analysis before the seed, which is an hour before the analysis that the seed itself runs.
    private var lastAnalysis: Timestamp { Demonstration.analysisTime(now: now) - .hours(1) }

    func writeHistory() throws {
        try writeSyncRuns()
        for day in (1...30).reversed() { try writeSnapshot(at: company.midnight(daysAgo: day) + .hours(6), day) }
        try writeAuditLog()
    }

    private func writeSyncRuns() throws {
        for platform in Platform.allCases where platform != .zoom {
            let failed = platform == .jamfPro
            let entities = failed ? JSON.object([:]) : counts(of: platform)
            for run in 0..<12 {
                let started = now - .hours(run * 6) - company.number(600..<3000)
                try database.execute(
                    """
                    INSERT INTO sync_runs (workspace_id, id, integration_id, status, started_at, finished_at,
                        entity_counts, error_kind, error)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                    """, workspaceID, company.newID(), try integrationID(platform), failed ? "failed" : "completed",
                    started, started + company.number(2..<40), entities, failed ? "authentication_expired" : nil,
                    failed ? "Jamf Pro refused the client credentials." : nil)
            }
        }
    }

    private func counts(of platform: Platform) -> JSON {
        let people = company.people
        return [
            "identities": .integer(people.count { $0.account(on: platform) != nil }),
            "applications": .integer(
                platform == .okta
                    ? company.applications.count(where: \.isManaged)
                    : platform == .googleWorkspace ? company.applications.count { !$0.isManaged } : 0),
            "devices": .integer(company.devices.count { $0.platform == platform }),
            "entitlements": .integer(
                people.reduce(0) { $0 + $1.entitlements.count { $0.account.platform == platform } }),
            "audit_events": .integer(company.events.count { $0.platform == platform }),
        ]
    }

    /// Writes the metrics of one day. Counts the open findings and unsanctioned applications that had appeared by then.
    /// Device compliance was better until three days ago; the shares of people and applications are those of today.
    private func writeSnapshot(at moment: Timestamp, _ daysAgo: Int) throws {
        let open = company.planted.filter { $0.isCounted && $0.since <= moment }
        func count(_ severity: Severity) -> JSON { .integer(open.count { $0.severity == severity }) }
        let people = company.people.filter { $0.isActive && $0.kind != .service && $0.mfa != nil }
        let known = company.applications.filter { $0.sso != nil }
        func percent(_ part: Int, of whole: Int) -> JSON { .integer((part * 200 + whole) / (max(1, whole) * 2)) }
        let everyone = company.people.filter { $0.isActive && $0.kind != .service }
        let compliance = company.compliancePercent + (daysAgo > 6 ? 2 : daysAgo > 3 ? 1 : 0)
        var scored = SeverityCounts()
        for finding in company.planted
        where finding.isOpen && finding.rule.category != .licenseWaste && finding.since <= moment {
            scored[finding.severity] += 1
        }
        let metrics: JSON = [
            "risk_score": .integer(RiskScore(scored, identities: company.people.count).value),
            "rules": .integer(Rule.all.count),
            "critical": count(.critical), "high": count(.high), "medium": count(.medium), "low": count(.low),
            "mfa_pct": percent(people.count { $0.mfa == true }, of: people.count),
            "admin_pct": percent(everyone.count { $0.identityType == "admin" }, of: everyone.count),
            "sso_pct": percent(known.count { $0.sso == true }, of: known.count),
            "device_compliance_pct": .integer(compliance),
            "noncompliant_devices": .integer(company.machines.count * (100 - compliance) / 100),
            "people_without_mfa": .integer(people.count { $0.mfa == false }),
            "admins": .integer(everyone.count { $0.identityType == "admin" }),
            "applications_without_sso": .integer(known.count { $0.sso == false }),
            "shadow_it_count": .integer(company.applications.count { $0.isShadowIT && $0.firstSeen <= moment }),
            "mean_time_to_remediate_hours": .integer(80 + daysAgo % 4),
        ]
        try database.execute(
            "INSERT INTO drift_snapshots (workspace_id, id, taken_at, metrics) VALUES ($1, $2, $3, $4)",
            workspaceID, company.newID(), moment, metrics)
    }

    private func writeAuditLog() throws {
        let log = AuditLog(database, workspaceID: workspaceID)
        try log.begin(at: company.midnight(daysAgo: 240))
        var entries: [AuditEntry] = []
        func add(
            _ action: String, by member: Membership?, _ type: String, _ target: String, at moment: Timestamp,
            _ details: [String: JSON] = [:]
        ) {
            entries.append(
                AuditEntry(
                    action: action, userID: member?.userID, actorEmail: member?.person.email, targetType: type,
                    targetID: target, details: details, createdAt: moment))
        }
        let owner = company.members.first
        for member in company.members.dropFirst() {
            add(
                "member.added", by: owner, "member", member.userID.description, at: company.midnight(daysAgo: 239),
                ["email": .string(member.person.email), "role": .string(member.role)])
        }
        for (index, platform) in Platform.allCases.enumerated() {
            let moment =
                platform == .jamfPro
                ? company.midnight(daysAgo: 4) : company.midnight(daysAgo: 238 - index * 3) + .hours(10)
            add(
                "integration.connected", by: owner, "integration", try integrationID(platform).description, at: moment,
                ["platform": .string(platform.rawValue)])
        }
        add(
            "integration.paused", by: owner, "integration", try integrationID(.zoom).description,
            at: company.midnight(daysAgo: 9) + .hours(12), ["platform": "zoom"])
        for application in company.applications {
            guard let policy = application.policy else { continue }
            add(
                "app_policy.set", by: owner, "application", application.id.description,
                at: application.firstSeen + .days(20),
                ["app_name": .string(application.name), "status": .string(policy)])
        }
        for finding in company.planted + company.solved {
            let moment = finding.since + .hours(3)
            let details: [String: JSON] = ["finding_key": .string(finding.key)]
            let analyst = company.members.first { $0.role == "security_analyst" }
            switch finding.status {
            case .open: break
            case .inProgress: add("finding.acknowledged", by: analyst, "finding", finding.key, at: moment, details)
            case .snoozed: add("finding.snoozed", by: analyst, "finding", finding.key, at: moment, details)
            case .dismissed: add("finding.dismissed", by: analyst, "finding", finding.key, at: moment, details)
            case .resolved(let moment):
                add("finding.resolved", by: nil, "finding", finding.key, at: moment, details)
            }
        }
        for entry in entries.sorted(by: { ($0.createdAt, $0.action) < ($1.createdAt, $1.action) }) {
            try log.append(entry)
        }
    }
}

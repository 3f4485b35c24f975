import Base
import Findings

/// Plants applications that IT did not introduce and that have a further problem.
extension Company {
    func plantShadowIT() throws {
        let pipeflow = addUnmanaged("Pipeflow", category: "automation")
        let users = try grant(pipeflow, byNew: 34, .read)
        try plant(
            "shadow_it::unsanctioned_app_used_by_many", on: .application(pipeflow), affecting: users,
            from: [.googleWorkspace],
            "Pipeflow is used by 34 people with their company accounts and nobody has reviewed it.")
        let syncDrop = addUnmanaged("SyncDrop", category: "file transfer")
        let writers = try grant(syncDrop, byNew: 3, .full)
        try plant(
            "shadow_it::broad_write_scope", on: .application(syncDrop), affecting: writers, from: [.googleWorkspace],
            "SyncDrop may change the whole calendar and address book of \(Names.list(writers.map(\.name))) without anyone's approval."
        )
        let fileferry = addUnmanaged("Fileferry", category: "file transfer")
        fileferry.policy = "blocked"
        let senders = try grant(fileferry, byNew: 6, .read)
        try plant(
            "shadow_it::blocked_app_in_use", on: .application(fileferry), affecting: senders, from: [.googleWorkspace],
            "Fileferry is blocked by policy, but the grants of 6 people still let it read their calendars.")
        let quickforms = addUnmanaged("Quickforms", category: "surveys")
        quickforms.policy = "unauthorized"
        let askers = try grant(quickforms, byNew: 9, .basic)
        try plant(
            "shadow_it::unauthorized_app_in_use", on: .application(quickforms), affecting: askers,
            from: [.googleWorkspace],
            "Quickforms is unauthorized, but 9 people still sign in to it with their company accounts.")
        let autoTab = addUnmanaged("AutoTab", category: "browsing", isPublisherKnown: false)
        let browsers = try grant(autoTab, byNew: 4, .read)
        try plant(
            "shadow_it::unknown_publisher", on: .application(autoTab), affecting: browsers, from: [.googleWorkspace],
            "AutoTab has no known publisher and reads the calendars of 4 people, so nobody answers for what it does with them."
        )
        let linkstash = addUnmanaged("Linkstash", category: "bookmarks")
        let forgetful = try grant(linkstash, byNew: 5, .read, lastUsed: 100..<150)
        try plant(
            "shadow_it::dormant_app_with_grants", on: .application(linkstash), affecting: forgetful,
            from: [.googleWorkspace],
            "Linkstash has not been used for 90 days but keeps the grants of 5 people, ready for whoever buys it.")
        for (name, days) in [("Boardly", 2), ("Sharesnip", 4), ("Calmdesk", 5)] {
            let application = addUnmanaged(name, category: "collaboration", firstSeen: days)
            let first = try grant(application, byNew: 2, .read, lastUsed: 0..<1)
            try plant(
                "shadow_it::new_unsanctioned_app", on: .application(application), affecting: first,
                from: [.googleWorkspace], since: application.firstSeen,
                "\(name) appeared \(days) days ago and \(Names.list(first.map(\.name))) already use it with their company accounts."
            )
        }
        try plant(
            "shadow_it::sign_in_only_apps", on: .workspace, from: [.googleWorkspace],
            "People sign in to web sites with their company accounts, and nobody has decided if company data may go there."
        )
        let semrush = try application("Semrush")
        semrush.sso = false
        try plant(
            "shadow_it::managed_app_without_sso", on: .application(semrush), from: [.okta],
            "Semrush has \(semrush.entitlements.count) users and no single sign-on, so their passwords there outlive their accounts."
        )
        try plantAdminGrants()
    }

    /// Lets `count` ordinary people grant an application access. They may have granted access to other applications
    /// too.
    func grant(
        _ application: Application, byNew count: Int, _ access: Grant.Access, readsMailOrFiles: Bool = false,
        lastUsed: Range<Int>? = nil
    ) throws -> [Person] {
        let candidates = people.filter { $0.isPlain && days(since: $0.hiredAt) > 60 }.shuffled(using: &random)
        guard candidates.count >= count else { throw DemonstrationError.nothingLeft(application.name) }
        let chosen = Array(candidates.prefix(count))
        for person in chosen {
            grant(
                application, by: person, access, readsMailOrFiles: readsMailOrFiles,
                lastUsed: lastUsed.map { ago(days: number($0)) })
        }
        return chosen
    }

    private func plantAdminGrants() throws {
        let undecided = applications.filter { application in
            Self.undecided.contains { $0.name == application.name }
        }
        for (count, severity) in [(2, Severity.medium), (4, .high), (6, .critical)] {
            let admin = try take("admin with grants") { $0.isAdmin && $0.rank == .member }
            for application in undecided.prefix(count) { grant(application, by: admin, .read) }
            try plant(
                "shadow_it::admin_with_unsanctioned_grants", severity, on: .person(admin),
                from: [.googleWorkspace, .okta],
                "Okta admin \(admin.name) has allowed \(count) unsanctioned apps, \(Names.list(undecided.prefix(count).map(\.name))), to read an admin's calendar."
            )
        }
    }

    func plantAITools() throws {
        for (name, count, severity, what) in [
            ("MailMuse AI", 8, Severity.critical, "mail"), ("Notewise AI", 3, .high, "meeting notes"),
        ] {
            let tool = addUnmanaged(name, category: what, isAITool: true)
            let users = try grant(tool, byNew: count, .read, readsMailOrFiles: true)
            try plant(
                "shadow_it::ai_tool_reads_mail_or_files", severity, on: .application(tool), affecting: users,
                from: [.googleWorkspace],
                "\(name) can read the mail and files of \(count) people, and nobody has checked where it sends them.")
        }
        let tool = addUnmanaged("DeckGenie AI", category: "presentations", isAITool: true)
        let users = try grant(tool, byNew: 14, .basic)
        try plant(
            "shadow_it::ai_tool_widely_used", on: .application(tool), affecting: users, from: [.googleWorkspace],
            "DeckGenie AI is used by 14 people, so company plans go into an AI tool that nobody has reviewed.")
    }
}

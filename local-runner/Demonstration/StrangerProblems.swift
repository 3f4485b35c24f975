import Base

/// Plants accounts of people that no identity provider knows, and old, unused or ownerless keys.
extension Company {
    func plantStrangers() throws {
        let guest = addGuest(name: "Viktor Sandberg", email: "viktor@sandberg-studio.example", on: .slack)
        guest.account.kind = .user
        try plant(
            "access_hygiene::account_without_idp_identity", on: .person(guest.person), from: [.slack, .okta],
            "\(guest.person.name) has a Slack account that matches nobody in Okta or Google Workspace, so nothing closes it when the person leaves."
        )
        let consultant = addGuest(name: "Carla Benedetti", email: "carla.benedetti@agile-lane.example", on: .jira)
        appoint(consultant.person, on: .jira, ["jira-administrators"])
        try plant(
            "access_hygiene::admin_account_without_idp_identity", on: .person(consultant.person), from: [.jira, .okta],
            "\(consultant.person.name) is a Jira admin whom neither Okta nor Google Workspace knows, so no offboarding will ever remove her."
        )
        let founder = addGuest(name: "Joost Terpstra", email: "joost@terpstra-code.example", on: .github)
        appoint(founder.person, on: .github, ["owner"])
        founder.account.kind = .user
        try plant(
            "access_hygiene::github_owner_not_in_idp", on: .person(founder.person), from: [.github, .okta],
            "\(founder.person.name) owns the GitHub organization with a private account that Okta does not know, so the code leaves with him."
        )
        for (username, isAdmin) in [("jvdberg-old", false), ("platform-admin", true)] {
            let account = openLone(on: .aws, kind: .user, username: username)
            account.metadata = ["kind": "user", "console": "yes"]
            account.mfa = true
            account.lastLogin = officeHours(daysAgo: 12)
            account.isAdmin = isAdmin
            account.adminRoles = isAdmin ? ["AdministratorAccess"] : []
            try plant(
                isAdmin ? "access_hygiene::aws_admin_not_in_idp" : "access_hygiene::aws_user_not_in_idp",
                on: .account(account), from: [.aws, .okta],
                isAdmin
                    ? "The IAM user \(username) has AdministratorAccess and signed in 12 days ago, but matches nobody in Okta."
                    : "The IAM user \(username) signed in to the AWS console 12 days ago and matches nobody in Okta.")
        }
        try plant(
            "finding_correlation::unmatched_admins_on_several_platforms", on: .workspace,
            affecting: [consultant.person, founder.person], from: [.aws, .github, .jira], since: ago(days: 4),
            "Admins on AWS, GitHub and Jira match nobody in Okta, so on 3 platforms offboarding would not end admin access."
        )
        let collaborators = [
            ("Renske Faber", "renske@faberworks.example", "read"), ("Ivo Marchetti", "ivo@marchetti.example", "read"),
            ("Dana Whitfield", "dana@whitfield-ios.example", "write"),
        ]
        for (name, email, permission) in collaborators {
            let (person, account) = addGuest(name: name, email: email, on: .github)
            account.metadata = ["permission": .string(permission), "repository": "firmware"]
            guard permission == "write" else { continue }
            try plant(
                "access_risk::github_outside_collaborator_with_write", on: .person(person), from: [.github],
                "\(name) is not an employee but can push to the firmware repository, so code that no employee wrote can ship."
            )
        }
    }

    func plantKeyProblems() throws {
        func keyHolder(_ part: String) throws -> (person: Person, account: Account) {
            let person = try take(part) { $0.isPlain && $0.account(on: .aws) != nil }
            guard let account = person.account(on: .aws) else { throw DemonstrationError.nothingLeft(part) }
            keys.removeAll { $0.account === account }
            return (person, account)
        }
        for days in [104, 168] {
            let (person, account) = try keyHolder("unused key")
            addKey(.accessKey, on: account, age: days + 60, usedDaysAgo: days)
            try plant(
                "access_hygiene::aws_key_unused", on: .person(person), from: [.aws], since: ago(days: 13),
                "\(person.name) has an AWS access key that was last used \(days) days ago and still works for whoever finds it."
            )
        }
        let (person, account) = try keyHolder("old key")
        addKey(.accessKey, on: account, age: 143, usedDaysAgo: 1)
        try plant(
            "access_hygiene::aws_key_old", on: .person(person), from: [.aws], since: ago(days: 43),
            "\(person.name) has used the same AWS access key for 143 days, so every copy ever made of it still works.")
        let (rotator, half) = try keyHolder("two keys")
        addKey(.accessKey, on: half, age: 74, usedDaysAgo: 3)
        addKey(.accessKey, on: half, age: 16, usedDaysAgo: 1)
        try plant(
            "access_hygiene::aws_multiple_active_keys", on: .person(rotator), from: [.aws], since: ago(days: 15),
            "\(rotator.name) has 2 active AWS access keys, so the older one outlived its rotation.")
        let developer = try take("token without expiry") { $0.isPlain && $0.account(on: .github) != nil }
        keys.removeAll { $0.account?.person === developer }
        addKey(.accessToken, on: developer.account(on: .github), age: 61, usedDaysAgo: 1)
        try plant(
            "access_hygiene::github_token_without_expiry", on: .person(developer), from: [.github],
            "\(developer.name) has a GitHub token that never expires, so a copy of it works until someone notices.")
        addKey(.accessKey, on: nil, platform: .aws, name: "legacy-import", age: 58, usedDaysAgo: 1)
        try plant(
            "access_hygiene::access_key_without_owner", on: .platform(.aws, "legacy-import"), from: [.aws],
            "The AWS access key legacy-import was used a day ago and belongs to nobody, so nobody can say what it is for."
        )
    }
}

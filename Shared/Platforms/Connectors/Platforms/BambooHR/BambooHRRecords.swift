import Base

/// Translates BambooHR's employees into records.
enum BambooHRRecords {
    static func id(_ employee: JSON) -> String? { employee.identifier("employeeId") }

    /// Reads an employee.
    ///
    /// BambooHR's status is Active or Inactive, and Inactive "means that they are no longer employed". An employee
    /// whose first day is still to come is Active, and an employee whose last day is still to come may be either, so
    /// rules must compare the days too. People on leave are Active with an employment status that the company names.
    ///
    /// - Returns: The record, and true if the key's user may not see one of its fields.
    static func employee(
        _ employee: JSON, id: String, lastDay: BambooHRDirectory.LastDay
    ) -> (account: AccountRecord, isRestricted: Bool) {
        let restricted = Set(employee.texts("_restrictedFields") ?? []).intersection(columns.keys)
        let isActive = Self.isActive(employee)
        var account = AccountRecord(
            externalID: id, displayName: name(employee) ?? "Employee \(id)",
            status: isActive.map { $0 ? .active : .deprovisioned })
        account.email = employee.email("workEmail")
        account.username = employee.text("workEmail")
        account.department = employee.text("departmentName")
        account.title = employee.text("jobTitleName")
        account.managerExternalID = employee.identifier("reportsToId")
        account.metadata["legal_name"] = legalName(employee)
        if name(employee) == nil { account.metadata["name"] = "unknown" }
        if account.email == nil { account.metadata["address"] = restricted.contains("workEmail") ? "unknown" : "none" }
        account.employment = employment(employee, isActive: isActive, lastDay: lastDay, of: &account)
        for (field, ours) in columns where restricted.contains(field) || employee[field] == nil {
            account.unread.formUnion(ours)
        }
        return (account, !restricted.isEmpty)
    }

    /// Our fields that come from a field of BambooHR's and keep their values if the key's user may not see it, or if the
    /// API does not know it and so leaves it out.
    private static let columns: [String: Set<AccountRecord.Field>] = [
        "firstName": [], "lastName": [], "workEmail": [.email], "jobTitleName": [.title],
        "status": [.status, .hrStatus], "hireDate": [.hiredAt], "departmentName": [.department],
        "employmentStatusName": [.hrStatus], "reportsToId": [.managerExternalID, .managerEmail],
    ]

    /// True if the employee is Active, false if Inactive; nil if BambooHR does not tell.
    private static func isActive(_ employee: JSON) -> Bool? {
        switch employee.text("status")?.lowercased() {
        case "active": true
        case "inactive": false
        default: nil
        }
    }

    /// The name by which the employee is called; nil if BambooHR tells none.
    private static func name(_ employee: JSON) -> String? {
        joined(employee.text("preferredName") ?? employee.text("firstName"), employee.text("lastName"))
    }

    /// The first and the last name, if the employee is called by another name.
    private static func legalName(_ employee: JSON) -> JSON? {
        let legal = joined(employee.text("firstName"), employee.text("lastName"))
        return legal == name(employee) ? nil : legal.map(JSON.string)
    }

    private static func joined(_ names: String?...) -> String? {
        let known = names.compactMap { $0 }
        return known.isEmpty ? nil : known.joined(separator: " ")
    }

    private static func employment(
        _ employee: JSON, isActive: Bool?, lastDay: BambooHRDirectory.LastDay, of account: inout AccountRecord
    ) -> AccountRecord.Employment {
        var employment = AccountRecord.Employment(
            status: isActive == false ? .terminated : isOnLeave(employee) ? .leave : .active)
        if isActive == nil { account.unread.insert(.hrStatus) }
        switch day(employee["hireDate"]) {
        case .none: break
        case .day(let first): employment.hiredAt = first
        case .unreadable: account.unread.insert(.hiredAt)
        }
        switch lastDay {
        case .none: break
        case .day(let last):
            // A last day before the first one ended an earlier employment, after which the person was hired again.
            if employment.hiredAt.map({ last >= $0 }) ?? true { employment.terminatedAt = last + endOfDay }
        case .unreadable: account.unread.insert(.terminatedAt)
        }
        return employment
    }

    /// Returns true if the company's own name for the employment status says that the employee is away. Companies
    /// choose the names of these statuses.
    private static func isOnLeave(_ employee: JSON) -> Bool {
        let words = employee.text("employmentStatusName")?.lowercased() ?? ""
        return ["leave", "furlough", "sabbatical"].contains { words.contains($0) }
    }

    /// The time from the beginning of a day in UTC until the day is over everywhere. An employment ends "at 11:59 p.m.
    /// company timezone" on its last day (help.bamboohr.com), and the API tells no time zone. The last one in which a
    /// day ends is twelve hours behind UTC.
    private static let endOfDay = Int.hours(36)

    /// Returns the last day in a row of the data set.
    static func lastDay(_ row: JSON) -> BambooHRDirectory.LastDay {
        let restricted = (row.texts("_restrictedFields") ?? []) + (row["fields"]?.texts("_restrictedFields") ?? [])
        return restricted.contains("terminationDate") ? .unreadable : day(row["fields"]?["terminationDate"])
    }

    /// Returns the day that a value tells, at its beginning in UTC. BambooHR writes null, an empty text or 0000-00-00 if
    /// there is none.
    private static func day(_ value: JSON?) -> BambooHRDirectory.LastDay {
        switch value {
        case .null?, .string("")?, .string("0000-00-00")?: .none
        case .string(let text)? where text.utf8.count == 10:
            Timestamp(inRecord: text + "T00:00:00Z").map(BambooHRDirectory.LastDay.day) ?? .unreadable
        default: .unreadable
        }
    }
}

import Base
import TestSupport

/// The company's BambooHR.
extension CompanyTenant {
    /// Answers a request to BambooHR.
    @Sendable func bambooHR(_ request: Request) -> Reply? {
        // The decoded credentials: bambooKey:x
        guard request.headers["Host"] == "company.bamboohr.com",
            request.headers["Authorization"] == "Basic YmFtYm9vS2V5Ong="
        else { return nil }
        switch request.method + " " + request.path {
        case "GET /api/v1/employees":
            let listed = clock.list("employees") { now in employees(now).map { $0.fields } }
            let from = request.parameter("page[after]").flatMap { Int($0) } ?? 0
            let page = Self.part(listed, from: from, most: 500)
            let next = page.next.map { JSON.string(String($0)) } ?? .null
            return .json([
                "data": page.items, "meta": ["total": .integer(listed.count), "page": ["nextCursor": next]],
            ])
        case "POST /api/v2/datasets/employee/data":
            let rows = clock.list("last days") { now in employees(now).map { $0.row } }
            let (number, size) = (request.json["page"]?.integer ?? 1, 1_000)
            let page = Self.part(rows, from: (number - 1) * size, most: size)
            return .json([
                "data": page.items,
                "meta": ["page": .integer(number), "totalPages": .integer(max(1, (rows.count + size - 1) / size))],
            ])
        default: return nil
        }
    }

    /// An employee in the list, and in the data set.
    private typealias Employee = (fields: JSON, row: JSON)

    /// Returns the employees as HR knows them at a time: those who work for the company, those who are hired and have
    /// not begun, those who have left, and two who need no account for their work and have no address.
    private func employees(_ now: Timestamp) -> [Employee] {
        let known = people.flatMap { person in
            var own = [employee(person, now)]
            // The record of an earlier employment, which ended years ago.
            if person.has(.hiredAgain) {
                own.append(
                    employee(
                        "\(person.number)9", person.name, person.email, first: person.created - .days(900),
                        last: person.created - .days(300), now: now))
            }
            return own
        }
        let others = (0..<2).map { number in
            employee("8000\(number)", "Driver \(number)", nil, first: now - .days(500), now: now)
        }
        // HR keeps the records of people whose accounts are long gone.
        let former = (0..<max(2, people.count / 10)).map { number in
            employee(
                "9000\(number)", "Former \(number)", "former\(number)@company.example", first: now - .days(2_000),
                last: now - .days(700), now: now)
        }
        return known + others + former
    }

    private func employee(_ person: CompanyPerson, _ now: Timestamp) -> Employee {
        let isLeaver = person.has(.leaverDisabled) || person.has(.leaverWithAccess)
        let address =
            person.has(.otherWorkAddress)
            ? String(person.email.prefix(1)) + person.email.drop { $0 != "." }.dropFirst() : person.email
        // The account of a starter is made two weeks before the first day.
        let first = person.has(.starterBeforeDayOne) ? person.created + .days(14) : person.created
        // HR enters the end of an employment three weeks before the last day.
        let end = person.has(.leavesSoon) ? Company.now + .days(9) : isLeaver ? person.ended : nil
        return employee(
            String(person.number), person.name, address, preferred: person.has(.preferredName), first: first,
            last: end.flatMap { $0 - .days(21) <= now ? $0 : nil }, isAway: person.has(.onLeave),
            title: person.title,
            // HR has another name for one department.
            department: person.department == "Support" ? "Customer Care" : person.department,
            manager: person.number == 0 ? nil : "0", now: now)
    }

    private func employee(
        _ id: String, _ name: String, _ address: String?, preferred: Bool = false, first: Timestamp,
        last: Timestamp? = nil, isAway: Bool = false, title: String = "Driver", department: String = "Logistics",
        manager: String? = "0", now: Timestamp
    ) -> Employee {
        let names = name.split(separator: " ").map(String.init)
        // The employee is no longer active on the day after the last one.
        let hasLeft = last.map { day($0) < day(now) } ?? false
        let status = hasLeft ? "Terminated" : isAway ? "Parental Leave" : "Full-Time"
        return (
            [
                "employeeId": .string(id), "firstName": .string(preferred ? "Maximiliana" : names[0]),
                "preferredName": preferred ? .string(names[0]) : .null, "lastName": .string(names[1]),
                "photoUrl": .null, "jobTitleName": .string(title), "status": hasLeft ? "Inactive" : "Active",
                "workEmail": address.map(JSON.string) ?? .null, "hireDate": .string(day(first)),
                "departmentName": .string(department), "employmentStatusName": .string(status),
                "reportsToId": manager.map(JSON.string) ?? .null, "_restrictedFields": [],
            ],
            ["fields": ["eeid": .string(id), "terminationDate": .string(last.map(day) ?? "0000-00-00")]]
        )
    }

    private func day(_ moment: Timestamp) -> String { String(moment.description.prefix(10)) }
}

/// The names and words from which the company is generated.
enum Names {
    static let first = [
        "Mia", "Noah", "Sanne", "Daan", "Emma", "Lucas", "Julia", "Sem", "Tess", "Levi", "Zoë", "Finn", "Sara", "Milan",
        "Eva", "Bram", "Nora", "Jesse", "Lotte", "Thijs", "Amara", "Kofi", "Leila", "Omar", "Priya", "Arjun", "Mei",
        "Hiroshi", "Ana", "Mateo", "Ingrid", "Lars", "Chloe", "Hugo", "Aisha", "Yusuf", "Katya", "Pavel", "Grace",
        "Samuel", "Ines", "Rafael", "Freya", "Oscar", "Delphine", "Marek", "Silvia", "Tomas", "Nadia", "Elias",
    ]

    static let last = [
        "de Vries", "Jansen", "Bakker", "Visser", "Smit", "Meijer", "Mulder", "Bos", "Vos", "Peters", "Hendriks",
        "Dekker", "Brouwer", "Dijkstra", "Kok", "Novak", "Okafor", "Haddad", "Rahman", "Patel", "Sharma", "Chen",
        "Tanaka", "Silva", "Moreno", "Lindqvist", "Berg", "Dubois", "Laurent", "Osei", "Demir", "Petrov", "Adeyemi",
        "Walsh", "Costa", "Ferreira", "Hansen", "Nilsson", "Moreau", "Kowalski", "Rossi", "Horvat", "Nasser", "Fischer",
        "Weber", "Castillo", "Murphy", "Iyer", "Sato", "Marino",
    ]

    /// Returns a name as the part of an e-mail address before the @: lower-case ASCII letters and digits, with dots for
    /// spaces.
    static func local(_ name: String) -> String {
        var local = ""
        for scalar in name.lowercased().unicodeScalars {
            switch scalar {
            case "a"..."z", "0"..."9": local.unicodeScalars.append(scalar)
            case "ë": local += "e"
            case " ": if local.last != "." { local += "." }
            default: break
            }
        }
        return local
    }

    /// Returns names as part of a sentence: `A, B and C`.
    static func list(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }
}

/// A department of the company.
struct Department {
    let name: String
    /// The number of its people, including its head.
    let size: Int
    /// The title of its head.
    let head: String
    /// The titles of its people except the head and the managers.
    let titles: [String]

    static let all = [
        Department(
            name: "Engineering", size: 120, head: "VP Engineering",
            titles: ["Software Engineer", "Senior Software Engineer", "Firmware Engineer", "Site Reliability Engineer"]
        ),
        Department(
            name: "Product", size: 24, head: "VP Product", titles: ["Product Manager", "Product Analyst"]),
        Department(name: "Design", size: 14, head: "Head of Design", titles: ["Product Designer", "Researcher"]),
        Department(
            name: "Security", size: 12, head: "Head of Security", titles: ["Security Analyst", "Security Engineer"]),
        Department(name: "IT", size: 14, head: "Head of IT", titles: ["Systems Administrator", "IT Specialist"]),
        Department(
            name: "Sales", size: 62, head: "VP Sales",
            titles: ["Account Executive", "Sales Engineer", "Sales Development Representative"]),
        Department(
            name: "Marketing", size: 30, head: "VP Marketing", titles: ["Marketing Manager", "Content Strategist"]),
        Department(
            name: "Support", size: 46, head: "Head of Support", titles: ["Support Engineer", "Support Specialist"]),
        Department(name: "Finance", size: 18, head: "Head of Finance", titles: ["Accountant", "Financial Analyst"]),
        Department(name: "People", size: 14, head: "Head of People", titles: ["Recruiter", "People Partner"]),
        Department(name: "Legal", size: 8, head: "General Counsel", titles: ["Counsel", "Paralegal"]),
    ]

    /// The titles of the people above the departments. The first one is above all others.
    static let chiefs = [
        "Chief Executive Officer", "Chief Technology Officer", "Chief Revenue Officer", "Chief Financial Officer",
        "Chief Operating Officer", "Chief Information Security Officer",
    ]
}

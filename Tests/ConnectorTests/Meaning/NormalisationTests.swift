import Base
import TestSupport
import Testing

@testable import Connectors

/// Different words of providers for the same thing are brought into one form.
@Suite struct NormalisationTests {
    @Test(
        "A country name or code becomes a two-letter code",
        arguments: [
            ("United States", "US"), ("US", "US"), ("us", "US"), ("USA", "US"), ("United States of America", "US"),
            ("U.S.A.", "US"), ("Netherlands", "NL"), ("The Netherlands", "NL"), ("NLD", "NL"), ("UK", "GB"),
            ("el", "GR"),
            ("Great Britain", "GB"), ("South Korea", "KR"), ("Korea, Republic of", "KR"), ("North Korea", "KP"),
            ("Russia", "RU"), ("Russian Federation", "RU"), ("Viet Nam", "VN"), ("Vietnam", "VN"), ("Czechia", "CZ"),
            ("Czech Republic", "CZ"), ("Türkiye", "TR"), ("Turkey", "TR"), ("Côte d'Ivoire", "CI"),
            ("Ivory Coast", "CI"),
            ("Cote dIvoire", "CI"), ("Bosnia & Herzegovina", "BA"), ("bosnia and herzegovina", "BA"),
            ("St. Lucia", "LC"), ("Saint Lucia", "LC"), ("Hong Kong", "HK"), ("Macao", "MO"), ("Macau", "MO"),
            ("Iran, Islamic Republic of", "IR"), ("Iran", "IR"), ("Taiwan", "TW"), ("Kosovo", "XK"),
            ("  germany ", "DE"), ("Republic of the Congo", "CG"), ("Democratic Republic of the Congo", "CD"),
        ])
    func aCountryIsItsCode(_ text: String, _ code: String) { #expect(Country.code(text) == code) }

    /// ZZ and the codes after it are used by address databases for places that are no countries.
    @Test(
        "A text that is not a country gives no code",
        arguments: [
            "", " ", "Atlantis", "Korea", "Europe", "N/A", "n.a.", "unknown", "-", "ZZ", "XX", "EU", "AP", "A1", "T1",
        ])
    func whatIsNoCountryIsNone(_ text: String) { #expect(Country.code(text) == nil) }

    @Test("The table has every country once") func theTableHasEveryCountryOnce() {
        let lines = Country.table.split(separator: "\n").map(String.init)
        #expect(lines.count == 250)
        #expect(Set(lines.map { $0.prefix(2) }).count == 250)
        #expect(Set(lines.map { $0.dropFirst(3).prefix(3) }).count == 250)
        for line in lines {
            let code = String(line.prefix(2))
            let names = line.dropFirst(7).split(separator: ";").map(String.init)
            for form in [code, String(line.dropFirst(3).prefix(3))] + names {
                #expect(Country.code(form) == code, "\(form)")
            }
        }
    }

    @Test(
        "A placeholder date is not a time",
        arguments: [
            "0001-01-01T00:00:00Z", "1601-01-01T00:00:00Z", "1753-01-01T00:00:00Z", "1899-12-30T00:00:00Z",
            "1969-12-31T19:00:00Z", "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00+0000", "1970-01-01T12:00:00Z",
            "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.9999999Z", "4001-01-01T00:00:00Z", "never", "",
        ])
    func neverIsNoMoment(_ text: String) {
        #expect(Timestamp(inRecord: text) == nil)
        #expect((["at": .string(text)] as JSON).date("at") == nil)
    }

    @Test(
        "A real date is read as its time",
        arguments: [
            ("2026-04-15T12:30:00.000Z", 1_776_256_200), ("1999-12-31T23:59:59Z", 946_684_799),
            ("2038-01-19T03:14:07Z", 2_147_483_647),
        ])
    func momentsAreThemselves(_ text: String, _ seconds: Int) {
        #expect(Timestamp(inRecord: text)?.seconds == seconds)
        #expect(Timestamp(inRecord: seconds)?.seconds == seconds)
    }

    @Test("A placeholder number of seconds is not a time", arguments: [0, 1, -1, Int.min, Int.max, 253_402_300_799])
    func neverIsNoNumberOfSeconds(_ seconds: Int) { #expect(Timestamp(inRecord: seconds) == nil) }

    @Test(
        "A placeholder serial number is dropped",
        arguments: [
            "Defaultstring", "Default string", "SystemSerialNumber", "System Serial Number", "Unknown", "Not Specified",
            "N/A", "INVALID", "123456789", "0000000", "Chassis Serial Number", "To be filled by O.E.M.",
            "To Be Filled By O.E.M", " none ", "NONE", "", "0", "00000000000", "XXXXXXXX", "-", "........",
            "1234567890",
            "0123456789", "987654321", "SSN12345678901234567", "MB-1234567890", "Not Applicable", "NotAvailable",
            "null",
            "Type2 - Board Serial Number", "OEM", "1.0", "abc", "ABABABAB", "serial",
        ])
    func aPlaceholderIsNoSerialNumber(_ text: String) {
        #expect((["serial": .string(text)] as JSON).serialNumber("serial") == nil)
    }

    @Test(
        "A real serial number is kept without surrounding spaces",
        arguments: [
            ("C02X1234JGH5", "C02X1234JGH5"), (" 5CG1234XYZ ", "5CG1234XYZ"), ("\u{A0}PF3ABCDE", "PF3ABCDE"),
            ("VMware-56 4d 1a 2b", "VMware-56 4d 1a 2b"), ("7XK2", "7XK2"), ("1235813", "1235813"),
            ("C1234567", "C1234567"),
        ])
    func aSerialNumberStays(_ text: String, _ expected: String) {
        #expect((["serial": .string(text)] as JSON).serialNumber("serial") == expected)
    }

    @Test(
        "A provider's word for a state becomes one of our four states",
        arguments: [
            ("ACTIVE", AccountRecord.Status.active), ("PASSWORD_EXPIRED", .active), ("LOCKED_OUT", .active),
            ("PROVISIONED", .active), ("RECOVERY", .active), ("STAGED", .staged), ("pending", .staged),
            ("blocked_pending_approval", .staged), ("SUSPENDED", .suspended), ("inactive", .suspended),
            ("blocked", .suspended), ("banned", .suspended), ("DEPROVISIONED", .deprovisioned),
        ])
    func aWordForAStateIsOneOfFour(_ word: String, _ status: AccountRecord.Status) {
        #expect(AccountRecord.Status(word: word) == status)
        #expect(AccountRecord.Status(word: "made_up") == nil)
    }
}

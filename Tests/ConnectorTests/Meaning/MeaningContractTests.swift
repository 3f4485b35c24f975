import Base
import Foundation
import TestSupport
import Testing

@testable import Connectors

/// Every connector treats the same unusual value in the same way, wherever it occurs in the provider's answers.
@Suite struct MeaningContractTests {
    /// Returns the records that a connector pulls if every match of the patterns in the answers, except those to token
    /// requests, is replaced. Logs are not read, because their events are found by time; nor is AWS's root user.
    private func pulled(
        _ example: ConnectorCase, replacing replacements: [(pattern: String, text: String)]
    ) throws -> [SyncRecord] {
        let expressions = try replacements.map { (try NSRegularExpression(pattern: $0.pattern), $0.text) }
        let provider = try FakeProvider { request in
            guard var reply = example.org(request), !request.path.hasSuffix("token") else {
                return example.org(request)
            }
            func replaced(_ body: String) -> String {
                expressions.reduce(body) { body, change in
                    let all = NSRange(body.startIndex..., in: body)
                    return change.0.stringByReplacingMatches(in: body, range: all, withTemplate: change.1)
                }
            }
            var body = replaced(String(decoding: reply.body, as: UTF8.self))
            // AWS's credential report is in Base64.
            if let begin = body.range(of: "<Content>"), let end = body.range(of: "</Content>"),
                let report = Base64.standard.decode(body[begin.upperBound..<end.lowerBound])
            {
                let changed = Data(replaced(String(decoding: report, as: UTF8.self)).utf8).base64EncodedString()
                body.replaceSubrange(begin.upperBound..<end.lowerBound, with: changed)
            }
            reply.body = Array(body.utf8)
            return reply
        }
        let connector = try example.connect(provider)
        let logs = connector.collections.map(\.name).filter { name in
            ["events", "log", "sign-ins", "administration", "grants given", "downloads", "deletions", "bin"]
                .contains { name.hasSuffix($0) }
        }
        // The list `root` has only AWS's root user.
        let records = try pull(without: Set(logs + ["root"])) { connector }
        #expect(provider.unexpected.isEmpty)
        return records
    }

    /// Times are texts, and in some places numbers of seconds or milliseconds.
    @Test(
        "A placeholder time is never stored as a time", arguments: ConnectorCase.all,
        [("0001-01-01T00:00:00Z", "0"), ("1970-01-01T00:00:00Z", "1"), ("9999-12-31T23:59:59Z", "0")])
    func neverIsNoMomentAnywhere(_ example: ConnectorCase, _ never: (text: String, number: String)) throws {
        let date = "20[0-9]{2}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9:]+)?)?"
        let number = "(?<![0-9.])17[0-9]{8}([0-9]{3})?(?![0-9])"
        let usual = try pulled(example, replacing: [])
        let records = try pulled(example, replacing: [(date, never.text), (number, never.number)])
        #expect(Set(records.map(\.key.id)) == Set(usual.map(\.key.id)))
        #expect(records.flatMap(\.moments) == [])
    }

    /// Puts white space around addresses, and then a Kelvin sign, which only looks like a K, before them.
    @Test("Addresses are stored in their canonical form", arguments: ConnectorCase.all)
    func addressesHaveOneForm(_ example: ConnectorCase) throws {
        let plain = try pulled(example, replacing: []).flatMap(\.addresses)
        let pattern = #""([A-Za-z0-9.]+)@([A-Za-z]+\.[A-Za-z]+)""#
        let spaced = try pulled(example, replacing: [(pattern, "\" $1@$2\u{A0}\"")]).flatMap(\.addresses)
        for address in spaced { #expect(EmailAddress.canonical(address) == address) }
        #expect(Set(spaced) == Set(plain))
        let alike = try pulled(example, replacing: [(pattern, "\"\u{212A}$1@$2\"")]).flatMap(\.addresses)
        #expect(!alike.contains { $0.hasPrefix("k") && !plain.contains($0) }, "\(alike)")
    }

    @Test("Countries are stored as codes", arguments: ConnectorCase.all)
    func countriesAreCodes(_ example: ConnectorCase) throws {
        let provider = try FakeProvider(example.org)
        let connector = try example.connect(provider)
        for case .auditEvent(let event) in try pull({ connector }) {
            if let country = event.details["country"] {
                #expect(country.string.map(Country.code) == .some(country.string), "\(country)")
            }
        }
    }

    /// Some providers give a country's name instead of its code.
    @Test("A country's name in an event becomes its code", arguments: ConnectorCase.all)
    func namesOfCountriesBecomeCodes(_ example: ConnectorCase) throws {
        func countries(_ org: @escaping ConnectorCase.Script) throws -> [JSON] {
            let provider = try FakeProvider(org)
            let connector = try example.connect(provider)
            return try pull { connector }.compactMap { record in
                if case .auditEvent(let event) = record { event.details["country"] } else { nil }
            }
        }
        let usual = try countries(example.org)
        let named = try countries { request in
            guard var reply = example.org(request) else { return nil }
            let text = String(decoding: reply.body, as: UTF8.self)
            reply.body = Array(
                text.replacing(/("(?:country|country_code|countryOrRegion|regionCode)":)"[^"]*"/) {
                    $0.output.1 + #""Netherlands""#
                }.utf8)
            return reply
        }
        #expect(named == usual.map { _ in "NL" })
    }

    @Test("A placeholder serial number is not stored", arguments: ConnectorCase.all)
    func placeholdersAreNoSerialNumbers(_ example: ConnectorCase) throws {
        let records = try pulled(
            example,
            replacing: [(#""(serialNumber|serial_number)":"[^"]*""#, #""$1":"To be filled by O.E.M.""#)])
        for case .device(let device) in records { #expect(device.serialNumber == nil) }
    }
}

extension SyncRecord {
    /// The record's times.
    fileprivate var moments: [Timestamp] {
        let moments: [Timestamp?] =
            switch self {
            case .account(let record):
                [
                    record.lastLoginAt, record.createdAt, record.deprovisionedAt, record.employment?.hiredAt,
                    record.employment?.terminatedAt,
                ]
            case .entitlement(let record): [record.grantedAt, record.lastUsedAt]
            case .oauthGrant(let record): [record.grantedAt, record.lastUsedAt]
            case .accessKey(let record): [record.createdAt, record.lastUsedAt, record.expiresAt]
            case .device(let record): [record.lastSeenAt]
            case .application, .auditEvent: []
            }
        return moments.compactMap { $0 }
    }

    fileprivate var addresses: [String] {
        switch self {
        case .account(let record):
            [record.email, record.unverifiedEmail, record.managerEmail].compactMap { $0 } + record.linkedEmails
        case .device(let record): [record.ownerEmail].compactMap { $0 }
        case .auditEvent(let record): [record.actorEmail].compactMap { $0 }
        case .application, .entitlement, .oauthGrant, .accessKey: []
        }
    }
}

import Base
import TestSupport

@testable import Connectors

/// The effect of a sync in which a provider gives other answers than in the sync before.
struct Absence {
    typealias Answer = @Sendable (FakeProvider.Request, FakeProvider.Reply) -> FakeProvider.Reply?

    /// The records of the previous sync that this one would mark as gone, as `account/u1`.
    let gone: Set<String>
    /// The records that this sync pulled.
    let records: [SyncRecord]
    /// The names of the lists, and parts of lists, that could not be read.
    let leftOut: Set<String>
    /// The requests that the provider received.
    let requests: [FakeProvider.Request]

    var accounts: [String: AccountRecord] { records.accounts }

    /// Syncs an org twice: first with its usual answers, then with the answers that `answer` returns. If `answer`
    /// returns nil, the usual answer stays.
    init(_ example: ConnectorCase, _ answer: @escaping Answer) throws {
        try self.init(example, after: Self.records(of: example), answer)
    }

    /// Syncs an org with the answers of `answer` after an earlier sync that pulled the records `before`.
    init(_ example: ConnectorCase, after before: [SyncRecord], _ answer: @escaping Answer) throws {
        let provider = try FakeProvider { request in example.org(request).map { answer(request, $0) ?? $0 } }
        let now = try withExtendedLifetime(provider) {
            try Pulled(example.connect(provider, firstPause: 0.001))
        }
        let seen = now.records.byKey
        gone = Set(before.byKey.filter { seen[$0.key] == nil && now.proves($0.value, before) }.keys)
        records = now.records
        leftOut = Set(now.leftOut)
        requests = provider.requests
    }

    /// Returns the records that a sync of an org pulls.
    static func records(of example: ConnectorCase) throws -> [SyncRecord] {
        let org = try FakeProvider(example.org)
        return try withExtendedLifetime(org) { try Pulled(example.connect(org)).records }
    }
}

/// The results of a connector as a sync takes them: an optional list that fails because of one request is left out.
private struct Pulled {
    var records: [SyncRecord] = []
    var leftOut: [String] = []
    private var kept: Set<Kept> = []

    init(_ connector: any Connector) throws {
        for list in connector.collections {
            do {
                var cursor: JSON?
                var pages = PageGuard()
                repeat {
                    let page = try list.page(cursor)
                    if page.beginsAgain || page.beginsPart {
                        pages = PageGuard()
                    } else {
                        try pages.pass(
                            page.records.map { .string($0.externalID) }, next: page.next,
                            bringsNew: page.entries.count > 0)
                    }
                    records += page.records
                    kept.formUnion(page.entries.kept)
                    leftOut += page.entries.leftOut.map(\.name)
                    cursor = page.next
                } while cursor != nil
            } catch let error as ConnectorError where list.need == .optional && error.isAboutOneRequest {
                leftOut.append(list.name)
                kept.formUnion(list.kept)
            }
        }
    }

    /// Returns true if a record of the previous sync that was not pulled this time counts as gone.
    func proves(_ record: SyncRecord, _ before: [SyncRecord]) -> Bool {
        let kind = record.kind
        guard kind != .auditEvent, !kept.contains(.all(kind)) else { return false }
        for case .beginning(kind, let prefix) in kept where record.externalID.hasPrefix(prefix) { return false }
        var protections: [Kept] = [.record(kind, id: record.externalID)]
        for account in record.holders(in: before) {
            protections += [.ofAccount(kind, account: account)]
            if kind != .application { protections += [.record(.account, id: account)] }
        }
        if let application = record.application {
            protections += [
                .record(.application, id: application), .ofApplication(kind, application: application),
            ]
        }
        return kept.isDisjoint(with: protections)
    }
}

extension SyncRecord {
    /// The record's kind.
    var kind: Kind {
        switch self {
        case .account: .account
        case .application: .application
        case .entitlement: .entitlement
        case .oauthGrant: .oauthGrant
        case .accessKey: .accessKey
        case .device: .device
        case .auditEvent: .auditEvent
        }
    }

    /// The external id of the application that an entitlement or a grant belongs to; nil for other records.
    fileprivate var application: String? {
        switch self {
        case .entitlement(let entitlement): entitlement.applicationExternalID
        case .oauthGrant(let grant): grant.applicationExternalID
        default: nil
        }
    }

    /// The external ids of the accounts that the record belongs to; for an application, of the accounts that authorised
    /// it.
    fileprivate func holders(in records: [SyncRecord]) -> [String] {
        switch self {
        case .entitlement(let entitlement): [entitlement.accountExternalID]
        case .oauthGrant(let grant): [grant.accountExternalID]
        case .accessKey(let key): key.accountExternalID.map { [$0] } ?? []
        case .application(let application):
            records.compactMap { record in
                if case .oauthGrant(let grant) = record, grant.applicationExternalID == application.externalID {
                    grant.accountExternalID
                } else {
                    nil
                }
            }
        case .account, .device, .auditEvent: []
        }
    }
}

extension FakeProvider.Reply {
    /// Returns the reply with changed entries in its list, which is the body's member `member`, or the body itself if
    /// `member` is nil.
    func entries(_ member: String?, _ change: ([JSON]) -> [JSON]) -> Self {
        guard let body = try? JSON(parsing: body) else { return self }
        guard let member else { return .json(.array(change(body.array ?? [])), headers: headers) }
        return with(member, .array(change(body[member]?.array ?? [])))
    }

    /// Returns the reply with a changed member in its body; nil removes the member.
    func with(_ member: String, _ value: JSON?) -> Self {
        guard var members = (try? JSON(parsing: body))?.object else { return self }
        members[member] = value
        return .json(.object(members), headers: headers)
    }
}

extension JSON {
    /// Returns the object with changed members; null removes one.
    func with(_ changes: [String: JSON]) -> JSON {
        guard let members = object else { return self }
        return .object(members.merging(changes) { $1 }.filter { $0.value != .null || changes[$0.key] == nil })
    }
}

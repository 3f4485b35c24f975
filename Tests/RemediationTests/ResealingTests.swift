import Base
import Store
import TestSupport
import Testing

@_spi(System) @testable import Actions
@_spi(System) @testable import Auth
@_spi(System) @testable import Integrations
@testable import Remediation

/// The rotation of the keys that seal credentials and secret parameters of actions.
@Suite(.usesStore) struct ResealingTests {
    private let scene: Scene
    private let action = Identifier.random()
    private static let pin = Array("731946".utf8)

    init() throws {
        scene = try Scene()
        let sealed = try Self.seal("k1").seal(
            Self.pin, boundTo: StoredParameters.binding(action, "pin", in: try scene.workspace()))
        try scene.store.database.execute(
            """
            INSERT INTO remediation_actions (workspace_id, id, action_type, target_platform, target_entity_id, status,
                requested_by, extra_params, created_at, updated_at)
            VALUES ($1, $2, 'lock_device', 'jamf_pro', 'x1', 'pending_approval', 'somebody', $3, $4, $4)
            """, scene.store.own.id, action,
            ["pin": ["sealed": .string(Base64.standard.encode(sealed))], "note": "plain"] as JSON, TestStore.now)
    }

    /// Returns a seal that has keys with these ids and seals with the first. The key k1 is that of `Scene`.
    private static func seal(_ ids: String...) throws -> CredentialSeal {
        let keys = ids.map { id in
            let bytes = id == "k1" ? Array(0..<32) : [UInt8](repeating: UInt8(clamping: id.utf8.count), count: 32)
            return "\(id):\(Base64.standard.encode(bytes))"
        }
        return try CredentialSeal(Environment(["CREDENTIALS_KEY": keys.joined(separator: ",")]))
    }

    private func workspace() throws -> Workspace {
        let access = SystemAccess(scene.store.database)
        return try #require(try access.workspace(scene.store.own.id, for: .administrator(name: "ada")))
    }

    private func credentials() throws -> [UInt8] {
        try #require(
            try scene.store.database.first("SELECT credentials FROM integrations WHERE id = $1", scene.directory) {
                try $0[0] as [UInt8]
            })
    }

    private func parameters() throws -> JSON {
        try #require(
            try scene.store.database.first("SELECT extra_params FROM remediation_actions WHERE id = $1", action) {
                try $0[0] as JSON
            })
    }

    private func entries() throws -> Int {
        try AuditLog(scene.store.database, workspaceID: scene.store.own.id).verify()
    }

    @Test("After everything is sealed with the new key, the old one is no longer needed")
    func rotation() throws {
        let before = try entries()
        let both = try Self.seal("second", "k1")
        #expect(try workspace().reseal(with: both) == Resealing(resealed: 3, current: 0, unopened: []))
        #expect(try entries() == before + 1)
        let new = try Self.seal("second")
        let key = IntegrationKey(
            workspaceID: scene.store.own.id, integrationID: scene.directory, platform: .jumpCloud)
        #expect(try new.open(credentials(), for: key) != nil)
        #expect(try Self.seal("k1").open(credentials(), for: key) == nil)
        let pin = try #require(try parameters()["pin"]?["sealed"]?.string.flatMap { Base64.standard.decode($0) })
        let binding = StoredParameters.binding(action, "pin", in: try workspace())
        #expect(new.open(pin, boundTo: binding) == Self.pin)
        #expect(try parameters()["note"] == "plain")
        // The next run finds nothing to do, and writes nothing.
        #expect(try workspace().reseal(with: new) == Resealing(resealed: 0, current: 3, unopened: []))
        #expect(try entries() == before + 1)
    }

    /// The first key has the id of the key that sealed the data.
    @Test("Data that a key with the same id but other bytes does not open is named, not counted as current")
    func sameID() throws {
        let before = try credentials()
        let other = "k1:" + Base64.standard.encode([UInt8](repeating: 9, count: 32))
        let found = try workspace().reseal(with: CredentialSeal(Environment(["CREDENTIALS_KEY": other])))
        #expect(found.resealed == 0 && found.current == 0)
        #expect(
            Set(found.unopened)
                == ["integration \(scene.directory)", "integration \(scene.tracker)", "action \(action)"])
        #expect(try credentials() == before)
    }

    @Test("Damaged data is named even if it was sealed with the first key") func damaged() throws {
        var sealed = try credentials()
        sealed[sealed.count - 1] ^= 1
        try scene.store.database.execute(
            "UPDATE integrations SET credentials = $2 WHERE id = $1", scene.directory, sealed)
        try scene.store.database.execute(
            "UPDATE remediation_actions SET extra_params = $2 WHERE id = $1", action,
            ["pin": ["sealed": "no Base64!"]] as JSON)
        let found = try workspace().reseal(with: Self.seal("k1"))
        #expect(found.current == 1 && found.resealed == 0)
        #expect(Set(found.unopened) == ["integration \(scene.directory)", "action \(action)"])
    }

    @Test("Data that no key opens is named and left unchanged")
    func unknownKey() throws {
        let before = try credentials()
        let found = try workspace().reseal(with: Self.seal("second", "third3"))
        #expect(found.resealed == 0 && found.current == 0)
        #expect(
            Set(found.unopened)
                == ["integration \(scene.directory)", "integration \(scene.tracker)", "action \(action)"])
        #expect(try credentials() == before)
    }
}

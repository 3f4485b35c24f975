import Base
import Crypto

/// Makes and reads the cursors of a workspace's truncated exports. A cursor is a position from which only the same
/// workspace can continue. It is authenticated (HMAC-SHA256), so that an altered one is refused.
struct Cursor {
    private let key: Secret
    private let workspaceID: Identifier

    /// Prepares for cursors of this workspace that are authenticated with `key`.
    init(key: Secret, workspaceID: Identifier) {
        self.key = key
        self.workspaceID = workspaceID
    }

    /// Returns the cursor of a position, in characters that need no escaping in URLs and header fields.
    func encode(_ position: Position) -> String {
        let text = Array("\(position.entity.rawValue):\(position.key)".utf8)
        return Base64.urlSafe.encode(hmacSHA256(content(text), key: key) + text)
    }

    /// Returns the position of a cursor.
    /// - Throws: `ExportError` if `encode` did not create it for this workspace.
    func decode(_ text: String) throws(ExportError) -> Position {
        guard let bytes = Base64.urlSafe.decode(text), bytes.count > 32,
            isHMACSHA256(Array(bytes.prefix(32)), of: content(Array(bytes.dropFirst(32))), key: key)
        else { throw .invalidCursor }
        guard let (name, key) = String(decoding: bytes.dropFirst(32), as: UTF8.self).cut(at: ":"),
            let entity = Entity(rawValue: String(name))
        else { throw .invalidCursor }
        return Position(entity: entity, key: String(key))
    }

    private func content(_ position: [UInt8]) -> [UInt8] {
        Array("workspace export of \(workspaceID) from ".utf8) + position
    }
}

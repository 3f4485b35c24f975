public import Auth
public import Base

/// The parameters of an action as they are stored. A secret, such as the PIN that unlocks a Mac, is stored as
/// `{"sealed": BASE64}` until the action ends, and as `{"sealed": null}` afterwards. No other parameter is an object.
public enum StoredParameters {
    /// The value that replaces a secret after the action has ended.
    public static let erased: JSON = ["sealed": .null]

    /// The name of the PIN, the only secret that was stored as text before secrets were encrypted.
    private static let pin = "pin"

    /// Returns the parameters with each secret replaced by `replacement`.
    public static func withoutSecrets(
        _ parameters: [String: JSON], replacement: JSON = erased
    ) -> [String: JSON] {
        var kept = parameters
        for (name, value) in parameters where value.object != nil || name == pin { kept[name] = replacement }
        return kept
    }

    /// Returns the bytes to which a secret parameter of an action is bound when it is sealed. With other bytes, the
    /// secret can't be opened.
    public static func binding(_ id: Identifier, _ name: String, in workspace: Workspace) -> [UInt8] {
        Array("action parameter/\(workspace.id)/\(id)/\(name)".utf8)
    }
}

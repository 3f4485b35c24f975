import Base

/// The parameters of an action as they are stored. Secret ones, such as the PIN that unlocks a Mac, stand there as
/// `{"sealed": BASE64}` until the action ends, and as `{"sealed": null}` afterwards. No other parameter is an object.
public enum StoredParameters {
    /// Stands for a secret of an action that has ended.
    public static let erased: JSON = ["sealed": .null]

    /// The only secret that there was before secrets were sealed: the PIN, which was stored as a text.
    private static let pin = "pin"

    /// The parameters of an action, each secret replaced by `replacement`.
    public static func withoutSecrets(
        _ parameters: [String: JSON], replacement: JSON = erased
    ) -> [String: JSON] {
        var kept = parameters
        for (name, value) in parameters where value.object != nil || name == pin { kept[name] = replacement }
        return kept
    }
}

/// What a finding is about.
public enum EntityType: String, Sendable {
    case identity, application, device, integration, workspace
}

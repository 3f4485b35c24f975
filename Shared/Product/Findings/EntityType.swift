/// The kinds of entities that findings are about.
public enum EntityType: String, CaseIterable, Sendable {
    case identity, application, device, integration, workspace
}

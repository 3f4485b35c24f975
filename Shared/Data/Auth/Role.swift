public import Store

/// The role of a member in a workspace, which decides the member's permissions (`Permission.roles`). Lists of members
/// have this order.
public enum Role: String, SQLEnum, CaseIterable, Sendable {
    case superAdmin = "super_admin"
    case admin
    case securityAnalyst = "security_analyst"
    case agent
    case auditor
    case viewer
}

/// One kind of operation that a role may allow.
public enum Permission: CaseIterable, Sendable {
    /// Seeing the dashboard, findings and assets, and using the AI chat.
    case view
    case analyze
    case initiateRemediation
    case approveRemediation
    case manageAppPolicies
    case manageIntegrations
    case manageTeam
    case manageWorkspace
    case manageAPIKeys
    case manageBilling
    case exportWorkspace
    case viewAuditLog

    /// The roles that include this permission.
    public var roles: Set<Role> {
        switch self {
        case .view: Set(Role.allCases)
        case .analyze, .initiateRemediation: [.superAdmin, .admin, .securityAnalyst, .agent]
        case .approveRemediation, .manageAppPolicies: [.superAdmin, .admin, .securityAnalyst]
        case .manageIntegrations, .manageTeam, .manageWorkspace, .manageAPIKeys, .manageBilling, .exportWorkspace:
            [.superAdmin, .admin]
        case .viewAuditLog: [.superAdmin, .admin, .securityAnalyst, .agent, .auditor]
        }
    }
}

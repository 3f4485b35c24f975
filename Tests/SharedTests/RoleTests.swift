import Auth
import Testing

@Suite struct RoleTests {
    /// The permission table of the product, row by row; the columns are the roles, strongest first.
    @Test(
        arguments: [
            (.view, "●●●●●●"), (.analyze, "●●●●··"), (.initiateRemediation, "●●●●··"), (.approveRemediation, "●●●···"),
            (.manageAppPolicies, "●●●···"), (.manageIntegrations, "●●····"), (.manageTeam, "●●····"),
            (.manageWorkspace, "●●····"), (.manageAPIKeys, "●●····"), (.manageBilling, "●●····"),
            (.exportWorkspace, "●●····"), (.viewAuditLog, "●●●●●·"),
        ] as [(Permission, String)])
    func permissionsAreTheTables(_ permission: Permission, _ row: String) {
        let roles: [Role] = [.superAdmin, .admin, .securityAnalyst, .agent, .auditor, .viewer]
        #expect(permission.roles == Set(zip(roles, row).filter { $1 == "●" }.map(\.0)))
    }

    @Test func theTableIsWhole() {
        #expect(Permission.allCases.count == 12)
        #expect(
            Role.allCases.map(\.rawValue)
                == ["super_admin", "admin", "security_analyst", "agent", "auditor", "viewer"])
    }

    @Test func writeIncludesRead() {
        #expect(Scope.write >= .read && Scope.write >= .write && Scope.read >= .read && !(Scope.read >= .write))
    }
}

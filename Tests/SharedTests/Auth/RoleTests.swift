import Auth
import Testing

@Suite struct RoleTests {
    /// The product's permission table, row by row; the columns are the roles, strongest first.
    @Test(
        "Each permission belongs to the roles of the product's table",
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

    @Test("The table contains every permission and every role") func theTableIsWhole() {
        #expect(Permission.allCases.count == 12)
        #expect(
            Role.allCases.map(\.rawValue)
                == ["super_admin", "admin", "security_analyst", "agent", "auditor", "viewer"])
    }

    @Test("The write scope includes the read scope") func writeIncludesRead() {
        #expect(Scope.write >= .read && Scope.write >= .write && Scope.read >= .read && !(Scope.read >= .write))
    }
}

public import Base

/// The reason why a change that an operator asked for is refused.
public struct AdministrationError: DomainError, Equatable {
    public let kind: ErrorKind
    public let code: String
    public let sentence: String

    private init(_ kind: ErrorKind, _ name: String, _ sentence: String) {
        self.kind = kind
        code = "administration." + name
        self.sentence = sentence
    }

    static func invalidSetting(_ sentence: String) -> AdministrationError {
        AdministrationError(.invalid, "setting_invalid", sentence)
    }

    static let invalidName = AdministrationError(
        .invalid, "name_invalid", "A workspace's name has 1 to 200 characters, on one line and all visible.")

    static func alreadyMember(_ member: WorkspaceMember) -> AdministrationError {
        AdministrationError(
            .conflict, "already_member",
            "User \(member.userID) is already a member, with the role \(member.role.rawValue). "
                + "Change the role with local-runner member role.")
    }

    static func notMember(_ userID: Identifier) -> AdministrationError {
        AdministrationError(
            .notFound, "not_member",
            "User \(userID) is not a member of this workspace. local-runner member list shows the members.")
    }

    static func lastAdmin(_ userID: Identifier) -> AdministrationError {
        AdministrationError(
            .conflict, "last_admin",
            "User \(userID) is the last admin of the workspace. Give another member the role admin first, "
                + "or add --leave-no-admin.")
    }

    static let syncUnderWay = AdministrationError(
        .conflict, "sync_under_way",
        "A sync of the workspace is being applied, so nothing was deleted. Try again in a minute.")
}

import Base
import HTTP

/// Situations of GitHub, GitLab and AWS.
extension Situation {
    static let code = [
        // GitHub stores no second factors of managed users, whose logins end with the company's short code.
        Situation("Enterprise Managed Users", on: "microsoft_entra", "github") { _ in
            [
                "github members": (0..<12).map { number in
                    [
                        "hasTwoFactorEnabled": false, "role": number == 1 || number == 2 ? "ADMIN" : "MEMBER",
                        "node": [
                            "databaseId": .integer(1_000 + number), "login": .string("dev\(number)_company"),
                            "organizationVerifiedDomainEmails": [],
                        ],
                    ]
                },
                "github names": (0..<12).map { number in
                    [
                        "samlIdentity": ["nameId": email(number)], "scimIdentity": ["username": email(number)],
                        "user": ["login": .string("dev\(number)_company")],
                    ]
                },
            ]
        },
        // Bots update dependencies, run workflows and release versions, some of them without an id in the log.
        Situation("bots in GitHub's log", on: "okta", "github") { _ in
            [
                "github log": (0..<60).flatMap { number -> [JSON] in
                    let bots = ["dependabot[bot]", "github-actions[bot]", "renovate[bot]"]
                    func entry(_ action: String, _ offset: Int, _ id: JSON) -> JSON {
                        [
                            "_document_id": .string("\(action) \(number)"), "action": .string(action),
                            "@timestamp": .integer((Self.now - .days(2) + number * 30 + offset).seconds * 1_000),
                            "actor": .string(bots[number % 3]), "actor_id": id, "repo": "company/web", "org": "company",
                        ]
                    }
                    return [
                        entry("pull_request.create", 0, .integer(49_699_333)),
                        entry("workflows.completed_workflow_run", 5, .null),
                        entry("pull_request.merge", 9, .null),
                    ]
                }
            ]
        },
        // A workflow replaces its token every 30 days, and the former ones have expired.
        Situation("tokens that have expired", on: "okta", "github") { _ in
            [
                "github credentials": (0..<5).map { number in
                    [
                        "login": "dev3", "credential_id": .integer(9_000 + number),
                        "credential_type": "personal access token",
                        "credential_authorized_at": ago(.days(10 + number * 30)),
                        "credential_accessed_at": ago(number == 0 ? .hours(2) : .days(number * 30 - 18)),
                        "authorized_credential_title": .string("release \(number)"), "scopes": ["repo"],
                        "authorized_credential_expires_at": ago(.days(number * 30 - 20)),
                    ]
                }
            ]
        },
        // No key can change an archived repository, even if it has write access.
        Situation("archived repository with a deploy key", on: "okta", "github") { _ in
            [
                "github repositories": [
                    [
                        "name": "old-site", "isArchived": true,
                        "deployKeys": [
                            "pageInfo": ["hasNextPage": false, "endCursor": "e"],
                            "nodes": [
                                [
                                    "id": "DK_1", "title": "deploy", "readOnly": false,
                                    "createdAt": "2021-01-02T03:04:05Z",
                                ]
                            ],
                        ],
                    ]
                ]
            ]
        },
        // Access tokens of projects and groups have bot users.
        Situation("bots of access tokens", on: "okta", "gitlab") { _ in
            [
                "gitlab projects": [["id": 12, "path": "web"]],
                "gitlab project members": ["project_12_bot_4ffca233d8298ea1", "project_12_bot3"].enumerated().map {
                    [
                        "id": .integer(500 + $0), "username": .string($1), "name": "deploy", "state": "active",
                        "access_level": 40,
                    ]
                },
                "gitlab members": [
                    [
                        "id": 510, "username": "group_7_bot_79a4b21c6d5e8f90", "name": "reader", "state": "active",
                        "access_level": 30,
                    ]
                ],
            ]
        },
        // Service accounts of the group and of the server, with the names that GitLab makes.
        Situation("service accounts of GitLab", on: "okta", "gitlab") { _ in
            let names = [
                "service_account_group_7_6018816a18e515214e0c34c2b33523fc",
                "service_account_6018816a18e515214e0c34c2b33523fc",
                "service_account_project_12_0a1b2c3d4e5f60718293a4b5c6d7e8f9",
            ]
            return [
                "gitlab members": names.enumerated().map { index, name in
                    [
                        "id": .integer(600 + index), "username": .string(name), "name": "Service account user",
                        "state": "active", "access_level": 30,
                    ]
                },
                "gitlab users": names.enumerated().map { index, name in
                    [
                        "id": .integer(600 + index), "username": .string(name), "name": "Service account user",
                        "state": "active",
                        "email": .string("\(name)@noreply.gitlab.example"), "confirmed_at": ago(.days(400)),
                        "created_at": ago(.days(400)), "two_factor_enabled": false, "external": false,
                        "last_activity_on": .null,
                    ]
                },
            ]
        },
        // A pipeline replaces its token each night.
        Situation("token replaced each night", on: "okta", "gitlab") { now in
            [
                "gitlab tokens": [
                    [
                        "id": .integer(now.seconds / 86_400), "user_id": 500, "name": "nightly", "scopes": ["api"],
                        "active": true,
                        "revoked": false, "created_at": .string((now - .hours(9)).description),
                        "last_used_at": .string((now - .hours(1)).description),
                        "expires_at": .string(String((now + .days(2)).description.prefix(10))),
                    ]
                ],
                "gitlab members": [
                    [
                        "id": 500, "username": "group_7_bot_79a4b21c", "name": "nightly", "state": "active",
                        "access_level": 30,
                    ]
                ],
            ]
        },
        // People come by SAML, some with minimal access. They have no second factor at GitLab, which leaves that to the
        // identity provider.
        Situation("GitLab with single sign-on", on: "okta", "gitlab") { _ in
            [
                "okta applications": [
                    ["id": "appg", "label": "GitLab", "status": "ACTIVE", "signOnMode": "SAML_2_0"]
                ],
                "gitlab members": [3, 5].map {
                    [
                        "id": .integer(100 + $0), "access_level": 5,
                        "group_saml_identity": ["extern_uid": email($0), "provider": "group_saml"],
                    ]
                },
                "gitlab users": [1, 2, 3, 5].map {
                    [
                        "id": .integer(100 + $0), "two_factor_enabled": false, "last_activity_on": .null,
                        "group_saml_identity": ["extern_uid": email($0)],
                    ]
                },
            ]
        },
    ]

    static let clouds = [
        // Roles of IAM Identity Center, of Control Tower and of AWS services.
        Situation("roles that AWS makes", on: "okta", "aws") { _ in
            [
                "aws roles": [
                    role(
                        "AWSReservedSSO_AdministratorAccess_0123456789abcdef", path: "/aws-reserved/sso.amazonaws.com/",
                        administrator: true,
                        trust:
                            #"{"Federated":"arn:aws:iam::111122223333:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE"}"#,
                        action: "sts:AssumeRoleWithSAML",
                        condition: #"{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}"#),
                    role(
                        "AWSServiceRoleForSupport", path: "/aws-service-role/support.amazonaws.com/",
                        trust: #"{"Service":"support.amazonaws.com"}"#),
                    role(
                        "AWSControlTowerExecution", administrator: true,
                        trust: #"{"AWS":"arn:aws:iam::210987654321:root"}"#),
                    role(
                        "stacksets-exec-0a1b2c3d", administrator: true,
                        trust:
                            #"{"AWS":"arn:aws:iam::210987654321:role/aws-service-role/stacksets.cloudformation.amazonaws.com/AWSServiceRoleForCloudFormationStackSetsOrgAdmin"}"#
                    ),
                ]
            ]
        },
        // Programs without keys: workflows of GitHub, pods of Kubernetes, and a server with a certificate.
        Situation("roles of workloads", on: "okta", "aws") { _ in
            [
                "aws roles": [
                    role(
                        "web-release", administrator: true,
                        trust:
                            #"{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#,
                        action: "sts:AssumeRoleWithWebIdentity",
                        condition:
                            #"{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:company/web:ref:refs/heads/main"}}"#
                    ),
                    role(
                        "cluster-autoscaler",
                        trust:
                            #"{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"}"#,
                        action: "sts:AssumeRoleWithWebIdentity",
                        condition:
                            #"{"StringEquals":{"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub":"system:serviceaccount:kube-system:autoscaler"}}"#
                    ),
                    role("pods", trust: #"{"Service":"pods.eks.amazonaws.com"}"#),
                    role("on-premises", trust: #"{"Service":"rolesanywhere.amazonaws.com"}"#),
                ]
            ]
        },
        // A vendor reads the account with an external ID; all accounts of the organization may read logs.
        Situation("role of a vendor", on: "okta", "aws") { _ in
            [
                "aws roles": [
                    role(
                        "DatadogIntegrationRole", trust: #"{"AWS":"arn:aws:iam::464622532012:root"}"#,
                        condition: #"{"StringEquals":{"sts:ExternalId":"0a1b2c3d"}}"#),
                    role(
                        "log-reader", trust: #"{"AWS":"*"}"#,
                        condition: #"{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#),
                    // The principal of a deleted user becomes its unique id.
                    role("old-trust", trust: #"{"AWS":["AIDAIOSFODNN7EXAMPLE","arn:aws:iam::111122223333:root"]}"#),
                ]
            ]
        },
        // The organization has removed the root users' passwords of its member accounts.
        Situation("root user without credentials", on: "okta", "aws") { _ in ["aws root without credentials": [true]] },
        // A stack set and Terraform change roles all day, and a person prepares an account for the CDK.
        Situation("infrastructure as code", on: "okta", "aws") { _ in
            [
                "aws log": (0..<80).map { number in
                    event(
                        ["AttachRolePolicy", "PutRolePolicy", "CreateRole", "DeleteRole"][number % 4],
                        Self.now - .days(2) + number * 45, number, role: "terraform",
                        ["policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"])
                } + [
                    event(
                        "AttachRolePolicy", Self.now - .days(1), 100,
                        role: "AWSReservedSSO_AdministratorAccess_0123456789abcdef", session: email(3),
                        [
                            "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
                            "roleName": "cdk-hnb659fds-cfn-exec-role-111122223333-eu-west-1",
                        ])
                ]
            ]
        },
    ]

    private static func role(
        _ name: String, path: String = "/", administrator: Bool = false, trust: String,
        action: String = "sts:AssumeRole",
        condition: String? = nil
    ) -> JSON {
        let condition = condition.map { #","Condition":\#($0)"# } ?? ""
        let policy =
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":\#(trust),"Action":"\#(action)"\#(condition)}]}"#
        let attached =
            administrator
            ? "<member><PolicyName>AdministratorAccess</PolicyName><PolicyArn>arn:aws:iam::aws:policy/AdministratorAccess</PolicyArn></member>"
            : ""
        return .string(
            """
            <RoleName>\(name)</RoleName><RoleId>AROA\(name.prefix(16))</RoleId>\
            <Arn>arn:aws:iam::111122223333:role\(path)\(name)</Arn><Path>\(path)</Path>\
            <CreateDate>2024-01-02T03:04:05Z</CreateDate>\
            <AttachedManagedPolicies>\(attached)</AttachedManagedPolicies>\
            <AssumeRolePolicyDocument>\(PercentEncoding.encode(policy))</AssumeRolePolicyDocument>
            """)
    }

    private static func event(
        _ name: String, _ moment: Timestamp, _ number: Int, role: String, session: JSON = "run", _ parameters: JSON
    ) -> JSON {
        let event: JSON = [
            "userIdentity": [
                "type": "AssumedRole", "principalId": .string("AROA\(role.prefix(16)):\(session.string ?? "")"),
                "sessionContext": [
                    "sessionIssuer": ["userName": .string(role), "principalId": .string("AROA\(role.prefix(16))")]
                ],
            ],
            "sourceIPAddress": "192.0.2.10", "requestParameters": parameters,
        ]
        return [
            "EventId": .string("\(name) \(number)"), "EventName": .string(name), "EventTime": .integer(moment.seconds),
            "Username": session, "Resources": [["ResourceName": "role"]],
            "CloudTrailEvent": .string(String(decoding: JSONWriter.bytes(event), as: UTF8.self)),
        ]
    }
}

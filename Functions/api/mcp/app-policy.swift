import Base
import Findings
import Function
import HTTP

/// GET /api/mcp/app-policy: what the workspace has decided about an application.
@main struct AppPolicyFunction: Function {
    static let onRequestGet = Handler(
        .apiKey(.read),
        .required("app_name", .string(1...200), "The application's name, in either case.")
    ) { context, appName in
        .json(try context.workspace.appPolicy(appName: appName))
    }
}

import Base
import Findings
import Function
import HTTP

/// /api/mcp/app-policy: what the workspace has decided about an application. GET tells it, POST decides.
@main struct AppPolicyFunction: Function {
    static let onRequestGet = Handler(
        .apiKey(.read),
        .required("app_name", .string(1...200), "The application's name, in either case.")
    ) { context, appName in
        .json(try context.workspace.appPolicy(appName: appName))
    }

    static let onRequestPost = Handler(
        .apiKey(.write),
        .required("app_name", .string(1...200), "The application's name, in either case."),
        .required("status", .oneOf(AppPolicy.Status.self), "The decision; none takes it back.")
    ) { context, appName, status in
        .json(try context.workspace.setAppPolicy(status, appName: appName))
    }
}

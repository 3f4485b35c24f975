import Base
import Findings
import Function
import HTTP

/// /api/mcp/app-policy: the workspace's decision about an application. GET returns it, POST changes it.
@main struct AppPolicyFunction: Function {
    static let onRequestGet = Handler(
        .apiKey(.read),
        .required("app_name", .string(1...200), "The application's name; case is ignored.")
    ) { context, appName in
        .json(try context.workspace.appPolicy(appName: appName))
    }

    static let onRequestPost = Handler(
        .apiKey(.write),
        .required("app_name", .string(1...200), "The application's name; case is ignored."),
        .required("status", .oneOf(AppPolicy.Status.self), "The decision. The value none removes it.")
    ) { context, appName, status in
        .json(try context.workspace.setAppPolicy(status, appName: appName))
    }
}

import Auth
import Base
import TestSupport

@testable import api_export_workspace

extension TestStore {
    /// Calls POST /api/export-workspace as an admin of a workspace, the own one by default. A response has at most
    /// `limit` rows.
    func exportWorkspace(
        _ format: String, in workspace: TestWorkspace? = nil, limit: Int? = nil, cursor: String? = nil,
        _ more: [String: JSON] = [:]
    ) -> Reply {
        let workspace = workspace ?? own
        var body = more
        body["workspaceId"] = .string(workspace.id.description)
        body["format"] = .string(format)
        body["cursor"] = cursor.map(JSON.string)
        return send(
            Call("POST", body: .object(body)).session(workspace.token()), to: ExportWorkspace.self,
            variables: limit.map { ["EXPORT_MAX_ROWS": String($0)] } ?? [:])
    }

    /// Requests the pages of an export one after the other, at most 100.
    func pages(_ format: String, limit: Int, _ more: [String: JSON] = [:]) -> [Reply] {
        var pages: [Reply] = []
        var cursor: String?
        repeat {
            let page = exportWorkspace(format, limit: limit, cursor: cursor, more)
            pages.append(page)
            cursor = format == "json" ? page.json["cursor"]?.string : page.headers["X-Next-Cursor"]
        } while cursor != nil && pages.count < 100
        return pages
    }
}

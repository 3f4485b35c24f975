public import Auth
public import Base
import Store

// Problem. The export of a large company has millions of rows. They must not fill the memory, a caller must be able to
// continue after a limit without missing or repeating rows, and a reader must see if an export broke off.
//
// Approach. Page decides by keys alone, before the response begins, which rows it contains. The rows are then streamed
// from the database in the order of their keys, through a writer that passes its bytes on as soon as it has about 64
// KiB: JSONWriter, CSVWriter, or Workbook with ZIPWriter and Deflater. The cursor is the last key, authenticated for
// the workspace.
//
// Why it is safe. The keys are unique and never change, so each row that stays is in exactly one response. All rows of
// a response come from one view of the data. If a response breaks off, JSON and workbooks lack their end, and CSV lacks
// its last record, which states the number of records. The audit entry is written first: an export that can't be
// recorded does not take place.
//
// Cost. The cursor goes into a header field, so it must be known before the first row: the keys are counted first. An
// error after the first part can no longer change the status of the response.

/// The formats in which POST /api/export-workspace writes.
public enum ExportFormat: String, CaseIterable, Sendable {
    case json, csv, xlsx
}

/// One response of a workspace's export.
public struct WorkspaceExport {
    let workspace: Workspace
    let format: ExportFormat
    let entities: [Entity]
    let isFull: Bool
    let page: Page
    /// The cursor for the rest; nil if nothing is left.
    let cursor: String?
    let exportedAt: Timestamp

    /// Plans the response that begins at `cursor`, or at the beginning if that is nil, and writes its audit entry.
    /// - Throws: `ExportError` if the cursor was not made for this workspace, or was altered.
    public init(
        of workspace: Workspace, as format: ExportFormat, includesAuditLog: Bool, isFull: Bool, from cursor: String?,
        _ settings: ExportSettings, now: Timestamp = .now
    ) throws {
        let cursors = Cursor(key: settings.cursorKey, workspaceID: workspace.id)
        let start = try cursor.map { cursor throws(ExportError) in try cursors.decode(cursor) }
        let entities = Entity.allCases.filter { $0 != .auditLog || includesAuditLog }
        // The entry comes first, so that it is part of the export, and so that an export that can't be recorded does
        // not take place.
        try workspace.audited {
            let entry = AuditEntry(
                action: "workspace.exported", targetType: "workspace", targetID: workspace.id.description,
                details: [
                    "format": .string(format.rawValue), "include_audit_log": .bool(includesAuditLog),
                    "include_full": .bool(isFull), "continued": .bool(start != nil),
                ], createdAt: now)
            return ((), entry)
        }
        let page = try workspace.read {
            try Page(of: entities, in: workspace, from: start, limit: settings.maximumRows)
        }
        self.workspace = workspace
        self.format = format
        self.entities = entities
        self.isFull = isFull
        self.page = page
        self.cursor = page.next.map(cursors.encode)
        exportedAt = now
    }

    /// The file. A JSON file itself says if it was truncated; for the other formats, `nextCursor` does.
    public var file: ExportFile {
        let export = self
        if format == .json { return .json(named: nil) { json, sink in try export.write(to: &json, sink) } }
        let type =
            format == .csv
            ? "text/csv; charset=utf-8; header=present"
            : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        let name = "workspace-\(exportedAt.description.prefix(10)).\(format.rawValue)"
        return ExportFile(contentType: type, name: name, nextCursor: cursor) { sink in
            try export.format == .csv ? export.writeCSV(sink) : export.writeWorkbook(sink)
        }
    }

    /// The schema of a file in the format JSON.
    public static var schema: JSONSchema {
        .object(
            .field("exported_at", .timestamp, "The time of the export."),
            .field("workspace_id", .uuid, "The workspace."),
            .field("format", .oneOf([ExportFormat.json.rawValue]), "The format."),
            .field(
                "data", .object(Entity.allCases.map { .field($0.rawValue, .array(of: $0.schema)) }),
                "The rows of each kind. audit_log is empty unless it was requested."),
            .field(
                "entity_counts",
                .object(
                    Entity.allCases.map {
                        $0 == .auditLog ? .optional($0.rawValue, .count) : .field($0.rawValue, .count)
                    }), "The number of rows of each requested kind."),
            .field("truncated", .boolean, "True if the export is longer than one response may be."),
            .optional("cursor", .string, "The place to continue, for the next request."))
    }

    private func write(to json: inout JSONWriter, _ sink: ExportFile.Sink) throws {
        json.field("exported_at", exportedAt)
        json.field("workspace_id", workspace.id)
        json.field("format", format.rawValue)
        json.name("data")
        var counts: [(entity: Entity, count: Int)] = []
        try workspace.read {
            try json.object { json in
                for entity in Entity.allCases {
                    json.name(entity.rawValue)
                    let count = try writeRows(of: entity, to: &json, sink)
                    if entities.contains(entity) { counts.append((entity, count)) }
                }
            }
        }
        json.name("entity_counts")
        json.object { json in
            for (entity, count) in counts { json.field(entity.rawValue, count) }
        }
        json.field("truncated", cursor != nil)
        json.field("cursor", ifPresent: cursor)
    }

    private func writeRows(of entity: Entity, to json: inout JSONWriter, _ sink: ExportFile.Sink) throws -> Int {
        let columns = entity.columns(isFull: isFull)
        var count = 0
        try json.array { json in
            try forEachRow(of: entity) { row in
                json.object { json in
                    for (index, column) in columns.enumerated() {
                        json.name(column.name)
                        json.value(row, index, column.kind)
                    }
                }
                count += 1
                try json.flush(to: sink)
            }
        }
        return count
    }

    /// The `entity_type` of the last record of a complete CSV file. The second field of that record is the number of
    /// records before it, without the header.
    private static let endOfCSV = "end_of_export"

    private func writeCSV(_ sink: ExportFile.Sink) throws {
        var csv = CSVWriter()
        var names: [String] = []
        for column in entities.flatMap({ $0.columns(isFull: isFull) }) where !names.contains(column.name) {
            names.append(column.name)
        }
        csv.field("entity_type")
        for name in names { csv.field(name) }
        csv.endRecord()
        var count = 0
        try workspace.read {
            for entity in entities {
                let columns = entity.columns(isFull: isFull)
                let places = names.map { name in columns.firstIndex { $0.name == name } }
                try forEachRow(of: entity) { row in
                    csv.field(entity.type)
                    for place in places {
                        if let place { csv.field(row, place, columns[place].kind) } else { csv.empty() }
                    }
                    csv.endRecord()
                    count += 1
                    try csv.flush(to: sink)
                }
            }
        }
        // A CSV file has no end of its own, as JSON and workbooks have, and not every web server passes on that a
        // response broke off.
        csv.field(Self.endOfCSV)
        csv.field(String(count))
        for _ in names.dropFirst() { csv.empty() }
        csv.endRecord()
        try csv.flush(ifLongerThan: 0, to: sink)
    }

    private func writeWorkbook(_ sink: ExportFile.Sink) throws {
        var workbook = Workbook(sheets: entities.map(\.title))
        try workspace.read {
            for entity in entities {
                workbook.beginSheet(entity.columns(isFull: isFull))
                try forEachRow(of: entity) { row in
                    workbook.write(row)
                    try workbook.flush(to: sink)
                }
                workbook.endSheet()
            }
        }
        workbook.finish()
        try workbook.flush(ifLongerThan: 0, to: sink)
    }

    private func forEachRow(of entity: Entity, _ body: (any Row) throws -> Void) throws {
        for range in page.ranges where range.entity == entity {
            try workspace.forEachRow(of: range, isFull: isFull, body)
        }
    }
}

extension JSONWriter {
    /// Writes the value of a column of a row.
    fileprivate mutating func value(_ row: any Row, _ index: Int, _ kind: Column.Kind) {
        guard !row.isNull(index) else { return value(JSON.null) }
        switch kind {
        case .text, .moment: value(row.text(index))
        case .json: value(JSONText(row.text(index)))
        case .boolean: value(row.integer(index) != 0)
        case .number: value(JSONText(numberText(row, index)))
        }
    }
}

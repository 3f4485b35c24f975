import Base

/// A file that is written while it is sent, so that memory does not grow with the file.
public struct ExportFile {
    /// Accepts the next part of the file.
    public typealias Sink = (UnsafeRawBufferPointer) throws -> Void

    /// The media type of the file.
    public let contentType: String
    /// The name under which a browser saves the file. Nil if the browser is to show it.
    public let name: String?
    /// The cursor for the rest of the export. Nil if there is no rest, or if the file itself contains the cursor.
    public let nextCursor: String?
    /// Writes the file.
    public let write: (Sink) throws -> Void

    /// Creates a file with a JSON object, whose members `body` writes.
    static func json(named name: String?, _ body: @escaping (inout JSONWriter, Sink) throws -> Void) -> ExportFile {
        ExportFile(contentType: "application/json", name: name, nextCursor: nil) { sink in
            var json = JSONWriter()
            try json.object { try body(&$0, sink) }
            try json.flush(ifLongerThan: 0, to: sink)
        }
    }
}

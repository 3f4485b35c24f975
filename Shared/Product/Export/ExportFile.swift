import Base

/// A file that is written while it is sent, so that memory does not grow with it.
public struct ExportFile {
    /// Takes the parts of the file as they are made.
    public typealias Sink = (UnsafeRawBufferPointer) throws -> Void

    /// The media type.
    public let contentType: String
    /// The name under which a browser saves it; nil if it is shown as it is.
    public let name: String?
    /// The cursor of what is left of the export; nil if nothing is left, or the file itself says so.
    public let nextCursor: String?
    /// Writes the file.
    public let write: (Sink) throws -> Void

    /// A JSON object, whose members `body` writes.
    static func json(named name: String?, _ body: @escaping (inout JSONWriter, Sink) throws -> Void) -> ExportFile {
        ExportFile(contentType: "application/json", name: name, nextCursor: nil) { sink in
            var json = JSONWriter()
            try json.object { try body(&$0, sink) }
            try json.flush(ifLongerThan: 0, to: sink)
        }
    }
}

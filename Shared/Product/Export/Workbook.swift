import Archive
import Base
import Store

/// Writes a workbook in SpreadsheetML (ISO/IEC 29500-1), sheet after sheet and row after row, without keeping them in
/// memory.
struct Workbook: ~Copyable {
    private var zip = ZIPWriter()
    /// The rows that have not been compressed yet.
    private var xml: [UInt8] = []
    private var row = 0
    /// The row's number in decimal, which each of its cells repeats.
    private var rowNumber: [UInt8] = []
    private var columns: [(letters: [UInt8], kind: Column.Kind)] = []
    private var sheet = 0

    /// Creates a workbook that will have sheets with these names, in this order.
    init(sheets: [String]) {
        for (name, content) in WorkbookParts.all(sheets: sheets) {
            zip.begin(name)
            zip.write(Array(content.utf8))
            zip.end()
        }
    }

    /// Passes on the compressed bytes that have not been passed on yet, if there are more than `length`.
    mutating func flush(
        ifLongerThan length: Int = 65_536, to sink: (UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        try zip.flush(ifLongerThan: length, to: sink)
    }

    /// Begins the next sheet, with the widths of its columns and a fixed first row of their names.
    mutating func beginSheet(_ columns: [Column]) {
        sheet += 1
        row = 0
        self.columns = columns.indices.map { (letters: Self.letters($0), kind: columns[$0].kind) }
        zip.begin(WorkbookParts.path(ofSheet: sheet))
        append(WorkbookParts.sheetHead(columns, isSelected: sheet == 1))
        beginRow()
        for (index, column) in columns.enumerated() {
            beginCell(index, WorkbookParts.headCell)
            append(column.name)
            append("</t></is></c>")
        }
        append("</row>")
    }

    /// Writes a row with the columns of the sheet.
    mutating func write(_ values: any Row) {
        beginRow()
        for index in columns.indices where !values.isNull(index) { cell(values, index) }
        append("</row>")
        if xml.count > 65_536 { compress() }
    }

    /// Ends the sheet.
    mutating func endSheet() {
        append("</sheetData></worksheet>")
        compress()
        zip.end()
    }

    /// Ends the workbook.
    mutating func finish() { zip.finish() }

    private mutating func cell(_ values: any Row, _ index: Int) {
        switch columns[index].kind {
        case .number:
            beginCell(index, "\"><v>")
            append(numberText(values, index))
            append("</v></c>")
        case .boolean:
            beginCell(index, "\" t=\"b\"><v>")
            append(values.integer(index) != 0 ? "1</v></c>" : "0</v></c>")
        case .moment:
            guard let moment = Timestamp(values.text(index)), let serial = Self.serial(moment) else { fallthrough }
            beginCell(index, WorkbookParts.dateCell)
            append(serial)
            append("</v></c>")
        case .text, .json:
            // White space at the ends of a text is only kept with xml:space="preserve".
            beginCell(index, "\" t=\"inlineStr\"><is><t xml:space=\"preserve\">")
            let start = xml.count
            values.appendText(index, to: &xml)
            XMLText.finish(&xml, from: start)
            append("</t></is></c>")
        }
    }

    private mutating func beginRow() {
        row += 1
        rowNumber = Array(String(row).utf8)
        append("<row r=\"")
        xml.append(contentsOf: rowNumber)
        append("\">")
    }

    private mutating func beginCell(_ index: Int, _ rest: String) {
        append("<c r=\"")
        xml.append(contentsOf: columns[index].letters)
        xml.append(contentsOf: rowNumber)
        append(rest)
    }

    private mutating func append(_ text: String) { xml.append(contentsOf: text.utf8) }

    private mutating func compress() {
        zip.write(xml)
        xml.removeAll(keepingCapacity: true)
    }

    /// Returns a time as spreadsheets count it: days since 1899-12-30. Returns nil before 1900-03-01, since
    /// spreadsheets disagree there about a day that did not exist.
    private static func serial(_ moment: Timestamp) -> String? {
        let days = moment.daysSinceEpoch + 25_569
        guard days >= 61 else { return nil }
        let seconds = moment.seconds - moment.daysSinceEpoch * .days(1)
        return seconds == 0 ? String(days) : String(Double(days) + Double(seconds) / Double(Int.days(1)))
    }

    /// Returns the letters of a column: A to Z, then AA and so on.
    private static func letters(_ column: Int) -> [UInt8] {
        (column >= 26 ? letters(column / 26 - 1) : []) + [UInt8(ascii: "A") + UInt8(truncatingIfNeeded: column % 26)]
    }
}

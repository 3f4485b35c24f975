/// The parts of a workbook that do not depend on its rows (ISO/IEC 29500-1, 12; ISO/IEC 29500-2).
enum WorkbookParts {
    /// The text between a cell's reference and its value, for text cells in the first row.
    static let headCell = "\" s=\"2\" t=\"inlineStr\"><is><t>"
    /// The text between a cell's reference and its value, for dates.
    static let dateCell = "\" s=\"1\"><v>"

    /// Returns the path of a sheet in the archive. Sheets are counted from 1.
    static func path(ofSheet number: Int) -> String { "xl/worksheets/sheet\(number).xml" }

    /// Returns the names and contents of the parts before the sheets.
    static func all(sheets: [String]) -> [(String, String)] {
        let numbers = Array(1...max(1, sheets.count))
        return [
            ("[Content_Types].xml", contentTypes(numbers)),
            (
                "_rels/.rels",
                relationships([("rId1", "officeDocument", "xl/workbook.xml")])
            ),
            ("xl/workbook.xml", workbook(sheets)),
            (
                "xl/_rels/workbook.xml.rels",
                relationships(
                    numbers.map { ("rId\($0)", "worksheet", "worksheets/sheet\($0).xml") }
                        + [("rId\(numbers.count + 1)", "styles", "styles.xml")])
            ),
            ("xl/styles.xml", styles),
        ]
    }

    /// Returns the beginning of a sheet, up to its first row.
    static func sheetHead(_ columns: [Column], isSelected: Bool) -> String {
        let widths = columns.enumerated().map { index, column in
            "<col min=\"\(index + 1)\" max=\"\(index + 1)\" width=\"\(column.width)\" customWidth=\"1\"/>"
        }
        return declaration + "<worksheet xmlns=\"\(main)\"><sheetViews>"
            + "<sheetView\(isSelected ? " tabSelected=\"1\"" : "") workbookViewId=\"0\">"
            + "<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>"
            + "<selection pane=\"bottomLeft\"/></sheetView></sheetViews><cols>" + widths.joined()
            + "</cols><sheetData>"
    }

    private static let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
    private static let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    private static let packages = "http://schemas.openxmlformats.org/package/2006/"
    private static let documents = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    private static let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml."

    private static func contentTypes(_ sheets: [Int]) -> String {
        let parts =
            [("/xl/workbook.xml", "sheet.main"), ("/xl/styles.xml", "styles")]
            + sheets.map { ("/" + path(ofSheet: $0), "worksheet") }
        return declaration + "<Types xmlns=\"\(packages)content-types\">"
            + "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
            + "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
            + parts.map { "<Override PartName=\"\($0.0)\" ContentType=\"\(kind)\($0.1)+xml\"/>" }.joined() + "</Types>"
    }

    private static func relationships(_ targets: [(id: String, type: String, target: String)]) -> String {
        declaration + "<Relationships xmlns=\"\(packages)relationships\">"
            + targets.map { "<Relationship Id=\"\($0.id)\" Type=\"\(documents)/\($0.type)\" Target=\"\($0.target)\"/>" }
            .joined() + "</Relationships>"
    }

    private static func workbook(_ sheets: [String]) -> String {
        declaration
            + "<workbook xmlns=\"\(main)\" xmlns:r=\"\(documents)\"><bookViews><workbookView/></bookViews><sheets>"
            + sheets.enumerated().map { index, name in
                "<sheet name=\"\(name)\" sheetId=\"\(index + 1)\" r:id=\"rId\(index + 1)\"/>"
            }.joined() + "</sheets></workbook>"
    }

    /// The formats of cells: 0 is the default, 1 a date with its time, 2 bold.
    private static let styles =
        declaration + """
            <styleSheet xmlns="\(main)">\
            <numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>\
            <fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>\
            <font><b/><sz val="11"/><name val="Calibri"/></font></fonts>\
            <fills count="2"><fill><patternFill patternType="none"/></fill>\
            <fill><patternFill patternType="gray125"/></fill></fills>\
            <borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
            <cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
            <cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
            <xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
            <xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>\
            <cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>
            """
}

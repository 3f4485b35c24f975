import Base
import Store
import TestSupport
import Testing

@Suite struct SQLTests {
    @Test(
        "A query that restricts its rows to the workspace is scoped",
        arguments: [
            "SELECT 1 FROM findings WHERE workspace_id = $1", "UPDATE x SET a = $2 WHERE b = $3 AND workspace_id = $1",
            "SELECT 1 FROM members WHERE members.workspace_id = $1 AND a = $10",
            "DELETE FROM x WHERE workspace_id = $1\nAND b",
            "SELECT plan FROM workspaces WHERE workspaces.id = $1", "INSERT INTO x (workspace_id, id) VALUES ($1, $2)",
            "SELECT 1 WHERE workspace_id = $10 AND workspace_id = $1",
        ] as [SQL])
    func isScoped(_ sql: SQL) { #expect(sql.isScoped) }

    @Test(
        "A query that does not restrict its rows to the workspace is not scoped",
        arguments: [
            "SELECT 1 FROM findings", "SELECT 1 FROM findings WHERE id = $1", "SELECT 1 FROM x WHERE workspace_id = $2",
            "SELECT 1 FROM x WHERE workspace_id = $10", "SELECT 1 FROM x WHERE workspace_id <> $1",
            "SELECT 1 FROM x WHERE workspace_id IN ($1)", "SELECT plan FROM workspaces WHERE workspaces.id = $2",
            "SELECT plan FROM workspaces WHERE workspaces.id = $12", "INSERT INTO x (id, workspace_id) VALUES ($2, $1)",
            "INSERT INTO x (workspace_id, id) VALUES ($2, $1)", "SELECT workspace_id FROM x WHERE id = $1", "",
        ] as [SQL])
    func isNotScoped(_ sql: SQL) { #expect(!sql.isScoped) }

    @Test("Joined parts of a query are checked as a whole") func partsAreJoined() {
        let condition: SQL = "WHERE workspace_id = $1"
        #expect(!("SELECT 1 FROM x " as SQL).isScoped && ("SELECT 1 FROM x " + condition).isScoped)
    }

    @Test("The words of a statement are found") func itsWordsAreKnown() {
        let sql: SQL = "SELECT a.id,b FROM x_1\nWHERE n=$1 AND f(y)||'z ü'"
        #expect(sql.words == ["SELECT", "a", "id", "b", "FROM", "x_1", "WHERE", "n", "$1", "AND", "f", "y", "z"])
        #expect(("" as SQL).words == [])
    }

    /// Text from outside never becomes SQL: a parameter is a value, whatever it contains.
    @Test(
        "Parameters are values, whatever text they contain",
        arguments: [
            "'; DROP TABLE members; --", "\" OR 1=1", "$1", "?", "%", "\\", "\0", "a\0b", "é😀", "\u{FFFF}", "NULL", "",
            String(repeating: "x", count: 1_000_000),
        ])
    func parametersAreValues(_ text: String) throws {
        let database = DatabaseURL.inMemory()
        try database.execute("CREATE TABLE notes (id integer, text text)")
        try database.execute("INSERT INTO notes (text, id) VALUES ($2, $1)", 7, text)
        let read = try database.first("SELECT text, id FROM notes WHERE text = $1 AND id = $2", text, 7) {
            (try $0[0] as String, try $0[1] as Int)
        }
        #expect(read.map { Array($0.0.utf8) == Array(text.utf8) && $0.1 == 7 } == true)
        #expect(try database.rows("SELECT 1 FROM notes WHERE text = $1", text + "x") { _ in 1 }.isEmpty)
    }

    @Test("Numbered parameters may be used in any order") func parametersKeepTheirNumbersInAnyOrder() throws {
        let row = try DatabaseURL.inMemory().first("SELECT $3, $1, $2, $1", "a", "b", "c") { row in
            try (0..<4).map { try row[$0] as String }
        }
        #expect(row == ["c", "a", "b", "a"])
    }

    @Test("A missing parameter is an error") func aMissingParameterIsAnError() {
        #expect(throws: StoreError.self) { try DatabaseURL.inMemory().execute("SELECT $1, $2", "a") }
    }

    @Test("Every kind of value is read back") func everyKindOfValueIsReadBack() throws {
        let database = DatabaseURL.inMemory()
        let id = Identifier.random()
        let json: JSON = ["a": [1, "é", nil]]
        let isRight = try database.first(
            "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9", Int.min, 0.1, true, [0, 255] as [UInt8], [] as [UInt8], id,
            TestStore.now, json, nil as String?
        ) { row in
            let numbers = try row[0] as Int == .min && row[1] as Double == 0.1 && row[2] as Bool
            let bytes = try row[3] as [UInt8] == [0, 255] && row[4] as [UInt8] == []
            let texts = try row[5] as Identifier == id && row[6] as Timestamp == TestStore.now
            let null = try row[8] as String? == nil && row[8] as Int? == nil
            return try numbers && bytes && texts && null && row[7] as JSON == json
        }
        #expect(isRight == true)
    }

    @Test("A column value of an unexpected type is an error that names the column")
    func whatAColumnShouldNotHoldIsAnError() throws {
        func read<Value: SQLColumn>(_ sql: SQL, _ type: Value.Type) -> Int? {
            do {
                _ = try DatabaseURL.inMemory().first(sql) { try $0[0] as Value }
                return nil
            } catch StoreError.unexpectedValue(let column) {
                return column
            } catch {
                return -1
            }
        }
        #expect(read("SELECT NULL", String.self) == 0 && read("SELECT NULL", Int.self) == 0)
        #expect(read("SELECT NULL", Bool.self) == 0 && read("SELECT NULL", [UInt8].self) == 0)
        #expect(read("SELECT NULL", Identifier.self) == 0 && read("SELECT NULL", JSON.self) == 0)
        #expect(read("SELECT 'x'", Identifier.self) == 0 && read("SELECT '2026-02-30T00:00:00Z'", Timestamp.self) == 0)
        #expect(read("SELECT '{'", JSON.self) == 0 && read("SELECT 'x'", String.self) == nil)
    }
}

#pragma once
#include <sqlite3.h>

/// A SQLite VFS for template processes. It lets a connection load a database's schema and compile its statements, and
/// then closes the file, so that each process that is forked from this one opens the file itself.
///
/// SQLite forbids carrying an open database over a fork, because of its locks and file descriptors. Here there are
/// none. While the schema is read, the file looks as if it were in rollback mode, in which a connection holds no lock
/// between two transactions; then the file is closed. The first access in a child opens the file again through the
/// ordinary VFS, and finds that it has changed and is in WAL mode. To SQLite this is a change that any other process
/// could have made between two transactions. It drops its cached pages, opens the WAL, and compares the schema's cookie
/// before each statement as always, so that a migration in between is noticed.

/// The name of the VFS, for sqlite3_open_v2.
extern const char *const csqlite_template_name;

/// Registers the VFS with SQLite. Returns a result code of SQLite.
int csqlite_template_register(void);

/// Closes the file of a connection that uses this VFS and has no open transaction. Returns a result code of SQLite:
/// SQLITE_MISUSE if the connection does not use this VFS.
int csqlite_template_release(sqlite3 *connection);

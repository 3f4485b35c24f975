#pragma once
#include <sqlite3.h>

/// A SQLite VFS for template processes: it lets a connection learn a database's schema and compile its statements, and
/// then lets go of the file, so that processes forked from this one each open it for themselves.
///
/// SQLite forbids carrying an open database over a fork, because of its locks and descriptors. Here there are none: while
/// the schema is read the file looks as if it were in rollback mode, in which a connection between two transactions holds
/// no lock; then the file is closed. A child's first access opens it anew through the ordinary VFS, and finds a file that
/// has changed and is in WAL mode now: to SQLite, what any other process may have done between two transactions. It
/// drops its cached pages, opens the WAL, and compares the schema's cookie before each statement as always, so that a
/// migration in between is noticed.

/// The VFS's name, for sqlite3_open_v2.
extern const char *const csqlite_template_name;

/// Makes the VFS known to SQLite.
int csqlite_template_register(void);

/// Closes the file beneath a connection of this VFS that is in no transaction.
int csqlite_template_release(sqlite3 *connection);

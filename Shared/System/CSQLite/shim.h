#pragma once
#include <sqlite3.h>
#include <unistd.h>

/// SQLite's own busy handler waits ever longer and lets a writer starve; this one asks again within a
/// millisecond, for five seconds at most.
static inline int csqlite_wait_for_lock(void *context, int attempts) {
    (void)context;
    if (attempts >= 10000) return 0;
    usleep(attempts < 20 ? 50 : 500);
    return 1;
}

/// Once, before the first connection: no statistics of memory, which cost a lock and a sum for each allocation, and no
/// page cache set up in advance, most of which a short process never uses. sqlite3_config is variadic.
static inline void csqlite_initialize(void) {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, (void *)0, 0, 0);
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
}

/// Foreign keys on, and a hostile database file can run nothing. sqlite3_db_config is variadic. Recursive triggers,
/// since without them a row that REPLACE deletes fires none, and an append-only table would not be.
static inline void csqlite_configure(sqlite3 *connection) {
    sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_FKEY, 1, (int *)0);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
    sqlite3_busy_handler(connection, csqlite_wait_for_lock, (void *)0);
    sqlite3_exec(connection, "PRAGMA recursive_triggers = ON", 0, 0, 0);
}

/// SQLITE_TRANSIENT is a macro that casts, which Swift does not import.
static inline int csqlite_bind_text(sqlite3_stmt *statement, int index, const char *bytes, int length) {
    return sqlite3_bind_text(statement, index, bytes, length, SQLITE_TRANSIENT);
}

static inline int csqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, int length) {
    return length == 0 ? sqlite3_bind_zeroblob(statement, index, 0)
                       : sqlite3_bind_blob(statement, index, bytes, length, SQLITE_TRANSIENT);
}

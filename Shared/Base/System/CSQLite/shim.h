#pragma once
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

/// Waits until a lock may be free. SQLite's own busy handler waits longer and longer, so that a writer can starve. This
/// one makes SQLite ask again about every half a millisecond, 10,000 times, which takes five seconds or somewhat more.
/// Returns 0 to give up.
static inline int csqlite_wait_for_lock(void *context, int attempts) {
    (void)context;
    if (attempts >= 10000) return 0;
    usleep(attempts < 20 ? 50 : 500);
    return 1;
}

/// Configures SQLite; call it once, before the first connection. It turns off memory statistics, which would cost a
/// lock and an addition for each allocation, and preallocated memory for pages and small objects, most of which a short
/// process never uses. It is here because sqlite3_config is variadic.
static inline void csqlite_initialize(void) {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, (void *)0, 0, 0);
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
}

/// The SQL function epoch(timestamp): the seconds since 1970. It corresponds to the function of the same name in the
/// PostgreSQL schema. It returns NULL unless the text has the length, the digits and the Z of YYYY-MM-DDTHH:MM:SSZ. The
/// other characters, and the ranges of months, days and times, are not checked.
static inline void csqlite_epoch(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    const unsigned char *t = sqlite3_value_text(values[0]);
    if (t == 0 || sqlite3_value_bytes(values[0]) != 20 || t[19] != 'Z') return sqlite3_result_null(context);
    static const unsigned char digits[] = {0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18};
    int n[14];
    for (int index = 0; index < 14; index++) {
        n[index] = t[digits[index]] - '0';
        if (n[index] < 0 || n[index] > 9) return sqlite3_result_null(context);
    }
    // Computes the days from the date, with years that begin in March.
    long long year = n[0] * 1000 + n[1] * 100 + n[2] * 10 + n[3], month = n[4] * 10 + n[5], day = n[6] * 10 + n[7];
    if (month <= 2) {
        year -= 1;
        month += 12;
    }
    long long days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day - 1 - 719468;
    sqlite3_result_int64(
        context, days * 86400 + (n[8] * 10 + n[9]) * 3600 + (n[10] * 10 + n[11]) * 60 + n[12] * 10 + n[13]);
}

/// The SQL function moment(text): the timestamp that the text contains, which in SQLite is the text itself. The
/// function of the same name in the PostgreSQL schema converts it to a timestamp.
static inline void csqlite_moment(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    sqlite3_result_value(context, values[0]);
}

/// Configures a connection. Foreign keys are on, and the schema in a manipulated database file can't call functions
/// that are not marked as innocuous. Recursive triggers are on, because otherwise a row that REPLACE deletes would not
/// fire the triggers that make tables append-only. It is here because sqlite3_db_config is variadic.
static inline void csqlite_configure(sqlite3 *connection) {
    sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_FKEY, 1, (int *)0);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
    sqlite3_busy_handler(connection, csqlite_wait_for_lock, (void *)0);
    sqlite3_exec(connection, "PRAGMA recursive_triggers = ON", 0, 0, 0);
    sqlite3_create_function_v2(connection, "epoch", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, (void *)0,
                               csqlite_epoch, 0, 0, 0);
    sqlite3_create_function_v2(connection, "moment", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
                               (void *)0, csqlite_moment, 0, 0, 0);
}

/// Returns 1 if the error may mean that a connection in WAL mode can't create or extend the file of its shared memory
/// (-shm), for example because the disk is full or the file system is read-only.
static inline int csqlite_lacks_shared_memory(sqlite3 *connection, int code) {
    switch (code) {
    case SQLITE_IOERR_SHMOPEN:
    case SQLITE_IOERR_SHMSIZE:
    case SQLITE_IOERR_SHMMAP:
    case SQLITE_READONLY_CANTINIT:
    case SQLITE_READONLY_RECOVERY:
    case SQLITE_READONLY_DIRECTORY: return 1;
    case SQLITE_CANTOPEN: return connection != 0 && sqlite3_db_readonly(connection, "main") == 1;
    default: return 0;
    }
}

/// Returns 1 if the error means, or may mean, that something could not be written.
static inline int csqlite_is_unwritable(sqlite3 *connection, int code) {
    switch (code) {
    case SQLITE_IOERR_WRITE:
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
    case SQLITE_IOERR_TRUNCATE: return 1;
    default:
        return (code & 0xFF) == SQLITE_FULL || (code & 0xFF) == SQLITE_READONLY
            || csqlite_lacks_shared_memory(connection, code);
    }
}

/// Binds a text. It is here because SQLITE_TRANSIENT is a macro with a cast, which Swift does not import.
static inline int csqlite_bind_text(sqlite3_stmt *statement, int index, const char *bytes, int length) {
    return sqlite3_bind_text(statement, index, bytes, length, SQLITE_TRANSIENT);
}

static inline int csqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, int length) {
    return length == 0 ? sqlite3_bind_zeroblob(statement, index, 0)
                       : sqlite3_bind_blob(statement, index, bytes, length, SQLITE_TRANSIENT);
}

/// Takes the lock of SQLite's exclusive mode on a database file: the bytes from 0x40000000 on (sqlite3.c,
/// "PENDING_BYTE"), which every connection to a database in WAL mode keeps locked from its first access until it is
/// closed. Returns 0, or -1 if that fails, usually because another process uses the database. The lock belongs to the
/// descriptor (fcntl(2), "Open file description locks").
static inline int csqlite_lock_file(int descriptor) {
#ifndef F_OFD_SETLK
#define F_OFD_SETLK 37
#endif
    struct flock lock = {0};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 0x40000000;
    lock.l_len = 512;
    return fcntl(descriptor, F_OFD_SETLK, &lock);
}

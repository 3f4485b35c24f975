#include "csqlite_template.h"
#include <stddef.h>
#include <string.h>

const char *const csqlite_template_name = "template";

/// An open database file. The file structure of the ordinary VFS follows this one in memory.
struct file {
    sqlite3_file base;
    const char *name;
    int flags;
};

/// True while this process only reads the schema, which it does for one file at a time.
static int is_reading_schema;

static sqlite3_vfs *ordinary(sqlite3_vfs *vfs) { return vfs->pAppData; }

static sqlite3_file *underlying(sqlite3_file *file) { return (sqlite3_file *)((struct file *)file + 1); }

static sqlite3_vfs template_vfs;

/// Returns the open file of the ordinary VFS. Opens it again if it has been released.
static int reach(sqlite3_file *base, sqlite3_file **real) {
    struct file *file = (struct file *)base;
    *real = underlying(base);
    if ((*real)->pMethods != NULL) return SQLITE_OK;
    sqlite3_vfs *vfs = ordinary(&template_vfs);
    return vfs->xOpen(vfs, file->name, *real, file->flags, NULL);
}

static int release(sqlite3_file *base) {
    sqlite3_file *real = underlying(base);
    int code = real->pMethods != NULL ? real->pMethods->xClose(real) : SQLITE_OK;
    real->pMethods = NULL;
    return code;
}

static int close_file(sqlite3_file *base) {
    is_reading_schema = 0;
    return release(base);
}

/// Overwrites bytes of a page. `bytes` are the `count` bytes of the file from `start` on; the page holds `length` bytes
/// from `offset` on.
static void overwrite(char *page, int length, sqlite3_int64 offset, int start, const char *bytes, int count) {
    for (int index = 0; index < count; index++) {
        sqlite3_int64 position = start + index - offset;
        if (position >= 0 && position < length) page[position] = bytes[index];
    }
}

static int read_file(sqlite3_file *base, void *page, int length, sqlite3_int64 offset) {
    sqlite3_file *real;
    int code = reach(base, &real);
    if (code == SQLITE_OK) code = real->pMethods->xRead(real, page, length, offset);
    if (code == SQLITE_OK && is_reading_schema) {
        // Rollback mode (file format §1.3.3), and a change counter (§1.3.7) that differs from the one that children
        // will find.
        overwrite(page, length, offset, 18, "\1\1", 2);
        overwrite(page, length, offset, 24, "\xFF\xFF\xFF\xFF", 4);
    }
    return code;
}

#define PASS(function, ...)                                                                                \
    sqlite3_file *real;                                                                                                \
    int code = reach(base, &real);                                                                                     \
    return code != SQLITE_OK ? code : real->pMethods->function(real, ##__VA_ARGS__)

static int write_file(sqlite3_file *base, const void *page, int length, sqlite3_int64 offset) {
    if (is_reading_schema) return SQLITE_READONLY;
    PASS(xWrite, page, length, offset);
}
static int truncate_file(sqlite3_file *base, sqlite3_int64 size) { PASS(xTruncate, size); }
static int sync_file(sqlite3_file *base, int flags) { PASS(xSync, flags); }
static int file_size(sqlite3_file *base, sqlite3_int64 *size) { PASS(xFileSize, size); }
static int lock_file(sqlite3_file *base, int level) { PASS(xLock, level); }
static int unlock_file(sqlite3_file *base, int level) { PASS(xUnlock, level); }
static int check_reserved_lock(sqlite3_file *base, int *result) { PASS(xCheckReservedLock, result); }
static int control_file(sqlite3_file *base, int operation, void *argument) { PASS(xFileControl, operation, argument); }
static int map_memory(sqlite3_file *base, int page, int size, int extend, void volatile **memory) {
    PASS(xShmMap, page, size, extend, memory);
}
static int lock_memory(sqlite3_file *base, int offset, int count, int flags) { PASS(xShmLock, offset, count, flags); }
static int unmap_memory(sqlite3_file *base, int delete_flag) { PASS(xShmUnmap, delete_flag); }

static void memory_barrier(sqlite3_file *base) {
    sqlite3_file *real;
    if (reach(base, &real) == SQLITE_OK) real->pMethods->xShmBarrier(real);
}

static int sector_size(sqlite3_file *base) {
    sqlite3_file *real;
    return reach(base, &real) == SQLITE_OK ? real->pMethods->xSectorSize(real) : 4096;
}

static int device_characteristics(sqlite3_file *base) {
    sqlite3_file *real;
    return reach(base, &real) == SQLITE_OK ? real->pMethods->xDeviceCharacteristics(real) : 0;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
    .xShmMap = map_memory,
    .xShmLock = lock_memory,
    .xShmBarrier = memory_barrier,
    .xShmUnmap = unmap_memory,
};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *out_flags) {
    sqlite3_vfs *below = ordinary(vfs);
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return below->xOpen(below, name, base, flags, out_flags);
    struct file *file = (struct file *)base;
    *file = (struct file){.name = name, .flags = flags & ~SQLITE_OPEN_CREATE};
    is_reading_schema = 1;
    sqlite3_file *real = underlying(base);
    real->pMethods = NULL;
    int code = below->xOpen(below, name, real, flags, out_flags);
    if (code == SQLITE_OK) base->pMethods = &methods;
    return code;
}

/// Hides a WAL file while the schema is read. SQLite would open it, whatever the file's header says.
static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *result) {
    size_t length = strlen(name);
    if (is_reading_schema && length > 4 && strcmp(name + length - 4, "-wal") == 0) {
        *result = 0;
        return SQLITE_OK;
    }
    return ordinary(vfs)->xAccess(ordinary(vfs), name, flags, result);
}

int csqlite_template_register(void) {
    sqlite3_vfs *below = sqlite3_vfs_find(NULL);
    if (below == NULL) return SQLITE_ERROR;
    template_vfs = *below;
    template_vfs.pNext = NULL;
    template_vfs.zName = csqlite_template_name;
    template_vfs.pAppData = below;
    template_vfs.szOsFile = (int)sizeof(struct file) + below->szOsFile;
    template_vfs.xOpen = open_file;
    template_vfs.xAccess = access_file;
    return sqlite3_vfs_register(&template_vfs, 0);
}

int csqlite_template_release(sqlite3 *connection) {
    sqlite3_file *base = NULL;
    int code = sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &base);
    if (code != SQLITE_OK || base == NULL || base->pMethods != &methods) return SQLITE_MISUSE;
    is_reading_schema = 0;
    return release(base);
}

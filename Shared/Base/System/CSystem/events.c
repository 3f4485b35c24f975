#define _GNU_SOURCE
#include "csystem_events.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

int csystem_accept(int listener, struct sockaddr *address, socklen_t *length) {
    return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int csystem_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int csystem_open_path(const char *path) { return open(path, O_PATH | O_CLOEXEC); }

const char *csystem_executable(void) { return (const char *)getauxval(AT_EXECFN); }

int csystem_unnamed_file(const char *folder) {
    int file = open(folder, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
    // Some file systems don't support O_TMPFILE, for example overlayfs before Linux 6.1.
    if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)) return file;
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/request-XXXXXX", folder) >= (int)sizeof path) return errno = ENAMETOOLONG, -1;
    file = mkostemp(path, O_CLOEXEC);
    if (file >= 0) unlink(path);
    return file;
}

int csystem_memory_file(void) { return memfd_create("request", MFD_CLOEXEC); }

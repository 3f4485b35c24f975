#define _GNU_SOURCE
#include "csystem_events.h"
#include <fcntl.h>
#include <unistd.h>

int csystem_accept(int listener, struct sockaddr *address, socklen_t *length) {
    return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int csystem_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int csystem_open_path(const char *path) { return open(path, O_PATH | O_CLOEXEC); }

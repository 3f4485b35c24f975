#pragma once
// Swift's Glibc module has none of these.
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

/// accept4(2): the connection is non-blocking and closes at execve.
int csystem_accept(int listener, struct sockaddr *address, socklen_t *length);

/// pipe2(2): both ends close at execve.
int csystem_pipe(int ends[2]);

/// open(2) with O_PATH: a name for the file that outlives its path.
int csystem_open_path(const char *path);

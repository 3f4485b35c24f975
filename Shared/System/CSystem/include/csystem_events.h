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

/// The path by which this program was started (AT_EXECFN of getauxval(3)); NULL if the kernel does not tell.
const char *csystem_executable(void);

/// A new file without a name in a folder, open for reading and writing; -1 with errno.
int csystem_unnamed_file(const char *folder);

/// A new file in memory (memfd_create(2)); -1 with errno.
int csystem_memory_file(void);

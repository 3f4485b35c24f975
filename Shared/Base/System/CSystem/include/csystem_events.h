#pragma once
// These headers are not part of Swift's Glibc module.
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

/// accept4(2): the connection is non-blocking, and is closed at execve.
int csystem_accept(int listener, struct sockaddr *address, socklen_t *length);

/// pipe2(2): both ends are closed at execve.
int csystem_pipe(int ends[2]);

/// open(2) with O_PATH: a descriptor that stands for the file even if its path changes.
int csystem_open_path(const char *path);

/// Returns the path by which this program was started (AT_EXECFN of getauxval(3)), or NULL if the kernel does not
/// provide it.
const char *csystem_executable(void);

/// Creates a file without a name in a folder, and returns a descriptor for reading and writing. Returns -1 and sets
/// errno if it fails.
int csystem_unnamed_file(const char *folder);

/// Creates a file in memory (memfd_create(2)), and returns its descriptor. Returns -1 and sets errno if it fails.
int csystem_memory_file(void);

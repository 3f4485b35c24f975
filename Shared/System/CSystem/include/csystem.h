#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// fork(2). Swift marks fork unavailable because a threaded program must not use it; functions and the
/// runner have one thread.
pid_t csystem_fork(void);

/// Asks the kernel to send SIGKILL to the calling process when its parent ends.
/// Returns 0, or -1 when the parent (whose process id is `parent`) has ended already.
int csystem_die_with_parent(pid_t parent);

/// How csystem_spawn starts a program. A memory limit (RLIMIT_AS) of 0 is none.
struct csystem_spawn {
    const char *path;
    char *const *arguments;
    char *const *environment;
    /// Descriptors that become 0, 1, 2, 3 … of the program; -1 is /dev/null. All others are closed.
    const int *descriptors;
    int descriptor_count;
    uint64_t memory_bytes;
};

/// Starts a program that dies with the caller, in a process group of its own, with all signals at their
/// defaults. Returns its process id, or the negated errno of the call that failed, execve included.
pid_t csystem_spawn(const struct csystem_spawn *how);

/// prctl(PR_SET_NAME), which is variadic.
void csystem_set_name(const char *name);

/// wait(2)'s status macros: the exit status, or 128 and the signal that ended the process.
int csystem_exit_status(int status);

/// Lets the process use `seconds` more of CPU time, counted from now; SIGXCPU ends it after that.
int csystem_limit_cpu(uint64_t seconds);

/// open(2) and fcntl(2) are variadic.
int csystem_open(const char *path, int flags, mode_t mode);
int csystem_set_nonblocking(int descriptor);

/// After this call SIGTERM and SIGINT interrupt a blocking call and set a flag instead of ending the process,
/// SIGPIPE does nothing, and SIGCHLD is held back except in csystem_wait_for_connection.
void csystem_catch_signals(void);

/// Whether SIGTERM or SIGINT has come.
int csystem_is_terminating(void);

/// Puts the signals back that csystem_catch_signals changed, except SIGPIPE: for a forked child.
void csystem_release_signals(void);

/// Waits until `listener` has a connection, or a child has ended, or SIGTERM has come: 1 for a connection, else 0.
int csystem_wait_for_connection(int listener);

/// Fills the holes that the process has left in its heap, for good, so that what forked children allocate lies together
/// in fresh pages, `fresh` bytes at least, instead of each hole's page being copied when a child writes to it.
void csystem_settle_heap(size_t fresh);

/// Makes the first `length` bytes of the fresh heap present at once, which costs a third of one fault for each page.
void csystem_populate_heap(size_t length);

/// Moves the program's code into pages of 2 MiB, where the kernel has some to give: forked children then find all of it
/// present, where they would take a fault for every 64 KiB of it that they run, and lose time to the TLB.
void csystem_use_large_pages(void);

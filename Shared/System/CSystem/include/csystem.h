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

/// True if the calling thread is the one that the process began with.
int csystem_is_first_thread(void);

/// Limits the address space of the calling process (RLIMIT_AS), unless it is limited to less. Returns 0, or -1.
int csystem_limit_memory(uint64_t bytes);

/// Has the kernel end the calling process before others if memory runs out (proc(5), oom_score_adj). Does nothing if /proc
/// is not there.
void csystem_be_first_out_of_memory(void);

/// The number of arguments that the process was started with, the program's name included.
int csystem_argument_count(void);

/// The argument at an index, or NULL beyond the last.
const char *csystem_argument(int index);

/// Has getaddrinfo(3) look names up in /etc/hosts and then by DNS, whatever /etc/nsswitch.conf says. glibc contains these two
/// services. Others, such as `resolve` and `mdns4`, are shared objects, which an executable that is linked statically would
/// load from the machine that it runs on: one of another glibc crashes it. It also keeps nscd from being asked, and the variable LOCALDOMAIN from being read. Call it
/// before the first look-up; returns 0, or -1 if there is no memory.
int csystem_use_own_resolver(void);

/// How csystem_spawn starts a program. A memory limit (RLIMIT_AS) of 0 is none; that of the caller stays if it is lower.
struct csystem_spawn {
    const char *path;
    char *const *arguments;
    char *const *environment;
    /// Descriptors that become 0, 1, 2, 3 … of the program; -1 is /dev/null, or one that can't be used if there is no
    /// /dev/null. All others are closed.
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

/// An integer, 0 at first, that the process shares with those that are forked from it; NULL if there is no memory.
int64_t *csystem_shared_integer(void);
void csystem_free_shared_integer(int64_t *integer);

/// Sets a shared integer to `value` unless it is less than `distance` below that; 1 if it was set, by this process alone.
int csystem_advance(int64_t *integer, int64_t value, int64_t distance);

/// open(2) and fcntl(2) are variadic.
int csystem_open(const char *path, int flags, mode_t mode);
int csystem_set_nonblocking(int descriptor);

/// Opens those of the descriptors 0, 1 and 2 that are closed, so that no other file takes their numbers, and output that
/// is meant for a terminal does not go into it.
void csystem_open_standard_descriptors(void);

/// After this call SIGTERM and SIGINT interrupt a blocking call and set a flag instead of ending the process,
/// SIGPIPE does nothing, and SIGCHLD is held back except in csystem_wait_for_connection. Returns 1, or 0 if signals are
/// caught already.
int csystem_catch_signals(void);

/// Whether SIGTERM or SIGINT has come.
int csystem_is_terminating(void);

/// Puts the signals back that csystem_catch_signals changed, except SIGPIPE: for a forked child.
void csystem_release_signals(void);

/// For a forked child whose parent decides when it ends: SIGTERM and SIGINT, which a terminal or a service manager sends to
/// parent and child alike, do nothing; other signals are as after csystem_release_signals.
void csystem_leave_signals_to_parent(void);

enum { CSYSTEM_LISTENER_READY = 1, CSYSTEM_CONNECTION_READY = 2 };

/// Waits until `listener` has a connection, or there is something to read on `connection` (-1 is none), or a child has ended, or
/// SIGTERM has come. Returns which of the first two is so, a sum of the constants above.
int csystem_wait_for_connection(int listener, int connection);

/// Waits for something to read, for so many milliseconds at most: 1 if there is something, the end included.
int csystem_wait_for_input(int descriptor, int milliseconds);

/// Fills the holes that the process has left in its heap, for good, so that what forked children allocate lies together
/// in fresh pages, `fresh` bytes at least, instead of each hole's page being copied when a child writes to it.
void csystem_settle_heap(size_t fresh);

/// Makes the first `length` bytes of the fresh heap present at once, which costs a third of one fault for each page.
void csystem_populate_heap(size_t length);

/// Moves the program's code into pages of 2 MiB, where the kernel has some to give: forked children then find all of it
/// present, where they would take a fault for every 64 KiB of it that they run, and lose time to the TLB.
void csystem_use_large_pages(void);

#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// fork(2). Swift marks fork as unavailable, because it is unsafe in a program with several threads. Functions and the
/// runner have one thread.
pid_t csystem_fork(void);

/// Asks the kernel to send SIGKILL to the calling process when its parent ends. Returns 0, or -1 if the parent, whose
/// process id is `parent`, has already ended.
int csystem_die_with_parent(pid_t parent);

/// Returns 1 if the calling thread is the one that the process began with, otherwise 0.
int csystem_is_first_thread(void);

/// Limits the address space of the calling process (RLIMIT_AS), unless its limit is lower already. Returns 0, or -1 if
/// that fails.
int csystem_limit_memory(uint64_t bytes);

/// Asks the kernel to end the calling process before others if memory runs out (proc(5), oom_score_adj). Does nothing
/// if /proc is not mounted or refuses this.
void csystem_be_first_out_of_memory(void);

/// Returns the number of arguments that the process was started with, including the program's name.
int csystem_argument_count(void);

/// Returns the argument at an index, or NULL if there is none.
const char *csystem_argument(int index);

/// Makes getaddrinfo(3) look names up in /etc/hosts and then by DNS, whatever /etc/nsswitch.conf says. glibc contains
/// these two services. Others, such as `resolve` and `mdns4`, are shared objects. A statically linked executable would
/// load them from the machine that it runs on, and crash if they were built for another glibc. This also keeps glibc
/// from asking nscd and from reading the variable LOCALDOMAIN. Call it before the first look-up. Returns 0, or -1 if
/// that fails.
int csystem_use_own_resolver(void);

/// The parameters of csystem_spawn. A memory limit (RLIMIT_AS) of 0 means no further limit; if the caller's own hard
/// limit is lower, it stays.
struct csystem_spawn {
    const char *path;
    char *const *arguments;
    char *const *environment;
    /// The descriptors, at most 16, that become 0, 1, 2, 3 … of the program. -1 stands for /dev/null, or for a
    /// descriptor that can't be used if there is no /dev/null. All others are closed.
    const int *descriptors;
    int descriptor_count;
    uint64_t memory_bytes;
};

/// Starts a program that is killed when the caller ends, in a process group of its own, with all signals at their
/// defaults. Returns its process id, or the negated errno of the call that failed, including execve.
pid_t csystem_spawn(const struct csystem_spawn *how);

/// Sets the process's name, of which the kernel keeps 15 bytes. prctl(PR_SET_NAME) is variadic.
void csystem_set_name(const char *name);

/// Returns the exit status in wait(2)'s status, or 128 plus the number of the signal that ended the process.
int csystem_exit_status(int status);

/// Limits the process to `seconds` more seconds of CPU time from now on, give or take a second. After that, SIGXCPU
/// ends it. Returns 0, or -1 if that fails.
int csystem_limit_cpu(uint64_t seconds);

/// Returns an integer, initially 0, that the process shares with processes forked from it later. Returns NULL if there
/// is no memory.
int64_t *csystem_shared_integer(void);
void csystem_free_shared_integer(int64_t *integer);

/// Sets a shared integer to `value` if it is 0, greater than `value`, or at least `distance` below `value`. Returns 1
/// if this call has set it, and 0 otherwise, including when another process has set it at the same time.
int csystem_advance(int64_t *integer, int64_t value, int64_t distance);

/// Calls open(2). This function and the next one are here because open(2) and fcntl(2) are variadic.
int csystem_open(const char *path, int flags, mode_t mode);
int csystem_set_nonblocking(int descriptor);

/// Opens those of the descriptors 0, 1 and 2 that are closed, as /dev/null, so that no other file gets these numbers,
/// and no output that is meant for a terminal is written into such a file.
void csystem_open_standard_descriptors(void);

/// Catches signals: from now on SIGTERM and SIGINT interrupt a blocking call and set a flag instead of ending the
/// process, SIGPIPE is ignored, and SIGCHLD is blocked except in csystem_wait_for_connection. Returns 1, or 0 if
/// signals were caught already.
int csystem_catch_signals(void);

/// Returns 1 if SIGTERM or SIGINT has been received while signals were caught, otherwise 0.
int csystem_is_terminating(void);

/// Returns true if `content` contains the bytes of `part`.
bool csystem_contains(const void *content, size_t length, const void *part, size_t part_length);

/// Sets the signals that csystem_catch_signals changed, except SIGPIPE, to their defaults. It is for forked children.
void csystem_release_signals(void);

/// Prepares the signals of a forked child whose parent decides when it ends. SIGTERM and SIGINT, which a terminal or a
/// service manager sends to parent and child, are ignored; other signals are as after csystem_release_signals.
void csystem_leave_signals_to_parent(void);

enum { CSYSTEM_LISTENER_READY = 1, CSYSTEM_CONNECTION_READY = 2 };

/// Waits for at most 24 hours until `listener` has a connection, `connection` (-1 for none) has input or has ended, or
/// a signal has been received, such as SIGCHLD, SIGTERM or SIGINT. Returns which of the first two is the case, as a sum
/// of the constants above; 0 for neither.
int csystem_wait_for_connection(int listener, int connection);

/// Waits for input for at most `milliseconds` milliseconds. Returns 1 if there is input, its end or an error, and 0 if
/// there is none of them or a signal has been received.
int csystem_wait_for_input(int descriptor, int milliseconds);

/// Fills the holes of up to 64 KiB in the process's heap for good, at most 100,000 of them, and leaves at least `fresh`
/// bytes of fresh memory behind them. Memory that forked children allocate then lies together in fresh pages. Otherwise
/// a child would write into many holes, and each time the kernel would have to copy a page.
void csystem_settle_heap(size_t fresh);

/// Makes the first `length` bytes of the fresh memory present at once, if the kernel supports that (5.14). This takes a
/// third of the time of one page fault per page.
void csystem_populate_heap(size_t length);

/// Moves the program's code, as far as it fills whole pages of 2 MiB, into such pages, if the kernel has them. Forked
/// children then find this code present. Otherwise they would have a page fault for every 64 KiB of code that they run,
/// and lose time to misses of the TLB.
void csystem_use_large_pages(void);

#define _GNU_SOURCE
#include "csystem.h"
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <time.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t csystem_fork(void) { return fork(); }

int csystem_die_with_parent(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    return getppid() == parent ? 0 : -1;
}

int csystem_is_first_thread(void) { return gettid() == getpid(); }

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ADDRESS_SANITIZER 1
// Sets the options of Tests/sanitize. They are compiled in because child processes do not inherit the environment.
// Memory that a process still has at its end does not count as a leak, and signals end a process as they do without the
// sanitizer.
const char *__asan_default_options(void) {
    return "detect_leaks=0:handle_segv=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0:handle_abort=0";
}
#endif
#endif

// Limits the address space. A build with AddressSanitizer has no limit, because the sanitizer reserves terabytes of
// address space.
static int limit_address_space(const struct rlimit *limits) {
#ifdef HAS_ADDRESS_SANITIZER
    (void)limits;
    return 0;
#else
    return setrlimit(RLIMIT_AS, limits);
#endif
}

int csystem_limit_memory(uint64_t bytes) {
    struct rlimit limits;
    if (getrlimit(RLIMIT_AS, &limits) != 0) return -1;
    if (limits.rlim_cur != RLIM_INFINITY && limits.rlim_cur <= bytes) return 0;
    limits.rlim_cur = bytes;
    return limit_address_space(&limits);
}

void csystem_be_first_out_of_memory(void) {
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    ssize_t written = write(file, "1000", 4);
    (void)written;
    close(file);
}

void csystem_set_name(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

int csystem_exit_status(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int csystem_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }

int csystem_limit_cpu(uint64_t seconds) {
    // The limit that was set last. The wanted limit changes only once per second of CPU time, in which a process may
    // serve thousands of requests.
    static rlim_t current;
    struct rusage used;
    struct rlimit limits;
    if (getrusage(RUSAGE_SELF, &used) != 0) return -1;
    rlim_t wanted = used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1 + seconds;
    if (wanted == current) return 0;
    if (getrlimit(RLIMIT_CPU, &limits) != 0) return -1;
    limits.rlim_cur = wanted;
    if (setrlimit(RLIMIT_CPU, &limits) != 0) return -1;
    current = wanted;
    return 0;
}

/// Makes all descriptors from `first` on close at execve. Kernels before 5.11 and some seccomp filters refuse
/// close_range with these flags. Then each number is tried, which takes a millisecond for every 10,000.
static void close_from(int first) {
    if (close_range(first, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    for (rlim_t number = first; number < limit.rlim_cur && number < 1 << 20; number++) {
        int flags = fcntl(number, F_GETFD);
        if (flags >= 0 && !(flags & FD_CLOEXEC)) fcntl(number, F_SETFD, flags | FD_CLOEXEC);
    }
}

/// Returns a descriptor of /dev/null, or, if that can't be opened, one that can be neither read nor written. Returns -1
/// if both fail.
static int open_null(int flags) {
    int descriptor = open("/dev/null", O_RDWR | flags);
    return descriptor >= 0 ? descriptor : open("/", O_PATH | flags);
}

void csystem_open_standard_descriptors(void) {
    for (int number = 0; number <= 2; number++)
        if (fcntl(number, F_GETFD) < 0 && errno == EBADF) open_null(0);
}

int64_t *csystem_shared_integer(void) {
    void *memory = mmap(NULL, sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void csystem_free_shared_integer(int64_t *integer) {
    if (integer != NULL) munmap(integer, sizeof *integer);
}

int csystem_advance(int64_t *integer, int64_t value, int64_t distance) {
    int64_t before = __atomic_load_n(integer, __ATOMIC_RELAXED);
    // A value ahead of the current time comes from a clock that has been set back since.
    if (before != 0 && value >= before && value - before < distance) return 0;
    return __atomic_compare_exchange_n(integer, &before, value, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

int csystem_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

/// Turns the new process into the program, between fork and execve, with async-signal-safe calls only. Returns the
/// errno of the call that failed. `report` is moved to a number that does not collide with the program's descriptors,
/// and closes at execve.
static int become(const struct csystem_spawn *how, pid_t parent, int *report) {
    enum { most = 16 };
    int moved[most], above = how->descriptor_count;
    if (how->descriptor_count > most) return EINVAL;
    if ((*report = fcntl(*report, F_DUPFD_CLOEXEC, above)) < 0) return errno;
    for (int target = 0; target < how->descriptor_count; target++) {
        int source = how->descriptors[target];
        if (source < 0 && (source = open_null(O_CLOEXEC)) < 0) return errno;
        if ((moved[target] = fcntl(source, F_DUPFD_CLOEXEC, above)) < 0) return errno;
    }
    for (int target = 0; target < how->descriptor_count; target++)
        if (dup2(moved[target], target) < 0) return errno;
    close_from(how->descriptor_count);

    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    if (csystem_die_with_parent(parent) != 0) return ESRCH;
    struct rlimit no_core = {0, 0}, memory;
    if (setrlimit(RLIMIT_CORE, &no_core) != 0 || getrlimit(RLIMIT_AS, &memory) != 0) return errno;
    // The hard limit of this process itself can't be raised.
    if (how->memory_bytes != 0 && how->memory_bytes < memory.rlim_max) {
        memory.rlim_cur = memory.rlim_max = how->memory_bytes;
        if (limit_address_space(&memory) != 0) return errno;
    }
    execve(how->path, how->arguments, how->environment);
    return errno;
}

pid_t csystem_spawn(const struct csystem_spawn *how) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return -errno;
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        int channel = report[1], error = become(how, parent, &channel);
        ssize_t written = write(channel, &error, sizeof error);
        (void)written;
        _exit(127);
    }
    int error = child < 0 ? errno : 0;
    close(report[1]);
    if (child > 0) {
        ssize_t length;
        do length = read(report[0], &error, sizeof error);
        while (length < 0 && errno == EINTR);
        if (length == sizeof error) waitpid(child, NULL, 0);
        else error = 0;
    }
    close(report[0]);
    return error ? -error : child;
}

static volatile sig_atomic_t terminating;
static int catching;

/// The time that csystem_wait_for_connection waits. A signal that arrives between the function's last look at
/// `terminating` and its system call would not interrupt that call. Therefore the signal handler sets this time to 0.
static volatile struct timespec patience;

static void note_termination(int number) {
    (void)number;
    terminating = 1;
    patience.tv_sec = 0;
    patience.tv_nsec = 0;
}

static void note_nothing(int number) { (void)number; }

static void catch_signal(int number, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler};
    sigaction(number, &action, NULL);
}

static void hold_children_back(int how) {
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(how, &children, NULL);
}

int csystem_catch_signals(void) {
    if (catching) return 0;
    catching = 1;
    signal(SIGPIPE, SIG_IGN);
    catch_signal(SIGTERM, note_termination);
    catch_signal(SIGINT, note_termination);
    catch_signal(SIGCHLD, note_nothing);
    hold_children_back(SIG_BLOCK);
    return 1;
}

int csystem_is_terminating(void) { return terminating; }

void csystem_release_signals(void) {
    catching = 0;
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    hold_children_back(SIG_UNBLOCK);
}

void csystem_leave_signals_to_parent(void) {
    csystem_release_signals();
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
}

int csystem_wait_for_connection(int listener, int connection) {
    sigset_t none;
    sigemptyset(&none);
    struct pollfd entries[] = {{.fd = listener, .events = POLLIN}, {.fd = connection, .events = POLLIN}};
    patience.tv_nsec = 0;
    patience.tv_sec = 24 * 60 * 60;
    if (terminating) return 0;
    // Uses the system call, because the library's function would make a copy of the time before the call.
    if (syscall(SYS_ppoll, entries, 2, &patience, &none, _NSIG / 8) <= 0) return 0;
    return (entries[0].revents != 0 ? CSYSTEM_LISTENER_READY : 0) | (entries[1].revents != 0 ? CSYSTEM_CONNECTION_READY : 0);
}

int csystem_wait_for_input(int descriptor, int milliseconds) {
    struct pollfd entry = {.fd = descriptor, .events = POLLIN};
    return poll(&entry, 1, milliseconds) > 0;
}

static char *fresh_heap;

/// Gives the memory pages that lie completely within a chunk back to the kernel. Their contents are lost.
static void drop_pages(char *chunk, size_t size) {
    uintptr_t start = ((uintptr_t)chunk + 4095) & ~(uintptr_t)4095, end = ((uintptr_t)chunk + size) & ~(uintptr_t)4095;
    if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
}

void csystem_settle_heap(size_t fresh) {
    // A large allocation is taken from the end of the heap, and stays part of the heap when it is freed. It also makes
    // malloc sort the chunks that were freed last.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 32 << 20);
    char *volatile end = malloc(fresh);
    if (end == NULL) return;
    drop_pages(end, fresh);
    free(end);
    int most = 100000;
    for (size_t size = 64 << 10; size >= 16 && most > 0; size -= size > 1024 ? 1024 : 16) {
        char *volatile hole;
        while ((hole = malloc(size)) != NULL && hole < end && most-- > 0) drop_pages(hole, size);
        free(hole);
    }
    fresh_heap = end;
}

void csystem_populate_heap(size_t length) {
    uintptr_t start = (uintptr_t)fresh_heap & ~(uintptr_t)4095;
    // This only saves time. A kernel that does not support this (before 5.14) provides the pages one by one when they
    // are used.
    if (fresh_heap != NULL) madvise((void *)start, length, MADV_POPULATE_WRITE);
}

extern char __executable_start, etext;

void csystem_use_large_pages(void) {
    const uintptr_t page = 2 << 20;
    uintptr_t start = ((uintptr_t)&__executable_start + page - 1) & ~(page - 1), end = (uintptr_t)&etext & ~(page - 1);
    if (start >= end) return;
    size_t length = end - start;
    char *region = mmap(NULL, length + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (region == MAP_FAILED) return;
    char *copy = (char *)(((uintptr_t)region + page - 1) & ~(page - 1));
    if (madvise(copy, length, MADV_HUGEPAGE) == 0) {
        // A copy with the same bytes replaces the code while it runs. No page is ever writable and executable at once.
        memcpy(copy, (void *)start, length);
        if (mprotect(copy, length, PROT_READ | PROT_EXEC) == 0)
            mremap(copy, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, start);
    }
}

bool csystem_contains(const void *content, size_t length, const void *part, size_t part_length) {
    return memmem(content, length, part, part_length) != NULL;
}

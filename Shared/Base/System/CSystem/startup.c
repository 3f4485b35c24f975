/* Work that must be done before the Swift runtime initialises itself.

   Problem. On Linux the Swift runtime has two static initialisers that read /proc. One looks for the process's
   arguments in /proc/self/maps; without /proc, CommandLine.arguments is empty. The other looks for the program
   swift-backtrace in the executable's folder, and finds that folder by /proc/self/exe. If it can't read that link, as
   in a chroot or a container without /proc, it aborts with "Unable to obtain Swift runtime path".

   Approach. A constructor of priority 101, the first that programs may use, runs before the constructors of the
   runtime, which have no priority (GCC manual, attribute "constructor"). glibc passes the arguments of main to
   constructors, and this one stores them. If /proc/self/exe can't be read, it sets SWIFT_ROOT, which the second
   initialiser uses instead of the executable's folder (swiftlang/swift, stdlib/public/runtime/Paths.cpp). If the caller
   has set that variable, its value stays.

   Cost. One readlink(2). If this sets SWIFT_ROOT, the process sees the variable in its environment. */
#define _GNU_SOURCE
#include "csystem.h"
#include <stdlib.h>
#include <unistd.h>

static int argument_count;
static char **argument_values;

__attribute__((constructor(101))) static void start(int count, char **values) {
    argument_count = count;
    argument_values = values;
    char path[1];
    const char *root = getenv("SWIFT_ROOT");
    // The Swift runtime treats an empty value like no value.
    if ((root == NULL || *root == '\0') && readlink("/proc/self/exe", path, sizeof path) < 0) setenv("SWIFT_ROOT", "/", 1);
}

int csystem_argument_count(void) { return argument_count; }

const char *csystem_argument(int index) {
    return index >= 0 && index < argument_count ? argument_values[index] : NULL;
}

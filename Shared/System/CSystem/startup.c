/* What must happen before the Swift runtime initialises itself.

   Problem. On Linux the Swift runtime has two static initialisers that read /proc. One looks for the process's arguments in
   /proc/self/maps; without /proc, CommandLine.arguments is empty. The other looks for the swift-backtrace program beside
   the executable, finds the executable by /proc/self/exe, and aborts with "Unable to obtain Swift runtime path" where it
   can't be read: in an empty root, such as a chroot or a container that mounts no /proc.

   Approach. A constructor of priority 101, the first that programs may use, runs before those of the runtime, which have
   none (GCC manual, "constructor" attribute). glibc passes constructors the arguments of main. The constructor keeps them.
   If /proc/self/exe can't be read, it sets SWIFT_ROOT, which the second initialiser uses instead of the executable's folder
   (swiftlang/swift, stdlib/public/runtime/Paths.cpp); a value of the caller's stays.

   Cost. One readlink(2). Where SWIFT_ROOT is set, the process sees it in its environment. */
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
    // The runtime takes an empty value for none.
    if ((root == NULL || *root == '\0') && readlink("/proc/self/exe", path, sizeof path) < 0) setenv("SWIFT_ROOT", "/", 1);
}

int csystem_argument_count(void) { return argument_count; }

const char *csystem_argument(int index) {
    return index >= 0 && index < argument_count ? argument_values[index] : NULL;
}

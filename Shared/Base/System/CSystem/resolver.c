#include "csystem.h"
#include <nss.h>
#include <stdlib.h>

int csystem_use_own_resolver(void) {
    // glibc 2.36 fails an assertion if the list of search domains in this variable is longer than 256 bytes.
    unsetenv("LOCALDOMAIN");
    return __nss_configure_lookup("hosts", "files dns");
}

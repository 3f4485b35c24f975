// libidn2: internationalized host names in libcurl.
#include "trap.h"

TRAP(idn2_check_version)
TRAP(idn2_free)
TRAP(idn2_lookup_ul)

// libpsl: the Public Suffix List, for cookies in libcurl.
#include "trap.h"

TRAP(psl_builtin)
TRAP(psl_free)
TRAP(psl_get_version)
TRAP(psl_is_cookie_domain_acceptable)
TRAP(psl_latest)

// libzstd: the content coding zstd in libcurl.
#include "trap.h"

/// Fails, because there is no decoder. libcurl calls it for a response with Content-Encoding zstd, even if the request
/// did not ask for that.
void *ZSTD_createDStream(void) { return NULL; }

TRAP(ZSTD_decompressStream)
TRAP(ZSTD_freeDStream)
TRAP(ZSTD_isError)
TRAP(ZSTD_versionNumber)

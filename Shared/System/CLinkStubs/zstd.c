// libzstd: the content coding zstd in libcurl.
#include "trap.h"

/// Called by libcurl for a response of Content-Encoding zstd, whether it was asked for or not. Fails: there is no decoder.
void *ZSTD_createDStream(void) { return NULL; }

TRAP(ZSTD_decompressStream)
TRAP(ZSTD_freeDStream)
TRAP(ZSTD_isError)
TRAP(ZSTD_versionNumber)

// libbrotlidec: the content coding br in libcurl.
#include "trap.h"

/// Fails, because there is no decoder. libcurl calls it for a response with Content-Encoding br, even if the request
/// did not ask for that.
void *BrotliDecoderCreateInstance(void *allocate, void *release, void *context) {
    (void)allocate;
    (void)release;
    (void)context;
    return NULL;
}

TRAP(BrotliDecoderDecompressStream)
TRAP(BrotliDecoderDestroyInstance)
TRAP(BrotliDecoderGetErrorCode)
TRAP(BrotliDecoderVersion)

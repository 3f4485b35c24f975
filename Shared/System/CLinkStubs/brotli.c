// libbrotlidec: the content coding br in libcurl.
#include "trap.h"

/// Called by libcurl for a response of Content-Encoding br, whether it was asked for or not. Fails: there is no decoder.
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

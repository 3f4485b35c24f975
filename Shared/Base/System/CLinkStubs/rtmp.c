// librtmp: RTMP in libcurl.
#include "trap.h"

TRAP(RTMP_Alloc)
TRAP(RTMP_Close)
TRAP(RTMP_Connect1)
TRAP(RTMP_ConnectStream)
TRAP(RTMP_Free)
TRAP(RTMP_Init)
TRAP(RTMP_Read)
TRAP(RTMP_SetBufferMS)
TRAP(RTMP_SetupURL)
TRAP(RTMP_Write)

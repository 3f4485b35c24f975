#pragma once
#include "clinkstubs.h"
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Everything that is declared below is visible within the executable only. Functions of the C library, which are not, must be
// declared above.
#pragma GCC visibility push(hidden)

/// Defines a function that must never be called. A caller's arguments and result do not matter: it never returns.
#define TRAP(symbol)                                                                                                           \
    void symbol(void) { clinkstubs_called(#symbol); }

#pragma once
#include "clinkstubs.h"
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// All declarations below are visible only within the executable. Functions of the C library must be visible
// everywhere, so they are declared above.
#pragma GCC visibility push(hidden)

/// Defines a function that must never be called. The caller's arguments and result don't matter, because it never
/// returns.
#define TRAP(symbol)                                                                                                           \
    void symbol(void) { clinkstubs_called(#symbol); }

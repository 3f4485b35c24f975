#include "trap.h"

void clinkstubs_called(const char *symbol) {
    static const char sentence[] = " was called, but its library is not part of this executable.\n";
    ssize_t written = write(2, symbol, strlen(symbol));
    written = write(2, sentence, sizeof sentence - 1);
    (void)written;
    abort();
}

/* The stack under a trap: which functions are on it, and with how many bytes, by the unwinder's tables, which compilers
 * write on x86-64 unasked.
 *
 * Threads: one at a time. Units: bytes.
 */
#ifndef ABREAST_DEMO_RECORDER_UNWIND_H
#define ABREAST_DEMO_RECORDER_UNWIND_H

#include "demo/recorder/symbols.h"

enum { UNWIND_DEEPEST = 4096 };

struct unwound {
    size_t count;
    struct {
        uint64_t at; /* an address inside the function, where it goes on */
        unsigned bytes;
    } each[UNWIND_DEEPEST + 1]; /* innermost first */
};

/* From a signal's handler: the functions from the one that was interrupted, at that address, down to the one above
 * `base`. 0, or -ERANGE: it did not come to `base`. */
int unwind(struct unwound *, uint64_t interrupted, const struct symbols *, const struct symbol *base);

#endif

/* The functions of this executable by address, from its own symbol table, which needs no debug information.
 *
 * Owns: the table. Threads: any, once it is read. Errors: 0 or negative errno.
 */
#ifndef ABREAST_DEMO_RECORDER_SYMBOLS_H
#define ABREAST_DEMO_RECORDER_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct symbol {
    uint64_t address, bytes;
    const char *name; /* what a compiler adds to it, as .constprop.0, left out */
};

struct symbols {
    struct symbol *each; /* by address */
    size_t count;
    char *file;
};

int symbols_read(struct symbols *);
void symbols_free(struct symbols *);

/* The function that the address is in; null: none of this executable. */
const struct symbol *symbols_find(const struct symbols *, uint64_t address);

#endif

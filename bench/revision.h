/* Which sources a run measures: the revision of the tree that this executable was built from, by git, as it is when the
 * run begins, and when the executable was linked, so that a reader can see where the two do not fit.
 *
 * Owns: its strings are its own. Errors: none; where git tells nothing, the reason is said.
 */
#ifndef ABREAST_BENCH_REVISION_H
#define ABREAST_BENCH_REVISION_H

#include "bench/json.h"

struct revision {
    char commit[72]; /* empty: not known */
    bool dirty;      /* the tree has changes that are not committed */
    char built[40];  /* of the executable; UTC, empty: not known */
};

/* Asks git; nothing of it is printed. */
void revision_read(struct revision *);

/* The member "git" of a JSON object. */
void revision_write(const struct revision *, struct json *);

#endif

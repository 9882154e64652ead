/* The executables that other compilers and settings made of some cells (cmake/cells.cmake), which lie beside this one:
 * runs those of one kind, as many at once as there are processors, and takes over the rows that they print, in the
 * order of cells/manifest.tsv.
 *
 * Errors: 0 or negative errno. A program that fails is recorded as skipped, and the others go on.
 */
#ifndef ABREAST_BENCH_PROGRAMS_H
#define ABREAST_BENCH_PROGRAMS_H

#include "bench/cell.h"

#include <limits.h>

enum { PROGRAM_NAME_BYTES = 512, PROGRAM_TOOLCHAIN_BYTES = 128, MAX_ARGUMENTS = 512, ARGUMENT_BYTES = 256 };

struct program {
    char name[PROGRAM_NAME_BYTES]; /* in the cells' folder */
    char path[PATH_MAX];
    char toolchain[PROGRAM_TOOLCHAIN_BYTES];
};

/* What a program is told, behind its name. */
struct arguments {
    size_t count;
    char text[MAX_ARGUMENTS][ARGUMENT_BYTES];
};

/* 0 or -E2BIG. */
int arguments_add(struct arguments *, const char *);

struct programs {
    const char *kind; /* what the name of the executable, without its folder, begins with */
    /* Appends what the program is to do. 0, SPAWN_NOTHING (bench/spawn.h), or negative errno. */
    int (*tell)(const struct programs *, const struct program *, struct arguments *);
    const struct experiment *experiment; /* whose they are; null: those of several */
    const struct run_options *options;
    struct results *results;
    struct progress *progress;
};

/* -ECHILD, after a line: there is no manifest, or programs had something to do and all of them failed. */
int programs_run(const struct programs *);

/* Appends the numbers, in the program's own list, of the experiment's cells that the filters want. As `tell`. */
int programs_select(const struct programs *, const struct program *, struct arguments *);

#endif

/* A file that appears under its final name only when it is complete: written aside, then renamed.
 *
 * Errors: 0 or negative errno; a failed write shows in output_commit, which then removes the temporary file.
 */
#ifndef ABREAST_BENCH_OUTPUT_H
#define ABREAST_BENCH_OUTPUT_H

#include <stdio.h>

struct output {
    FILE *file;
    char *path;
    char *aside;
};

int output_open(struct output *, const char *path);
int output_commit(struct output *);
void output_discard(struct output *);

/* Makes a directory and its parents; 0 when it is there already. */
int output_make_directory(const char *path);

#endif

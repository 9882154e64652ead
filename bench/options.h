/* The command line of the commands that select and run cells. */
#ifndef ABREAST_BENCH_OPTIONS_H
#define ABREAST_BENCH_OPTIONS_H

#include "bench/cell.h"

/* What a command accepts besides filters. */
enum {
    ACCEPT_MODE = 1,       /* --quick --full --smoke */
    ACCEPT_OUT = 2,        /* --out DIR */
    ACCEPT_SEED = 4,       /* --seed N */
    ACCEPT_REACTOR = 8,    /* --reactor=BACKEND */
    ACCEPT_ALLOCATOR = 16, /* --allocator NAME */
};

struct options {
    struct run_options run;
    const char *out;
};

enum { EXIT_OK = 0, EXIT_ERROR = 1, EXIT_NOTHING = 4, EXIT_SKIPPED = 77 };

/* Parses what follows the command's name, options and filters in any order. The filters keep pointing into argv, which
 * is reordered. EXIT_OK, or EXIT_ERROR after one line on stderr. */
int options_parse(struct options *, int argc, char **argv, unsigned accept);

/* For the options of one command: the value of `name`, written --name VALUE or --name=VALUE, "" where it lacks one, and
 * `*at` is its last argument; null: argv[*at] is something else. */
const char *option_value(const char *name, int argc, char **argv, int *at);

/* A whole number in a range; false after one line on stderr. */
bool option_number(const char *name, const char *text, uint64_t least, uint64_t most, uint64_t *number);

/* Whether the filters select a cell in this mode. */
bool options_select(const struct run_options *);

/* EXIT_OK when every filter selects something in this mode; else EXIT_ERROR (no such experiment) or EXIT_NOTHING, after
 * one line on stderr. */
int options_check_filters(const struct run_options *);

#endif

#define _GNU_SOURCE
#include "bench/commands.h"
#include "bench/options.h"
#include "bench/progress.h"
#include "bench/spawn.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The ledger of claims and its rules are read by scripts/report; here is what it says a claim needs, and the run of it.
 * The rows of a claim are measured again in quick mode, into a folder of its own. */

enum { FILTERS = 96, FILTER_BYTES = 160 };

struct needed {
    char filters[FILTERS][FILTER_BYTES];
    size_t count;
    bool too_many;
};

static int find_report(char path[PATH_MAX])
{
    const char *named = getenv("ABREAST_SOURCE");
    const char *sources = named && *named ? named : ABREAST_SOURCES;
    int length = snprintf(path, PATH_MAX, "%s/scripts/report", sources);
    if (length > 0 && length < PATH_MAX && access(path, X_OK) == 0)
        return EXIT_OK;
    complain("'%s' has no scripts/report: set ABREAST_SOURCE to the folder of abreast's sources", sources);
    return EXIT_ERROR;
}

/* Ends this program with the script's status, or returns. */
static int become_report(char *path, const char *id, const char *out)
{
    char *argv[] = {path, "claim", (char *)id, "--out", (char *)out, NULL};
    if (!id)
        argv[2] = NULL;
    fflush(stdout);
    execv(path, argv);
    complain("cannot start '%s': %s", path, strerror(errno));
    return EXIT_ERROR;
}

static void take_filter(void *context, const char *line)
{
    struct needed *needed = context;
    if (needed->count == FILTERS || strlen(line) >= FILTER_BYTES)
        needed->too_many = true;
    else
        strcpy(needed->filters[needed->count++], line);
}

/* The filters that select something in quick mode: what is measured in full mode alone is left out, as any run does. */
static size_t keep_quick(struct needed *needed)
{
    size_t kept = 0;
    for (size_t i = 0; i < needed->count; i++) {
        const char *filter = needed->filters[i];
        struct run_options one = {.filters = &filter, .filter_count = 1};
        if (options_select(&one) && kept++ != i)
            memmove(needed->filters[kept - 1], filter, strlen(filter) + 1);
    }
    return kept;
}

static int run(struct needed *needed, const char *out)
{
    char *argv[FILTERS + 4];
    int argc = 0;
    for (size_t i = 0; i < needed->count; i++)
        argv[argc++] = needed->filters[i];
    argv[argc++] = "--quick";
    argv[argc++] = "--out";
    argv[argc++] = (char *)out;
    argv[argc] = NULL;
    return command_run(argc, argv);
}

static int measure_and_judge(char *path, const char *id, const char *out)
{
    struct needed needed = {.count = 0};
    const char *const argv[] = {path, "claim-filters", id, NULL};
    int status = spawn_lines(argv, (const char *const *)environ, take_filter, &needed);
    if (status < 0)
        complain("cannot start '%s': %s", path, strerror(-status));
    else if (!status && needed.too_many)
        complain("claim '%s' needs more than %d filters", id, FILTERS);
    if (status || needed.too_many)
        return EXIT_ERROR;
    if (!needed.count)
        return become_report(path, id, out); /* which says why it cannot be tested */
    needed.count = keep_quick(&needed);
    if (!needed.count) {
        complain("claim '%s' rests on cells of the full mode alone: use scripts/reproduce --full", id);
        return EXIT_NOTHING;
    }
    status = run(&needed, out);
    return status ? status : become_report(path, id, out);
}

int command_claim(int argc, char **argv)
{
    const char *id = NULL, *out = NULL;
    for (int i = 0; i < argc; i++) {
        const char *value = option_value("--out", argc, argv, &i);
        if (value && *value) {
            out = value;
        } else if (value || argv[i][0] == '-' || !argv[i][0] || id) {
            complain("claim takes an ID and --out DIR, not '%s': see abreast --help", argv[i]);
            return EXIT_ERROR;
        } else {
            id = argv[i];
        }
    }
    char path[PATH_MAX], folder[PATH_MAX];
    if (find_report(path))
        return EXIT_ERROR;
    snprintf(folder, sizeof folder, "out/claims/%s", id ? id : "");
    return id ? measure_and_judge(path, id, out ? out : folder) : become_report(path, NULL, out ? out : "out");
}

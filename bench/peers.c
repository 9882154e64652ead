#define _GNU_SOURCE /* environ */
#include "bench/peers.h"
#include "bench/progress.h"
#include "bench/spawn.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reading {
    struct peer *peer;
    struct results *results;
    int status;
};

static void field(char *to, size_t size, char **rest)
{
    char *from = strsep(rest, "\t");
    snprintf(to, size, "%s", from ? from : "");
}

/* First a line of its own about the build, then rows. */
static void take_line(void *context, const char *line)
{
    struct reading *reading = context;
    int status;
    if (strncmp(line, "#toolchain\t", 11) == 0) {
        char *copy = strdup(line + 11), *rest = copy;
        status = copy ? 0 : -ENOMEM;
        if (copy) {
            field(reading->peer->toolchain, sizeof reading->peer->toolchain, &rest);
            field(reading->peer->flags, sizeof reading->peer->flags, &rest);
            field(reading->peer->transfer, sizeof reading->peer->transfer, &rest);
        }
        free(copy);
    } else {
        status = results_add_line(reading->results, line);
    }
    if (status && !reading->status)
        reading->status = status;
}

static int measure(const char *path, struct peer *peer, const struct run_options *options, struct results *results)
{
    const char **argv = calloc(options->filter_count + 4, sizeof *argv);
    if (!argv)
        return -ENOMEM;
    size_t n = 0;
    argv[n++] = path;
    argv[n++] = "measure";
    argv[n++] = options->full ? "--full" : "--quick";
    for (size_t i = 0; i < options->filter_count; i++)
        argv[n++] = options->filters[i];
    struct reading reading = {.peer = peer, .results = results};
    int status = spawn_lines(argv, (const char *const *)environ, take_line, &reading);
    free(argv);
    return status ? status : reading.status;
}

int peers_measure(struct peers *peers, const struct run_options *options, struct results *results)
{
    char self[PATH_MAX], pattern[PATH_MAX + 32];
    peers->count = 0;
    int status = spawn_self(self, sizeof self);
    if (status)
        return status;
    snprintf(pattern, sizeof pattern, "%.*s/peers/*/abreast", (int)(strrchr(self, '/') - self), self);
    glob_t found;
    if (glob(pattern, 0, NULL, &found) != 0)
        return 0;
    for (size_t i = 0; i < found.gl_pathc && peers->count < PEERS_MAX && !status; i++) {
        struct peer *peer = &peers->items[peers->count];
        *peer = (struct peer){0};
        status = measure(found.gl_pathv[i], peer, options, results);
        if (status == 0) {
            peers->count++;
        } else if (status != -EINTR && status != -ENOMEM) {
            const char *name = strstr(found.gl_pathv[i], "/peers/") + 1;
            complain("%s: its figures are left out: it failed (%d)", name, status);
            results_add_skipped(results, "-", name, "the other build failed; its message is on stderr");
            status = 0;
        }
    }
    globfree(&found);
    return status;
}

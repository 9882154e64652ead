#define _GNU_SOURCE /* environ */
#include "bench/revision.h"
#include "bench/spawn.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The commit in the first line; a second one where anything was changed. */
static const char ask[] = "test -e \"$0/.git\" && git -C \"$0\" rev-parse HEAD 2>/dev/null && git -C \"$0\" status "
                          "--porcelain 2>/dev/null | head -n 1";

static void take_line(void *context, const char *line)
{
    struct revision *revision = context;
    if (revision->commit[0])
        revision->dirty = true;
    else
        snprintf(revision->commit, sizeof revision->commit, "%s", line);
}

void revision_read(struct revision *revision)
{
    *revision = (struct revision){.dirty = false};
    const char *named = getenv("ABREAST_SOURCE");
    const char *const argv[] = {"sh", "-c", ask, named && *named ? named : ABREAST_SOURCES, NULL};
    if (spawn_lines(argv, (const char *const *)environ, take_line, revision))
        revision->commit[0] = '\0';

    char self[PATH_MAX];
    struct stat is;
    struct tm parts;
    if (spawn_self(self, sizeof self) == 0 && stat(self, &is) == 0 && gmtime_r(&is.st_mtime, &parts))
        strftime(revision->built, sizeof revision->built, "%Y-%m-%dT%H:%M:%S+00:00", &parts);
}

void revision_write(const struct revision *revision, struct json *json)
{
    json_open(json, "git", '{');
    json_string(json, "revision", revision->commit[0] ? revision->commit : NULL);
    if (revision->commit[0])
        json_bool(json, "dirty", revision->dirty);
    else
        json_string(json, "reason", "not a git work tree, or git is not installed");
    if (revision->built[0])
        json_string(json, "built", revision->built);
    json_close(json, '}');
}

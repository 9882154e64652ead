#define _GNU_SOURCE /* asprintf */
#include "bench/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int release(struct output *output, int status)
{
    if (status && output->aside)
        unlink(output->aside);
    free(output->path);
    free(output->aside);
    *output = (struct output){0};
    return status;
}

int output_open(struct output *output, const char *path)
{
    *output = (struct output){.path = strdup(path)};
    if (asprintf(&output->aside, "%s.partial-%ld", path, (long)getpid()) < 0)
        output->aside = NULL;
    if (!output->path || !output->aside)
        return release(output, -ENOMEM);
    output->file = fopen(output->aside, "we");
    return output->file ? 0 : release(output, -errno);
}

int output_commit(struct output *output)
{
    int status = ferror(output->file) ? -EIO : 0;
    if (fclose(output->file) && !status)
        status = -errno;
    if (!status && rename(output->aside, output->path))
        status = -errno;
    return release(output, status);
}

void output_discard(struct output *output)
{
    fclose(output->file);
    release(output, -ECANCELED);
}

int output_make_directory(const char *path)
{
    char *copy = strdup(path);
    if (!copy)
        return -ENOMEM;
    int status = 0;
    for (char *at = copy; !status;) {
        at += strspn(at, "/");
        at += strcspn(at, "/");
        char saved = *at;
        *at = '\0';
        if (mkdir(copy, 0777) && errno != EEXIST)
            status = -errno;
        *at = saved;
        if (saved == '\0')
            break;
    }
    struct stat info;
    if (!status && (stat(path, &info) || !S_ISDIR(info.st_mode)))
        status = -ENOTDIR;
    free(copy);
    return status;
}

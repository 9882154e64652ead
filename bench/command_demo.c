#define _GNU_SOURCE
#include "bench/commands.h"
#include "bench/options.h"
#include "bench/progress.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The stepper is scripts/demo; here is where it lies, and where the recorder is that it shows: beside this program. */

enum { MOST_ARGUMENTS = 8 };

static int find_stepper(char path[PATH_MAX])
{
    const char *named = getenv("ABREAST_SOURCE");
    const char *sources = named && *named ? named : ABREAST_SOURCES;
    int length = snprintf(path, PATH_MAX, "%s/scripts/demo", sources);
    if (length > 0 && length < PATH_MAX && access(path, X_OK) == 0)
        return EXIT_OK;
    complain("'%s' has no scripts/demo: set ABREAST_SOURCE to the folder of abreast's sources", sources);
    return EXIT_ERROR;
}

static int find_recorder(char path[PATH_MAX])
{
    static const char name[] = "demo-recorder";
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - sizeof name);
    char *folder = NULL;
    if (length > 0) {
        path[length] = '\0';
        folder = strrchr(path, '/');
    }
    if (folder) {
        strcpy(folder + 1, name);
        if (access(path, X_OK) == 0)
            return EXIT_OK;
    }
    complain("this build has no %s beside abreast: it is built on x86-64 without a sanitizer", name);
    return EXIT_ERROR;
}

int command_demo(int argc, char **argv)
{
    char stepper[PATH_MAX], recorder[PATH_MAX];
    char *arguments[MOST_ARGUMENTS + 5] = {stepper, "show", "--recorder", recorder};
    if (argc > MOST_ARGUMENTS) {
        complain("demo takes a SCENE, --text and --list: see abreast --help");
        return EXIT_ERROR;
    }
    if (find_stepper(stepper) || find_recorder(recorder))
        return EXIT_ERROR;
    memcpy(arguments + 4, argv, (size_t)argc * sizeof *argv);
    fflush(stdout);
    execv(stepper, arguments);
    complain("cannot start '%s': %s", stepper, strerror(errno));
    return EXIT_ERROR;
}

#define _GNU_SOURCE
#include "bench/programs.h"
#include "bench/progress.h"
#include "bench/runner.h"
#include "bench/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 2048 };

/* ---- What a program is told ---- */

int arguments_add(struct arguments *arguments, const char *argument)
{
    if (arguments->count == MAX_ARGUMENTS || strlen(argument) >= ARGUMENT_BYTES)
        return -E2BIG;
    strcpy(arguments->text[arguments->count++], argument);
    return 0;
}

struct selection {
    const struct programs *programs;
    struct arguments *arguments;
    size_t listed;
    int status;
};

/* Appends the number of a cell of this experiment that the filters want. */
static void select_cell(void *context, const char *line)
{
    struct selection *selection = context;
    const char *experiment = selection->programs->experiment->name;
    char name[PROGRAM_NAME_BYTES], number[24];
    snprintf(name, sizeof name, "%s", line);
    for (char *at = name; *at; at++)
        *at = *at == '\t' ? '/' : *at;
    snprintf(number, sizeof number, "%zu", selection->listed++);
    if (strncmp(line, experiment, strlen(experiment)) == 0 && line[strlen(experiment)] == '\t' &&
        name_selected(name, selection->programs->options) && !selection->status)
        selection->status = arguments_add(selection->arguments, number);
}

int programs_select(const struct programs *programs, const struct program *program, struct arguments *arguments)
{
    struct selection selection = {.programs = programs, .arguments = arguments};
    const char *argv[] = {program->path, "list", NULL};
    size_t before = arguments->count;
    int status = spawn_lines(argv, (const char *const *)environ, select_cell, &selection);
    if (status)
        return status < 0 ? status : status == 127 ? -ENOENT : -ECHILD;
    if (selection.status)
        return selection.status;
    return arguments->count == before ? SPAWN_NOTHING : 0;
}

/* ---- The manifest ---- */

/* Opens a file of the cells' folder, which is beside the running executable or, for tests, beside its folder. */
static FILE *open_cells_file(const char *name, char *directory, size_t size)
{
    char executable[PATH_MAX];
    if (spawn_self(executable, sizeof executable))
        return NULL;
    for (char *slash = strrchr(executable, '/'); slash; slash = strrchr(executable, '/')) {
        *slash = '\0';
        char path[PATH_MAX];
        if (snprintf(directory, size, "%s/cells", executable) < (int)size &&
            snprintf(path, sizeof path, "%s/%s", directory, name) < (int)sizeof path) {
            FILE *file = fopen(path, "r");
            if (file)
                return file;
        }
    }
    return NULL;
}

/* Reads the next executable of the manifest that is of this kind and in this mode. */
static bool next_program(FILE *manifest, const char *directory, const struct programs *programs,
                         struct program *program)
{
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, manifest)) {
        char mode[8];
        if (sscanf(line, "%511[^\t]\t%127[^\t]\t%7s", program->name, program->toolchain, mode) != 3 ||
            (strcmp(mode, "full") == 0 && !programs->options->full))
            continue;
        const char *slash = strrchr(program->name, '/');
        if (strncmp(slash ? slash + 1 : program->name, programs->kind, strlen(programs->kind)) == 0 &&
            snprintf(program->path, sizeof program->path, "%s/%s", directory, program->name) <
                (int)sizeof program->path)
            return true;
    }
    return false;
}

static const char *filed_under(const struct programs *programs)
{
    return programs->experiment ? programs->experiment->name : "-";
}

static void add_skipped(const struct programs *programs)
{
    char directory[PATH_MAX], line[LINE_BYTES], what[512], reason[512];
    FILE *file = programs->experiment ? open_cells_file("skipped.tsv", directory, sizeof directory) : NULL;
    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "%511[^\t]\t%511[^\n]", what, reason) == 2)
            results_add_skipped(programs->results, filed_under(programs), what, reason);
    }
    fclose(file);
}

/* ---- Running them ---- */

struct running {
    const struct programs *programs;
    struct program *items;
    size_t count, passed, ran, failed;
    char reason[128]; /* of the first that failed */
    bool malformed;   /* in the program whose lines are read */
};

/* Null when a program ended well, else what became of it. */
static const char *judge(const struct program *program, int status)
{
    if (status == -ENOENT || (status == 127 && access(program->path, F_OK) < 0))
        return "not built: cmake --build --preset release";
    if (status < 0)
        return strerror(-status);
    if (status == 127)
        return "it could not be started";
    return status > 128 ? "a signal ended it" : status ? "it failed; its message is on stderr" : NULL;
}

static int start(void *context, size_t number, struct spawned *process)
{
    struct running *running = context;
    struct program *program = &running->items[number];
    struct arguments *arguments = calloc(1, sizeof *arguments);
    if (!arguments)
        return -ENOMEM;
    const char *argv[MAX_ARGUMENTS + 2] = {program->path};
    int status = running->programs->tell(running->programs, program, arguments);
    for (size_t i = 0; i < arguments->count; i++)
        argv[i + 1] = arguments->text[i];
    if (!status)
        status = spawn_start(process, argv, (const char *const *)environ);
    free(arguments);
    return status;
}

static void take_row(void *context, size_t number, const char *line)
{
    struct running *running = context;
    (void)number;
    running->malformed = results_add_line(running->programs->results, line) == -EINVAL || running->malformed;
}

static void ended(void *context, size_t number, int status)
{
    struct running *running = context;
    progress_count(running->programs->progress, ++running->passed, running->count, "programs");
    if (status == SPAWN_NOTHING)
        return;
    const char *reason = judge(&running->items[number], status);
    if (!reason && running->malformed)
        reason = "it printed something that is not a row";
    if (reason)
        results_add_skipped(running->programs->results, filed_under(running->programs), running->items[number].name,
                            reason);
    if (reason && !running->failed++)
        snprintf(running->reason, sizeof running->reason, "%s", reason);
    running->ran++;
    running->malformed = false;
}

static int read_manifest(struct running *running)
{
    char directory[PATH_MAX];
    FILE *manifest = open_cells_file("manifest.tsv", directory, sizeof directory);
    if (!manifest) {
        complain("%s: no cells/manifest.tsv beside this executable: build the target `cells`",
                 filed_under(running->programs));
        return -ECHILD;
    }
    int status = 0;
    struct program program;
    while (!status && next_program(manifest, directory, running->programs, &program)) {
        struct program *items = reallocarray(running->items, running->count + 1, sizeof *items);
        status = items ? 0 : -ENOMEM;
        if (items) {
            running->items = items;
            items[running->count++] = program;
        }
    }
    fclose(manifest);
    return status;
}

int programs_run(const struct programs *programs)
{
    struct running running = {.programs = programs};
    add_skipped(programs);
    int status = read_manifest(&running);
    struct spawn_queue queue = {
        .context = &running, .count = running.count, .start = start, .line = take_row, .ended = ended};
    if (!status)
        status = spawn_all(&queue);
    free(running.items);
    if (status || !running.failed)
        return status;
    const char *name = programs->experiment ? programs->experiment->name : "other toolchains";
    if (running.failed < running.ran) {
        complain("%s: %zu of %zu programs did not run: %s; the results are of the others", name, running.failed,
                 running.ran, running.reason);
        return 0;
    }
    complain("%s: none of %zu programs ran: %s%s", name, running.ran, running.reason,
             programs->experiment ? "" : "; the run goes on, and its results are of this toolchain alone");
    return -ECHILD;
}

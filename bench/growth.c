/* Runs an experiment on stack growth in every toolchain's cells.
 *
 * Each toolchain has executables of its own (cmake/cells.cmake), which lie beside this one; here they are run, two at a
 * time, and their rows collected. Each says what its mechanisms rest on by construction; when all have run, the rows
 * confirm or refute it, for each compiler: metric stack_guarantee.
 */
#define _GNU_SOURCE
#include "bench/growth.h"
#include "bench/spawn.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AT_ONCE = 2, FIELD_BYTES = 128, NAME_BYTES = 512, LINE_BYTES = 2048, MAX_ARGUMENTS = 512, NUMBER_BYTES = 24 };

/* Small threads', a typical thread's and the main thread's. */
#define STACKS "65536,524288,8388608"

/* ---- One executable ---- */

struct program {
    char name[NAME_BYTES]; /* in the cells' folder */
    char path[PATH_MAX];
    char toolchain[FIELD_BYTES];
    struct spawned process;
    bool running; /* else there was nothing to do */
};

/* What it is told: "run", two numbers and the sizes of stacks, then the numbers of the selected cells. */
struct arguments {
    size_t count;
    char text[MAX_ARGUMENTS][NUMBER_BYTES];
};

/* Null when a program that has been collected ended well, else what became of it. */
static const char *judge(int status)
{
    if (status == 0)
        return NULL;
    if (status < 0)
        return "its output could not be read";
    if (status == 127)
        return "it could not be started";
    return status > 128 ? "a signal ended it" : "it failed; its message is on stderr";
}

/* One run of one experiment. */
struct matrix {
    const struct experiment *experiment;
    const struct run_options *options;
    struct results *results;
};

struct selection {
    const struct matrix *matrix;
    struct arguments *arguments;
    size_t listed;
    int status;
};

/* Appends the number of a cell of this experiment that the filters want. */
static void select_cell(void *context, const char *line)
{
    struct selection *selection = context;
    const char *experiment = selection->matrix->experiment->name;
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%s", line);
    for (char *at = name; *at; at++)
        *at = *at == '\t' ? '/' : *at;
    size_t number = selection->listed++;
    if (strncmp(line, experiment, strlen(experiment)) != 0 || line[strlen(experiment)] != '\t' ||
        !name_selected(name, selection->matrix->options))
        return;
    struct arguments *arguments = selection->arguments;
    if (arguments->count < MAX_ARGUMENTS)
        snprintf(arguments->text[arguments->count++], NUMBER_BYTES, "%zu", number);
    else
        selection->status = -E2BIG;
}

static int select_cells(const struct program *program, const struct matrix *matrix, struct arguments *arguments)
{
    struct selection selection = {.matrix = matrix, .arguments = arguments};
    const char *argv[] = {program->path, "list", NULL};
    int status = spawn_lines(argv, (const char *const *)environ, select_cell, &selection);
    if (status)
        return status < 0 ? status : -ECHILD;
    return selection.status;
}

/* Starts a program on what the mode and the filters want of it. */
static int launch(struct program *program, const struct matrix *matrix)
{
    const struct run_options *options = matrix->options;
    /* In quick mode only what products are built with makes the very long run. */
    const char *longest = options->full || strstr(program->toolchain, " O2 ") ? "10000000" : "1000000";
    struct arguments arguments = {5, {"cells", "run", "10000", "", STACKS}};
    snprintf(arguments.text[3], NUMBER_BYTES, "%s", longest);
    if (options->smoke)
        arguments = (struct arguments){5, {"cells", "run", "100", "0", "65536"}};

    size_t selected_from = arguments.count;
    int status = select_cells(program, matrix, &arguments);
    program->running = false;
    if (status || arguments.count == selected_from)
        return status;
    const char *argv[MAX_ARGUMENTS + 1] = {program->path};
    for (size_t i = 1; i < arguments.count; i++)
        argv[i] = arguments.text[i];
    status = spawn_start(&program->process, argv, (const char *const *)environ);
    program->running = !status;
    return status;
}

struct reading {
    struct results *results;
    bool malformed;
};

static void take_row(void *context, const char *line)
{
    struct reading *reading = context;
    reading->malformed = results_add_line(reading->results, line) == -EINVAL || reading->malformed;
}

/* Takes over the rows of a program and waits for its end. Null when all went well, else what did not. */
static const char *collect(struct program *program, struct results *results)
{
    struct reading reading = {.results = results};
    const char *reason = judge(spawn_collect(&program->process, take_row, &reading));
    return !reason && reading.malformed ? "it printed something that is not a row" : reason;
}

/* ---- All executables ---- */

/* Opens a file of the cells' folder, which is beside the running executable or, for tests, beside its folder. */
static FILE *open_cells_file(const char *name, char *directory, size_t size)
{
    char executable[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", executable, sizeof executable - 1);
    if (length < 0)
        return NULL;
    executable[length] = '\0';
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

/* Reads the next executable of the manifest that this mode runs. */
static bool next_program(FILE *manifest, const char *directory, const struct run_options *options,
                         struct program *program)
{
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, manifest)) {
        char mode[8];
        if (sscanf(line, "%511[^\t]\t%127[^\t]\t%7s", program->name, program->toolchain, mode) != 3 ||
            (strcmp(mode, "full") == 0 && !options->full))
            continue;
        if (snprintf(program->path, sizeof program->path, "%s/%s", directory, program->name) <
            (int)sizeof program->path)
            return true;
    }
    return false;
}

static void add_skipped(const struct matrix *matrix)
{
    char directory[PATH_MAX], line[LINE_BYTES], what[NAME_BYTES], reason[NAME_BYTES];
    FILE *file = open_cells_file("skipped.tsv", directory, sizeof directory);
    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "%511[^\t]\t%511[^\n]", what, reason) == 2)
            results_add_skipped(matrix->results, matrix->experiment->name, what, reason);
    }
    fclose(file);
}

/* Runs them in the manifest's order, AT_ONCE at a time. `ran` and `failed` count those that had something to do. */
static int run_programs(FILE *manifest, const char *directory, const struct matrix *matrix, size_t *ran, size_t *failed)
{
    struct program *programs = calloc(AT_ONCE, sizeof *programs);
    if (!programs)
        return -ENOMEM;
    size_t launched = 0, collected = 0;
    bool more = true;
    while (more || collected < launched) {
        while (more && launched - collected < AT_ONCE) {
            struct program *program = &programs[launched % AT_ONCE];
            more = !run_interrupted() && next_program(manifest, directory, matrix->options, program);
            if (!more)
                break;
            int status = launch(program, matrix);
            if (status) {
                results_add_skipped(matrix->results, matrix->experiment->name, program->name, strerror(-status));
                ++*failed;
            }
            launched += program->running;
        }
        if (collected == launched)
            continue;
        struct program *program = &programs[collected++ % AT_ONCE];
        const char *reason = collect(program, matrix->results);
        if (reason) {
            results_add_skipped(matrix->results, matrix->experiment->name, program->name, reason);
            ++*failed;
        }
        ++*ran;
    }
    free(programs);
    return run_interrupted() ? -EINTR : 0;
}

/* ---- What the matrix says ---- */

/* The compiler, the first word of a toolchain. */
static size_t compiler_length(const struct row *row)
{
    return strcspn(row->toolchain, " ");
}

static bool same_compiler(const struct row *a, const struct row *b)
{
    return compiler_length(a) == compiler_length(b) && !strncmp(a->toolchain, b->toolchain, compiler_length(a));
}

static bool is_growth(const struct row *row, const struct experiment *experiment)
{
    return !strcmp(row->experiment, experiment->name) && !strcmp(row->metric, "stack_growth");
}

static bool same_cell(const struct row *a, const struct row *b)
{
    return !strcmp(a->experiment, b->experiment) && same_compiler(a, b) && !strcmp(a->model, b->model) &&
           !strcmp(a->mechanism, b->mechanism) && !strcmp(a->variant, b->variant);
}

/* What a mechanism rests on by construction, and how the cells of one compiler answer to it. */
struct guarantee {
    const char *rests_on; /* as the cells say */
    size_t held, measured;
};

/* The guarantee of the mechanism and compiler of row `index`; false when an earlier row has said so already. */
static bool weigh(const struct matrix *matrix, size_t index, size_t count, struct guarantee *found)
{
    const struct results *results = matrix->results;
    const struct row *row = results_row(results, index);
    *found = (struct guarantee){.rests_on = "?"};
    for (size_t i = 0; i < count; i++) {
        const struct row *other = results_row(results, i);
        if (!same_cell(row, other))
            continue;
        if (!strcmp(other->metric, "stack_rests_on"))
            found->rests_on = other->text;
        if (!is_growth(other, matrix->experiment))
            continue;
        if (i < index)
            return false;
        found->measured += other->text != NULL;
        found->held += other->text && strcmp(other->text, "linear") != 0;
    }
    return true;
}

static void describe(const struct guarantee *found, char *text, size_t size)
{
    if (!strncmp(found->rests_on, "optimiser", strlen("optimiser")))
        snprintf(text, size, "%s: no growth in %zu of %zu cells", found->rests_on, found->held, found->measured);
    else if (found->held == found->measured)
        snprintf(text, size, "%s: confirmed in %zu of %zu cells", found->rests_on, found->held, found->measured);
    else
        snprintf(text, size, "%s: refuted, it grows in %zu of %zu cells", found->rests_on,
                 found->measured - found->held, found->measured);
}

static void add_guarantees(const struct matrix *matrix)
{
    struct results *results = matrix->results;
    size_t count = results_count(results);
    struct guarantee found;
    for (size_t i = 0; i < count; i++) {
        if (!is_growth(results_row(results, i), matrix->experiment) || !weigh(matrix, i, count, &found))
            continue;
        /* Copies, for adding a row may move the others. */
        const struct row *from = results_row(results, i);
        char model[FIELD_BYTES], mechanism[FIELD_BYTES], variant[FIELD_BYTES], toolchain_any[FIELD_BYTES];
        char text[2 * FIELD_BYTES];
        snprintf(model, sizeof model, "%s", from->model);
        snprintf(mechanism, sizeof mechanism, "%s", from->mechanism);
        snprintf(variant, sizeof variant, "%s", from->variant);
        snprintf(toolchain_any, sizeof toolchain_any, "%.*s any sib=any exc=any san=none", (int)compiler_length(from),
                 from->toolchain);
        describe(&found, text, sizeof text);
        struct row row = {.experiment = matrix->experiment->name,
                          .model = model,
                          .mechanism = mechanism,
                          .variant = variant,
                          .toolchain = toolchain_any,
                          .metric = "stack_guarantee",
                          .unit = "-",
                          .samples = 1,
                          .text = text};
        if (found.measured)
            results_add(results, &row);
        else
            results_add_missing(results, &row, "none of its cells could be measured with this compiler");
    }
}

/* One row a mechanism: what it models, for whoever reads the table. */
static void add_models(const struct matrix *matrix)
{
    for (const struct listed *listed = matrix->experiment->listed; listed->model; listed++) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%s/%s/%s/-", matrix->experiment->name, listed->model, listed->mechanism);
        if (!listed->models[0] || !name_selected(name, matrix->options))
            continue;
        results_add(matrix->results, &(struct row){.experiment = matrix->experiment->name,
                                                   .model = listed->model,
                                                   .mechanism = listed->mechanism,
                                                   .variant = "-",
                                                   .toolchain = "any any sib=any exc=any san=any",
                                                   .metric = "stack_models",
                                                   .unit = "-",
                                                   .samples = 1,
                                                   .text = listed->models});
    }
}

int growth_run(const struct experiment *experiment, const struct run_options *options, struct results *results)
{
    const struct matrix matrix = {experiment, options, results};
    char directory[PATH_MAX];
    add_skipped(&matrix);
    FILE *manifest = open_cells_file("manifest.tsv", directory, sizeof directory);
    if (!manifest) {
        fprintf(stderr, "%s: no cells/manifest.tsv beside this executable: build the target `cells`\n",
                experiment->name);
        return -ENOENT;
    }
    size_t ran = 0, failed = 0;
    int status = run_programs(manifest, directory, &matrix, &ran, &failed);
    fclose(manifest);
    if (status)
        return status;
    add_guarantees(&matrix);
    add_models(&matrix);
    return failed && failed >= ran ? -ECHILD : 0;
}

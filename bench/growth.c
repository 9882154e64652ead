/* Runs an experiment on stack growth in every toolchain's cells.
 *
 * Each toolchain has executables of its own (cmake/cells.cmake), which lie beside this one; here they are run, two at a
 * time, and their rows collected. Each says what its mechanisms rest on by construction; when all have run, the rows
 * confirm or refute it, for each compiler: metric stack_guarantee.
 */
#define _GNU_SOURCE
#include "bench/growth.h"
#include "bench/progress.h"
#include "bench/runner.h"
#include "bench/spawn.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AT_ONCE = 2, FIELD_BYTES = 128, NAME_BYTES = 512, LINE_BYTES = 2048, MAX_ARGUMENTS = 512, NUMBER_BYTES = 24 };

/* Small threads', a typical thread's and the main thread's. */
#define SMALL_STACK "65536"
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
    struct progress *progress;
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
        return status < 0 ? status : status == 127 ? -ENOENT : -ECHILD;
    return selection.status;
}

/* Starts a program on what the mode and the filters want of it. */
static int launch(struct program *program, const struct matrix *matrix)
{
    const struct run_options *options = matrix->options;
    /* In quick mode only what products are built with makes the very long run, and with sanitizers nothing does. */
    const char *longest = options->full || strstr(program->toolchain, " O2 sib=on exc=on ") ? "10000000" : "100000";
    struct arguments arguments = {5, {"cells", "run", "10000", "", STACKS}};
    snprintf(arguments.text[3], NUMBER_BYTES, "%s", longest);
    if (options->smoke)
        arguments = (struct arguments){5, {"cells", "run", "100", "0", SMALL_STACK}};
    else if (!strstr(program->toolchain, " san=none"))
        arguments = (struct arguments){5, {"cells", "run", "10000", "0", SMALL_STACK}};

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

/* How far the run is. What is left follows from what the programs before took. */
struct pace {
    uint64_t started_ns;
    double others_s; /* what all other experiments are expected to take, and have taken */
    size_t programs, passed;
};

static struct pace pace_begin(const struct matrix *matrix, FILE *manifest, const char *directory)
{
    struct pace pace = {
        .started_ns = clock_ns(),
        .others_s = matrix->progress->expected_s - runner_expected_s(matrix->experiment, matrix->options),
    };
    struct program *program = malloc(sizeof *program);
    while (program && next_program(manifest, directory, matrix->options, program))
        pace.programs++;
    free(program);
    if (fseek(manifest, 0, SEEK_SET))
        pace.programs = 0; /* then none is run either, and that is reported */
    return pace;
}

static void pace_step(struct pace *pace, const struct matrix *matrix)
{
    char detail[64];
    double seconds = 1e-9 * (double)(clock_ns() - pace->started_ns);
    pace->passed++;
    matrix->progress->expected_s = pace->others_s + seconds * (double)pace->programs / (double)pace->passed;
    snprintf(detail, sizeof detail, "%zu of %zu programs", pace->passed, pace->programs);
    progress_step(matrix->progress, detail);
}

/* Runs them in the manifest's order, AT_ONCE at a time. `ran` and `failed` count those that had something to do. */
static int run_programs(FILE *manifest, const char *directory, const struct matrix *matrix, size_t *ran, size_t *failed)
{
    struct program *programs = calloc(AT_ONCE, sizeof *programs);
    if (!programs)
        return -ENOMEM;
    struct pace pace = pace_begin(matrix, manifest, directory);
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
                results_add_skipped(matrix->results, matrix->experiment->name, program->name,
                                    status == -ENOENT ? "it is not built: cmake --build --preset release"
                                                      : strerror(-status));
                ++*failed;
            }
            launched += program->running;
            if (!program->running)
                pace_step(&pace, matrix);
        }
        if (collected == launched)
            continue;
        struct program *program = &programs[collected++ % AT_ONCE];
        const char *reason = collect(program, matrix->results);
        pace_step(&pace, matrix);
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

/* What a mechanism rests on by construction, and how the cells of one compiler, with one sanitizer or none, answer to
 * it. */
struct guarantee {
    struct row cell;      /* its first row */
    const char *rests_on; /* as the cells say */
    size_t held, measured;
};

/* Compiler and sanitizer are the first and the last word of a toolchain. */
static bool same_compiler(const char *a, const char *b)
{
    size_t length = strcspn(a, " ");
    return length == strcspn(b, " ") && !strncmp(a, b, length) && !strcmp(strrchr(a, ' '), strrchr(b, ' '));
}

static bool same_cell(const struct row *a, const struct row *b)
{
    return !strcmp(a->mechanism, b->mechanism) && !strcmp(a->variant, b->variant) && !strcmp(a->model, b->model) &&
           same_compiler(a->toolchain, b->toolchain);
}

/* The guarantees of all rows, in the order of their first rows; `found` has room for one a row. */
static size_t weigh(const struct matrix *matrix, struct guarantee *found)
{
    size_t count = 0;
    for (size_t i = 0; i < results_count(matrix->results); i++) {
        const struct row *row = results_row(matrix->results, i);
        bool grows = !strcmp(row->metric, "stack_growth"), rests = !strcmp(row->metric, "stack_rests_on");
        if ((!grows && !rests) || strcmp(row->experiment, matrix->experiment->name) != 0)
            continue;
        size_t at = 0;
        while (at < count && !same_cell(&found[at].cell, row))
            at++;
        if (at == count)
            found[count++] = (struct guarantee){.cell = *row, .rests_on = "?"};
        if (rests)
            found[at].rests_on = row->text;
        if (grows) {
            found[at].measured += row->text != NULL;
            found[at].held += row->text && strcmp(row->text, "linear") != 0;
        }
    }
    return count;
}

static void describe(const struct guarantee *found, char *text, size_t size)
{
    if (!strncmp(found->rests_on, "optimiser", strlen("optimiser")) ||
        !strncmp(found->rests_on, "nothing", strlen("nothing")))
        snprintf(text, size, "%s: no growth in %zu of %zu cells", found->rests_on, found->held, found->measured);
    else if (found->held == found->measured)
        snprintf(text, size, "%s: confirmed in %zu of %zu cells", found->rests_on, found->held, found->measured);
    else
        snprintf(text, size, "%s: refuted, it grows in %zu of %zu cells", found->rests_on,
                 found->measured - found->held, found->measured);
}

static int add_guarantees(const struct matrix *matrix)
{
    struct guarantee *found = calloc(results_count(matrix->results) + 1, sizeof *found);
    if (!found)
        return -ENOMEM;
    size_t count = weigh(matrix, found);
    for (size_t i = 0; i < count; i++) {
        struct row row = found[i].cell;
        char toolchain_any[FIELD_BYTES], text[2 * FIELD_BYTES];
        snprintf(toolchain_any, sizeof toolchain_any, "%.*s any sib=any exc=any%s", (int)strcspn(row.toolchain, " "),
                 row.toolchain, strrchr(row.toolchain, ' '));
        describe(&found[i], text, sizeof text);
        row.toolchain = toolchain_any;
        row.metric = "stack_guarantee";
        row.samples = 1;
        row.text = text;
        if (found[i].measured)
            results_add(matrix->results, &row);
        else
            results_add_missing(matrix->results, &row, "none of its cells could be measured with this compiler");
    }
    free(found);
    return 0;
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

int growth_run(const struct experiment *experiment, const struct run_options *options, struct results *results,
               struct progress *progress)
{
    const struct matrix matrix = {experiment, options, results, progress};
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
    status = add_guarantees(&matrix);
    if (status)
        return status;
    add_models(&matrix);
    return failed && failed >= ran ? -ECHILD : 0;
}

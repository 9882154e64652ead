/* Runs an experiment on stack growth in every toolchain's cells.
 *
 * Each toolchain has executables of its own (cmake/cells.cmake), whose rows are collected (bench/programs.h). Each says
 * what its mechanisms rest on by construction; when all have run, the rows confirm or refute it, for each compiler:
 * metric stack_guarantee.
 */
#include "bench/growth.h"
#include "bench/programs.h"
#include "bench/progress.h"
#include "bench/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELD_BYTES = 128, NAME_BYTES = 512 };

/* Small threads', a typical thread's and the main thread's. */
#define SMALL_STACK "65536"
#define STACKS "65536,524288,8388608"
#define STACKS_LARGEST_UNTRIED "65536,524288,~8388608"

/* Completions that show how a stack grows. What a completion leaves is the same from the first on, and the overflows
 * that this predicts are seen too; full mode looks for longer. */
static const char *length(const struct run_options *options)
{
    return options->smoke ? "100" : options->full ? "10000" : "2000";
}

/* How long the long run is; what has been disputed runs ten times as long (bench/stack/main.c). In quick mode the very
 * long one is only made by what products are built with: at -O0 it would take most of the time. */
static const char *longest(const char *toolchain_, const struct run_options *options)
{
    if (options->full)
        return "10000000";
    return strstr(toolchain_, " O2 sib=on exc=on ") ? "1000000" : "20000";
}

/* "run", two numbers and the sizes of stacks, then the numbers of the selected cells. */
static int tell(const struct programs *programs, const struct program *program, struct arguments *arguments)
{
    const struct run_options *options = programs->options;
    /* The overflow of the largest stack takes most of the time; in quick mode it is seen where products are built. */
    bool largest = options->full || strstr(program->toolchain, " O2 sib=on ");
    const char *plan[] = {"run", length(options), longest(program->toolchain, options),
                          largest ? STACKS : STACKS_LARGEST_UNTRIED};
    if (options->smoke || !strstr(program->toolchain, " san=none")) {
        plan[2] = "0"; /* with sanitizers nothing makes a long run */
        plan[3] = SMALL_STACK;
    }
    int status = 0;
    for (size_t i = 0; i < sizeof plan / sizeof *plan && !status; i++)
        status = arguments_add(arguments, plan[i]);
    return status ? status : programs_select(programs, program, arguments);
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
static size_t weigh(const struct programs *programs, struct guarantee *found)
{
    size_t count = 0;
    for (size_t i = 0; i < results_count(programs->results); i++) {
        const struct row *row = results_row(programs->results, i);
        bool grows = !strcmp(row->metric, "stack_growth"), rests = !strcmp(row->metric, "stack_rests_on");
        if ((!grows && !rests) || strcmp(row->experiment, programs->experiment->name) != 0)
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

static int add_guarantees(const struct programs *programs)
{
    struct guarantee *found = calloc(results_count(programs->results) + 1, sizeof *found);
    if (!found)
        return -ENOMEM;
    size_t count = weigh(programs, found);
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
            results_add(programs->results, &row);
        else
            results_add_missing(programs->results, &row, "none of its cells could be measured with this compiler");
    }
    free(found);
    return 0;
}

/* One row a mechanism: what it models, for whoever reads the table. */
static void add_models(const struct programs *programs)
{
    for (const struct listed *listed = programs->experiment->listed; listed->model; listed++) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%s/%s/%s/-", programs->experiment->name, listed->model, listed->mechanism);
        if (!listed->models[0] || !name_selected(name, programs->options))
            continue;
        results_add(programs->results, &(struct row){.experiment = programs->experiment->name,
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
    const struct programs programs = {"stack-", tell, experiment, options, results, progress};
    int status = programs_run(&programs);
    if (status)
        return status;
    status = add_guarantees(&programs);
    if (status)
        return status;
    add_models(&programs);
    return 0;
}

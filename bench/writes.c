#include "bench/writes.h"
#include "bench/progress.h"
#include "bench/runner.h"
#include "bench/spawn.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A multiple of what an optimiser unrolls a loop by. MARKS: before N operations, after them, and after 2N more. */
enum { OPERATIONS = 64, MARKS = 3, LABEL_BYTES = 64 };

static const char label_format[] = "writes %zu %zu %u\n"; /* experiment, cell, mark */

static bool wanted(const struct experiment *experiment, const struct cell *cell, const struct run_options *options)
{
    return cell->written && runner_includes(experiment, cell, options);
}

/* ---- The child's side ---- */

static int await_exit(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

/* Says on stdout, where lackey prints too, what the counts that follow are of. */
static int mark(size_t experiment, size_t cell, unsigned number)
{
    char label[LABEL_BYTES];
    int length = snprintf(label, sizeof label, label_format, experiment, cell, number);
    pid_t child = fork();
    if (child < 0)
        return -errno;
    if (child == 0)
        _exit(write(STDOUT_FILENO, label, (size_t)length) == length ? 0 : EIO);
    return await_exit(child);
}

static int run_operations(const struct cell *cell, void *state, uint64_t operations)
{
    struct outcome outcome = {0};
    int status = cell->run(state, operations, &outcome);
    return !status && outcome.operations != operations ? -EPROTO : status;
}

static int count_cell(size_t e, size_t c, const struct run_options *options)
{
    const struct cell *cell = &experiments[e]->cells[c];
    void *state = NULL;
    int status = cell->open ? cell->open(cell, options, &state) : 0;
    if (status)
        return status;
    status = run_operations(cell, state, 2 * OPERATIONS);
    for (unsigned i = 0; i < MARKS && !status; i++) {
        if (i)
            status = run_operations(cell, state, i * OPERATIONS);
        if (!status)
            status = mark(e, c, i);
    }
    if (cell->close)
        cell->close(state);
    return status;
}

int writes_child(const struct run_options *options)
{
    int failure = mark(experiment_count, 0, 0); /* so that no cell is charged with the binding of these functions */
    for (size_t e = 0; e < experiment_count; e++) {
        for (size_t c = 0; c < experiments[e]->cell_count; c++) {
            const struct cell *cell = &experiments[e]->cells[c];
            if (!wanted(experiments[e], cell, options))
                continue;
            pid_t child = fork();
            if (child == 0)
                _exit(-count_cell(e, c, options));
            int status = child < 0 ? -errno : await_exit(child);
            if (!status || status == -ENOTSUP) /* the runner says that it is skipped */
                continue;
            complain("%s/%s/%s/%s: counting its writes failed: %s", experiments[e]->name, cell->model, cell->mechanism,
                     cell->variant, strerror(-status));
            failure = status;
        }
    }
    return failure;
}

/* ---- The parent's side ---- */

struct count {
    size_t experiment, cell;
    unsigned marks; /* bit by bit, those that were seen */
    uint64_t bytes[MARKS];
};

struct counts {
    struct count *items;
    size_t count;
    uint64_t *current; /* the mark that a table is going to be of; null: none */
    uint64_t bytes;    /* of the table that is being read */
    size_t done, of;   /* cells */
    struct progress *progress;
    int status;
};

static struct count *find_count(const struct counts *counts, size_t experiment, size_t cell)
{
    for (size_t i = 0; i < counts->count; i++) {
        if (counts->items[i].experiment == experiment && counts->items[i].cell == cell)
            return &counts->items[i];
    }
    return NULL;
}

static void read_label(struct counts *counts, size_t experiment, size_t cell, unsigned mark)
{
    struct count *count = find_count(counts, experiment, cell);
    counts->current = NULL;
    if (mark >= MARKS || experiment >= experiment_count)
        return;
    if (!count) {
        struct count *items = reallocarray(counts->items, counts->count + 1, sizeof *items);
        if (!items) {
            counts->status = -ENOMEM;
            return;
        }
        counts->items = items;
        count = &items[counts->count++];
        *count = (struct count){.experiment = experiment, .cell = cell};
    }
    count->marks |= 1u << mark;
    counts->current = &count->bytes[mark];
    if (mark == MARKS - 1)
        progress_count(counts->progress, ++counts->done, counts->of, "cells");
}

static uint64_t number_with_commas(const char *text)
{
    uint64_t number = 0;
    for (; *text; text++) {
        if (*text != ',')
            number = 10 * number + (uint64_t)(*text - '0');
    }
    return number;
}

/* A line of lackey's table: "==123==    I64   loads   stores   operations", the type of a store being its width in
 * bits. The table begins with "Type" and ends with D128. */
static void read_line(void *context, const char *line)
{
    struct counts *counts = context;
    size_t experiment, cell;
    unsigned mark, bits;
    char type[8], stores[32], kind;
    if (sscanf(line, label_format, &experiment, &cell, &mark) == 3) {
        read_label(counts, experiment, cell, mark);
    } else if (sscanf(line, "==%*d== %7s %*s %31s", type, stores) == 2) {
        if (strcmp(type, "Type") == 0)
            counts->bytes = 0;
        else if (sscanf(type, "%c%u", &kind, &bits) == 2 && strchr("IFVD", kind) && *stores >= '0' && *stores <= '9')
            counts->bytes += number_with_commas(stores) * ((bits + CHAR_BIT - 1) / CHAR_BIT);
        if (strcmp(type, "D128") == 0 && counts->current) {
            *counts->current = counts->bytes;
            counts->current = NULL;
        }
    }
}

/* 0, with the reason why counts are missing in `*reason`, or negative errno. */
static int run_lackey(const struct run_options *options, struct counts *counts, const char **reason)
{
    /* As bench/instructions.c has it: libc chooses its copying functions by what is named here, and by nothing else. */
    static const char *const environment[] = {
        "PATH=/usr/local/bin:/usr/bin:/bin",
        "GLIBC_TUNABLES=glibc.malloc.arena_max=1:glibc.cpu.hwcaps="
        "-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX2_Usable,-AVX_Fast_Unaligned_Load,-ERMS,-FSRM",
        NULL,
    };
    char self[PATH_MAX];
    int status = spawn_self(self, sizeof self);
    const char **argv = calloc(options->filter_count + 11, sizeof *argv);
    if (status || !argv) {
        free(argv);
        return status ? status : -ENOMEM;
    }
    size_t n = 0;
    argv[n++] = "valgrind";
    argv[n++] = "--tool=lackey";
    argv[n++] = "--basic-counts=no";
    argv[n++] = "--detailed-counts=yes";
    argv[n++] = "--log-fd=1";
    argv[n++] = self;
    argv[n++] = "count-writes";
    argv[n++] = options->full ? "--full" : "--quick";
    if (options->allocator) {
        argv[n++] = "--allocator";
        argv[n++] = options->allocator->name;
    }
    for (size_t i = 0; i < options->filter_count; i++)
        argv[n++] = options->filters[i];
    status = spawn_lines(argv, environment, read_line, counts);
    free(argv);
    if (status == 127)
        *reason = "valgrind was not found: run scripts/setup";
    else if (status > 0)
        *reason = "the cell failed under valgrind's lackey; its message is on stderr";
    return status < 0 ? status : counts->status;
}

static size_t cells_wanted(const struct run_options *options)
{
    size_t count = 0;
    for (size_t e = 0; e < experiment_count; e++) {
        for (size_t c = 0; c < experiments[e]->cell_count; c++) {
            count += wanted(experiments[e], &experiments[e]->cells[c], options);
        }
    }
    return count;
}

/* Where a count is missing the row has the reason. */
static void add_rows(const struct run_options *options, const struct counts *counts, const char *reason,
                     struct results *results)
{
    for (size_t e = 0; e < experiment_count; e++) {
        for (size_t c = 0; c < experiments[e]->cell_count; c++) {
            if (!wanted(experiments[e], &experiments[e]->cells[c], options))
                continue;
            struct row row = runner_blank(experiments[e], &experiments[e]->cells[c]);
            row.metric = "bytes_written_per_op";
            row.unit = "B";
            const struct count *count = find_count(counts, e, c);
            if (!count || count->marks != (1u << MARKS) - 1) {
                results_add_missing(results, &row, reason ? reason : "lackey gave no count");
                continue;
            }
            double once = (double)(count->bytes[1] - count->bytes[0]);
            double twice = (double)(count->bytes[2] - count->bytes[1]);
            results_add_exact(results, row, (twice - once) / OPERATIONS);
        }
    }
}

int writes_add(const struct run_options *options, struct results *results, struct progress *progress)
{
    struct counts counts = {.progress = progress, .of = cells_wanted(options)};
    const char *reason = NULL;
    int status = 0;
    if (!counts.of)
        return 0;
    if (!strstr(toolchain, "san=none"))
        reason = "a sanitizer build does not run under valgrind";
    else
        status = run_lackey(options, &counts, &reason);
    if (!status)
        add_rows(options, &counts, reason, results);
    free(counts.items);
    return status;
}

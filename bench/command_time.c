#include "bench/cell.h"
#include "bench/commands.h"
#include "bench/options.h"
#include "bench/progress.h"
#include "bench/several_threads.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { NAME_BYTES = 512, WARM_UP_PART = 4 };
static const uint64_t OPERATIONS_MOST = UINT64_C(1) << 48;

static const struct cell *find_cell(const char *wanted)
{
    for (size_t e = 0; e < experiment_count; e++) {
        for (size_t c = 0; c < experiments[e]->cell_count; c++) {
            const struct cell *cell = &experiments[e]->cells[c];
            char name[NAME_BYTES];
            snprintf(name, sizeof name, "%s/%s/%s/%s", experiments[e]->name, cell->model, cell->mechanism,
                     cell->variant);
            if (cell->run && strcmp(name, wanted) == 0)
                return cell;
        }
    }
    return NULL;
}

static int run_checked(const struct cell *cell, void *state, uint64_t operations, struct outcome *outcome)
{
    *outcome = (struct outcome){0};
    int status = cell->run(state, operations, outcome);
    return status ? status : outcome->operations == operations ? 0 : -EPROTO;
}

/* Warms up with a quarter of the operations, which is not timed. */
static int time_cell(const struct cell *cell, void *state, uint64_t operations, double *ns)
{
    struct outcome outcome;
    int status = run_checked(cell, state, cell_operations(cell, operations / WARM_UP_PART + 1), &outcome);
    if (status)
        return status;
    uint64_t before = clock_ns();
    status = run_checked(cell, state, operations, &outcome);
    *ns = (double)(clock_ns() - before);
    if (outcome.real_ns > 0)
        *ns = outcome.real_ns;
    return status;
}

int command_time(int argc, char **argv)
{
    struct options options;
    if (options_parse(&options, argc, argv, ACCEPT_ALLOCATOR | ACCEPT_REACTOR) || become_several_threads())
        return EXIT_ERROR;
    uint64_t asked;
    if (options.run.filter_count != 2) {
        complain("time is for scripts/regress: it takes the name of a cell and how many operations to time");
        return EXIT_ERROR;
    }
    if (!option_number("operations", options.run.filters[1], 1, OPERATIONS_MOST, &asked))
        return EXIT_ERROR;
    const struct cell *cell = find_cell(options.run.filters[0]);
    if (!cell) {
        complain("there is no cell '%s' to time: 'abreast list --variants' shows them", options.run.filters[0]);
        return EXIT_NOTHING;
    }
    options.run.full = true;
    void *state = NULL;
    double ns = 0;
    uint64_t operations = cell_operations(cell, asked);
    int status = cell->open ? cell->open(cell, &options.run, &state) : 0;
    if (!status) {
        status = time_cell(cell, state, operations, &ns);
        if (cell->close)
            cell->close(state);
    }
    if (status == -ENOTSUP) {
        complain("skipped: %s needs %s", options.run.filters[0], cell->needs ? cell->needs : "what is not here");
        return EXIT_SKIPPED;
    }
    if (status) {
        complain("%s failed: %s", cell->mechanism, strerror(-status));
        return EXIT_ERROR;
    }
    printf("%" PRIu64 "\t%.0f\n", operations, ns);
    return EXIT_OK;
}

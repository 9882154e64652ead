/* The main program of a phase executable: runs the forms that it was linked with on either kind of stream, and prints
 * finished TSV rows (bench/results.h).
 *
 *     phases-c list               one line a cell: experiment, model, mechanism, variant
 *     phases-c run [INDEX...]     the cells with these numbers in the list; none: all
 *
 * A cell is run over LENGTH and over twice LENGTH operations. What the probe counted more in the longer run is what
 * LENGTH operations do, and that is a multiple of LENGTH, or an error; so is a wrong number of reads, or of bytes.
 *
 * Exits with 0, or with 1 and one line on stderr.
 */
#include "bench/phases/run.h"
#include "common/probe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 16 };

struct cell {
    const struct phase_form *form;
    enum phase_streams stream;
};

/* The cell with this number in the list; false behind the last. */
static bool select_cell(size_t number, struct cell *cell)
{
    for (const struct phase_form *form = phase_forms; form->model; form++)
        for (unsigned stream = STREAM_READY; stream <= STREAM_LATER; stream <<= 1)
            if ((form->streams & stream) && number-- == 0) {
                *cell = (struct cell){form, stream};
                return true;
            }
    return false;
}

static const char *variant_of(const struct cell *cell)
{
    return cell->stream == STREAM_READY ? "stream=ready" : "stream=later";
}

static int run_checked(const struct cell *cell, uint64_t operations, uint64_t counters[PROBE_EVENT_COUNT])
{
    int status = phase_run(cell->form, cell->stream, operations, recycling_frame_allocator());
    memcpy(counters, probe_counters, sizeof probe_counters);
    return status;
}

/* ---- Rows ---- */

#define EVENT(event) (UINT64_C(1) << PROBE_##event)

/* The first seven are the phases; each is the sum of its events. */
enum { PHASES = 7 };
static const struct {
    const char *metric;
    uint64_t events;
} metrics[] = {
    {"phase_transform_per_op", EVENT(TRANSFORM)},
    {"phase_connect_per_op", EVENT(CONNECT)},
    {"phase_readiness_per_op", EVENT(READINESS)},
    {"phase_suspend_per_op", EVENT(SUSPEND)},
    {"phase_launch_per_op", EVENT(LAUNCH) | EVENT(START)},
    {"phase_complete_per_op", EVENT(SIGNAL) | EVENT(SET_VALUE) | EVENT(SET_ERROR) | EVENT(SET_STOPPED)},
    {"phase_extract_per_op", EVENT(EXTRACT)},
    {"suspensions_per_op", EVENT(SUSPEND)},
    {"resumptions_per_op", EVENT(RESUME)},
    {"transfer_resumptions_per_op", EVENT(TRANSFER)},
    {"nested_resumptions_per_op", EVENT(NESTED_RESUME)},
    {"op_states_per_op", EVENT(OP_STATE_BUILT)},
    {"receivers_per_op", EVENT(RECEIVER_BUILT)},
    {"variant_emplacements_per_op", EVENT(VARIANT_EMPLACED)},
    {"allocs_per_op", EVENT(ALLOCATE)},
    {"table_calls_per_op", EVENT(TABLE_CALL)},
    {"executor_calls_per_op", EVENT(EXECUTOR_CALL)},
    {"posts_per_op", EVENT(POST)},
    {"submissions_per_op", EVENT(SUBMIT)},
};

static void print_count(const struct cell *cell, const char *metric, const char *unit, uint64_t count)
{
    printf("phases\t%s\t%s\t%s\t%s\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t1\n", cell->form->model,
           cell->form->mechanism, variant_of(cell), phase_toolchain, metric, unit, count, count, count);
}

static int measure(const struct cell *cell)
{
    uint64_t shorter[PROBE_EVENT_COUNT], longer[PROBE_EVENT_COUNT], phases = 0;
    int status = run_checked(cell, LENGTH, shorter);
    if (!status)
        status = run_checked(cell, 2 * LENGTH, longer);
    for (unsigned event = 0; !status && event < PROBE_EVENT_COUNT; event++)
        if (longer[event] < shorter[event] || (longer[event] - shorter[event]) % LENGTH)
            status = -ERANGE;
    if (status)
        return status;
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        uint64_t count = 0;
        for (unsigned event = 0; event < PROBE_EVENT_COUNT; event++)
            if (metrics[i].events >> event & 1)
                count += (longer[event] - shorter[event]) / LENGTH;
        phases += i < PHASES && count;
        print_count(cell, metrics[i].metric, "count", count);
    }
    print_count(cell, "phases_with_work", "count", phases);
    return 0;
}

static const char *explain(int status)
{
    return status == -EILSEQ   ? "it did not make all its reads, or with wrong bytes"
           : status == -ERANGE ? "what it does is not the same for each operation"
                               : strerror(-status);
}

/* Returns the exit status. */
static int run_cells(char **numbers, int count)
{
    struct cell cell;
    for (size_t i = 0; count == 0 || i < (size_t)count; i++) {
        if (!select_cell(count ? strtoull(numbers[i], NULL, 10) : i, &cell))
            break;
        int status = measure(&cell);
        if (status) {
            fprintf(stderr, "phases: %s %s, %s, %s: %s\n", cell.form->model, cell.form->mechanism, variant_of(&cell),
                    phase_toolchain, explain(status));
            return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct cell cell;
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        for (size_t i = 0; select_cell(i, &cell); i++) {
            printf("phases\t%s\t%s\t%s\n", cell.form->model, cell.form->mechanism, variant_of(&cell));
        }
    } else if (argc >= 2 && strcmp(argv[1], "run") == 0) {
        if (run_cells(argv + 2, argc - 2))
            return 1;
    } else {
        fprintf(stderr, "phases: usage: %s list | %s run [INDEX...]\n", argv[0], argv[0]);
        return 1;
    }
    return fflush(stdout) || ferror(stdout) ? 1 : 0;
}

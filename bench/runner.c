#include "bench/runner.h"
#include "bench/group.h"

#include <alloca.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CHECK_OPERATIONS = 256,
    SMOKE_OPERATIONS = 16,
    EXPECTED_ENTRIES = 3, /* of a group, as long as the slowest */
    CALIBRATION_SAMPLES = 5,
    DISPLACEMENTS = 8,
    DISPLACEMENT_BYTES = 512,
};

static const double QUICK_SECONDS = 9; /* of an experiment */
static const double FULL_SECONDS = 240;
static const double OWN_QUICK_SECONDS = 14; /* guessed, of an experiment with a run function of its own */
static const double OWN_FULL_SECONDS = 120;

struct row runner_blank(const struct experiment *experiment, const struct cell *cell)
{
    return (struct row){
        .experiment = experiment->name,
        .model = cell->model,
        .mechanism = cell->mechanism,
        .variant = cell->variant,
        .toolchain = cell->toolchain ? cell->toolchain : toolchain,
    };
}

void entry_name(const struct group *group, const struct entry *entry, char *buffer, size_t size)
{
    snprintf(buffer, size, "%s/%s/%s/%s", group->experiment->name, entry->cell->model, entry->cell->mechanism,
             entry->cell->variant);
}

static bool in_mode(const struct cell *cell, const struct run_options *options)
{
    return cell->run && cell->modes & (options->full ? CELL_FULL : CELL_QUICK);
}

bool runner_includes(const struct experiment *experiment, const struct cell *cell, const struct run_options *options)
{
    if (cell_selected(experiment, cell, options))
        return true;
    for (size_t i = 0; i < experiment->cell_count && cell->baseline && in_mode(cell, options); i++) {
        const struct cell *other = &experiment->cells[i];
        if (strcmp(other->variant, cell->variant) == 0 && in_mode(other, options) &&
            cell_selected(experiment, other, options))
            return true;
    }
    return false;
}

bool runner_runs(const struct cell *cell, const struct run_options *options)
{
    return in_mode(cell, options) && (options->smoke || !(cell->untimed & (options->full ? CELL_FULL : CELL_QUICK)));
}

/* Each group is found at its first selected cell. */
static bool leads_group(const struct experiment *experiment, size_t index, const struct run_options *options)
{
    const struct cell *cells = experiment->cells;
    if (!runner_runs(&cells[index], options) || !cell_selected(experiment, &cells[index], options))
        return false;
    for (size_t i = 0; i < index; i++) {
        if (strcmp(cells[i].variant, cells[index].variant) == 0 && runner_runs(&cells[i], options) &&
            cell_selected(experiment, &cells[i], options))
            return false;
    }
    return true;
}

static size_t groups_of(const struct experiment *experiment, const struct run_options *options)
{
    size_t groups = 0;
    for (size_t i = 0; i < experiment->cell_count; i++)
        groups += leads_group(experiment, i, options);
    return groups;
}

static unsigned or_else(unsigned value, unsigned otherwise)
{
    return value ? value : otherwise;
}

struct plan runner_plan(const struct experiment *experiment, const struct run_options *options)
{
    size_t groups = groups_of(experiment, options);
    double seconds = (options->full ? FULL_SECONDS : QUICK_SECONDS) / (double)(groups ? groups : 1);
    return (struct plan){
        .sample_ns = UINT64_C(1000) * (options->full ? or_else(experiment->full_sample_us, 5000)
                                                     : or_else(experiment->quick_sample_us, 1000)),
        .budget_ns = (uint64_t)(seconds * 1e9),
        .blocks = options->full ? or_else(experiment->full_blocks, 80) : 20,
        .warm_up = 1,
        .rounds_least = 3,
        .rounds_most = options->full ? 15 : 6,
    };
}

double runner_expected_s(const struct experiment *experiment, const struct run_options *options)
{
    if (options->smoke)
        return 1;
    if (experiment->run)
        return options->full ? OWN_FULL_SECONDS : OWN_QUICK_SECONDS;
    size_t groups = groups_of(experiment, options);
    struct plan plan = runner_plan(experiment, options);
    unsigned rounds = plan.blocks * (plan.warm_up + plan.rounds_most);
    double longest = (double)(rounds * PASSES * EXPECTED_ENTRIES) * (double)plan.sample_ns;
    double budget = (double)plan.budget_ns;
    return 1 + 1e-9 * (double)groups * (budget < longest ? budget : longest);
}

void runner_order(size_t *order, size_t count, uint64_t seed, unsigned round)
{
    uint64_t state = seed + 0x632be59bd9b4e019u * (round + 1);
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; i > 1; i--) {
        size_t other = random_below(&state, i);
        size_t swap = order[i - 1];
        order[i - 1] = order[other];
        order[other] = swap;
    }
}

void runner_describe(const struct experiment *experiment, const struct run_options *options, struct results *results)
{
    for (size_t i = 0; i < experiment->cell_count; i++) {
        const struct cell *cell = &experiment->cells[i];
        if (!cell->describe || !runner_includes(experiment, cell, options))
            continue;
        struct row blank = runner_blank(experiment, cell);
        cell->describe(cell, &blank, results);
    }
}

int group_failed(const struct group *group, const struct entry *entry, const char *what, int status)
{
    char name[256];
    entry_name(group, entry, name, sizeof name);
    if (status != -EINTR)
        complain("%s: %s: %s", name, what, strerror(-status));
    return status;
}

/* Does what was asked, and no less. */
static int run_checked(const struct group *group, struct entry *entry, uint64_t operations, struct outcome *outcome)
{
    *outcome = (struct outcome){0};
    int status = entry->cell->run(entry->state, operations, outcome);
    if (run_interrupted())
        return -EINTR;
    if (status)
        return group_failed(group, entry, "the run failed", status);
    if (outcome->operations != operations) {
        char name[256];
        entry_name(group, entry, name, sizeof name);
        complain("%s: did %llu operations of %llu; the cell is wrong, and its experiment has no result", name,
                 (unsigned long long)outcome->operations, (unsigned long long)operations);
        return -EPROTO;
    }
    return 0;
}

/* All entries of a group have done the same work. */
static int compare(const struct group *group, const struct entry *entry, const struct outcome *outcome,
                   const struct outcome *expected)
{
    if (outcome->bytes == expected->bytes && outcome->checksum == expected->checksum)
        return 0;
    char name[256], first[256];
    entry_name(group, entry, name, sizeof name);
    entry_name(group, &group->entries[0], first, sizeof first);
    complain("%s: %llu bytes with checksum %016llx, but %s: %llu with %016llx after the same %llu operations", name,
             (unsigned long long)outcome->bytes, (unsigned long long)outcome->checksum, first,
             (unsigned long long)expected->bytes, (unsigned long long)expected->checksum,
             (unsigned long long)outcome->operations);
    return -EPROTO;
}

/* Once to warm caches and free lists, then N and 2N: what 2N does more is what N operations cost, set-up left out. */
static int check(struct group *group)
{
    uint64_t operations =
        cell_operations(group->entries[0].cell, group->options->smoke ? SMOKE_OPERATIONS : CHECK_OPERATIONS);
    for (size_t i = 0; i < group->count; i++) {
        struct entry *entry = &group->entries[i], *first = &group->entries[0];
        struct outcome warm_up;
        int status = run_checked(group, entry, 2 * operations, &warm_up);
        if (!status)
            status = run_checked(group, entry, operations, &entry->once);
        if (!status)
            status = run_checked(group, entry, 2 * operations, &entry->twice);
        if (!status)
            status = compare(group, entry, &entry->once, &first->once);
        if (!status)
            status = compare(group, entry, &entry->twice, &first->twice);
        if (status)
            return status;
    }
    return 0;
}

static double cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int take_sample(const struct group *group, struct entry *entry, size_t displacement, struct sample *sample)
{
    *(volatile char *)alloca(displacement + 1) = 0;
    double cpu_before = cpu_ns();
    uint64_t before = clock_ns();
    int status = run_checked(group, entry, group->operations, &sample->outcome);
    uint64_t after = clock_ns();
    const struct outcome *outcome = &sample->outcome;
    sample->cpu_ns = outcome->cpu_ns > 0 ? outcome->cpu_ns : cpu_ns() - cpu_before;
    sample->real_ns = outcome->real_ns > 0 ? outcome->real_ns : (double)(after - before);
    return status;
}

/* How long a sample of the slowest cell takes: what the median of its samples takes, so that one that was interrupted
 * does not shorten all of the others. */
static int time_slowest(struct group *group, double *slowest)
{
    double(*times)[CALIBRATION_SAMPLES] = calloc(group->count, sizeof *times);
    int status = times ? 0 : -ENOMEM;
    for (size_t sample = 0; sample < CALIBRATION_SAMPLES && !status; sample++) {
        for (size_t i = 0; i < group->count && !status; i++) {
            struct sample taken;
            status = take_sample(group, &group->entries[i], 0, &taken);
            times[i][sample] = taken.real_ns;
        }
    }
    *slowest = 1;
    for (size_t i = 0; i < group->count && !status; i++) {
        double time = median(times[i], CALIBRATION_SAMPLES);
        *slowest = time > *slowest ? time : *slowest;
    }
    free(times);
    return status;
}

/* Finds how many operations make a sample of the slowest cell as long as planned. */
static int calibrate(struct group *group)
{
    double planned = (double)group->plan->sample_ns;
    const struct cell *cell = group->entries[0].cell;
    group->operations = cell_operations(cell, CHECK_OPERATIONS);
    for (;;) {
        double slowest;
        int status = time_slowest(group, &slowest);
        if (status)
            return status;
        double factor = planned / slowest;
        if (factor > 10)
            factor = 10;
        double operations = (double)group->operations * factor;
        bool settled = factor <= 2;
        group->operations = cell_operations(cell, operations < 1 ? 1 : (uint64_t)operations);
        if (settled)
            return 0;
    }
}

static int run_round(struct group *group, size_t *order, bool keep)
{
    size_t displacement = group->stack_bytes + (size_t)(group->turn % DISPLACEMENTS) * DISPLACEMENT_BYTES;
    runner_order(order, group->count, group->options->seed, group->turn++);
    for (size_t pass = 0; pass < PASSES; pass++) {
        struct outcome expected;
        for (size_t i = 0; i < group->count; i++) {
            struct entry *entry = &group->entries[order[pass ? group->count - 1 - i : i]];
            struct sample sample;
            int status = take_sample(group, entry, displacement, &sample);
            if (!status && i == 0)
                expected = sample.outcome;
            if (!status)
                status = compare(group, entry, &sample.outcome, &expected);
            if (status)
                return status;
            if (keep)
                entry->samples[group->rounds * PASSES + pass] = sample;
        }
    }
    group->rounds += keep;
    return 0;
}

/* All blocks have as many rounds as fit when a round takes what the first ones took. */
static size_t rounds_of_block(const struct plan *plan, uint64_t warm_up_ns)
{
    double round_ns = (double)(warm_up_ns + 1) / (plan->warm_up ? plan->warm_up : 1);
    double rounds = (double)plan->budget_ns / plan->blocks / round_ns - plan->warm_up;
    if (rounds > plan->rounds_most)
        return plan->rounds_most;
    return rounds < plan->rounds_least ? plan->rounds_least : (size_t)rounds;
}

/* The cells are open, and checked, for the first block. */
static int run_blocks(struct group *group, struct progress *progress)
{
    const struct plan *plan = group->plan;
    size_t *order = calloc(group->count, sizeof *order);
    int status = order ? calibrate(group) : -ENOMEM;
    while (!status && group->blocks < plan->blocks) {
        uint64_t started = clock_ns();
        status = group->blocks ? group_reopen(group) : 0;
        for (unsigned i = 0; i < plan->warm_up && !status; i++)
            status = run_round(group, order, false);
        if (!group->each)
            group->each = rounds_of_block(plan, clock_ns() - started);
        for (size_t i = 0; i < group->each && !status; i++) {
            status = run_round(group, order, true);
            progress_step(progress, group->variant);
        }
        group->blocks++;
    }
    free(order);
    return status;
}

static int run_group(const struct experiment *experiment, const char *variant, const struct run_options *options,
                     const struct plan *plan, struct results *results, struct progress *progress)
{
    struct group group = {
        .experiment = experiment,
        .options = options,
        .plan = plan,
        .variant = variant,
        .layout = options->seed,
    };
    int status = group_open(&group, results);
    if (!status && group.count)
        status = check(&group);
    if (!status && group.count && !options->smoke)
        status = run_blocks(&group, progress);
    if (!status && group.count)
        status = group_add_rows(&group, results);
    group_close(&group);
    return status;
}

int runner_run(const struct experiment *experiment, const struct run_options *options, const struct plan *plan,
               struct results *results, struct progress *progress)
{
    for (size_t i = 0; i < experiment->cell_count; i++) {
        if (!leads_group(experiment, i, options))
            continue;
        progress_step(progress, experiment->cells[i].variant);
        int status = run_group(experiment, experiment->cells[i].variant, options, plan, results, progress);
        if (status)
            return status;
    }
    return 0;
}

#include "bench/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One figure a round for each entry, so that entries pair up by round. */
typedef double (*figure)(const struct sample *there, const struct sample *back);

static double real_per_operation(const struct sample *there, const struct sample *back)
{
    return (there->real_ns + back->real_ns) / (double)(there->outcome.operations + back->outcome.operations);
}

static double cpu_per_operation(const struct sample *there, const struct sample *back)
{
    return (there->cpu_ns + back->cpu_ns) / (double)(there->outcome.operations + back->outcome.operations);
}

static double syscalls_per_operation(const struct sample *there, const struct sample *back)
{
    return (double)(there->outcome.syscalls + back->outcome.syscalls) /
           (double)(there->outcome.operations + back->outcome.operations);
}

static double server_per_operation(const struct sample *there, const struct sample *back)
{
    return (there->outcome.server_ns + back->outcome.server_ns) /
           (double)(there->outcome.operations + back->outcome.operations);
}

static double *figures(const struct group *group, const struct entry *entry, figure figure)
{
    double *values = calloc(group->rounds, sizeof *values);
    for (size_t i = 0; values && i < group->rounds; i++)
        values[i] = figure(&entry->samples[i * PASSES], &entry->samples[i * PASSES + 1]);
    return values;
}

static struct blocks blocks(const struct group *group)
{
    return (struct blocks){group->blocks, group->each};
}

static void entry_variant(const struct entry *entry, char *buffer, size_t size)
{
    const char *own = entry->cell->variant;
    if (!entry->control)
        snprintf(buffer, size, "%s", own);
    else if (strcmp(own, "-") == 0)
        snprintf(buffer, size, "control=aa");
    else
        snprintf(buffer, size, "%s,control=aa", own);
}

static void add(const struct group *group, const struct entry *entry, const char *metric, const char *unit,
                struct interval interval, struct results *results)
{
    char variant[256];
    struct row row = runner_blank(group->experiment, entry->cell);
    entry_variant(entry, variant, sizeof variant);
    row.variant = variant;
    row.metric = metric;
    row.unit = unit;
    row.value = interval.value;
    row.low = interval.low;
    row.high = interval.high;
    row.samples = group->rounds;
    results_add(results, &row);
}

/* A figure that is the same in every round is exact. */
static int add_figure(const struct group *group, const struct entry *entry, const char *metric, const char *unit,
                      figure figure, struct results *results)
{
    double *values = figures(group, entry, figure);
    if (!values)
        return -ENOMEM;
    bool exact = true;
    for (size_t i = 1; i < group->rounds; i++)
        exact = exact && values[i] == values[0];
    int status = 0;
    if (exact) {
        struct row row = runner_blank(group->experiment, entry->cell);
        row.metric = metric;
        row.unit = unit;
        results_add_exact(results, row, values[0]);
    } else {
        struct interval interval;
        status = bootstrap_median(values, blocks(group), group->options->seed, &interval);
        if (!status)
            add(group, entry, metric, unit, interval, results);
    }
    free(values);
    return status;
}

static int add_times(const struct group *group, const struct entry *entry, struct results *results)
{
    double *values = figures(group, entry, real_per_operation);
    struct interval time;
    int status = values ? bootstrap_median(values, blocks(group), group->options->seed, &time) : -ENOMEM;
    free(values);
    if (status)
        return status;
    add(group, entry, "ns_per_op", "ns", time, results);
    if (entry->cell->batch && group->experiment->batch_metric) {
        double batch = entry->cell->batch;
        struct interval whole = {time.value * batch, time.low * batch, time.high * batch};
        add(group, entry, group->experiment->batch_metric, "ns", whole, results);
    }
    if (strcmp(group->experiment->operation, "message") != 0)
        return 0;
    struct interval rate = {1e9 / time.value, 1e9 / time.high, 1e9 / time.low};
    add(group, entry, "msgs_per_s", "1/s", rate, results);
    status = add_figure(group, entry, "cpu_ns_per_msg", "ns", cpu_per_operation, results);
    if (!status && entry->samples[0].outcome.server_ns > 0)
        status = add_figure(group, entry, "server_ns_per_msg", "ns", server_per_operation, results);
    return status;
}

/* How many operations a second take 1 and 10 % of a core by what they take above the floor; any number, where they may
 * take nothing. */
static void add_rates(const struct group *group, const struct entry *entry, struct interval above,
                      struct results *results)
{
    static const char *const metrics[] = {"ops_per_s_at_1_percent", "ops_per_s_at_10_percent"};
    double of_core_ns = 1e7;
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++, of_core_ns *= 10) {
        struct interval rate = {of_core_ns / above.value, of_core_ns / above.high, of_core_ns / above.low};
        if (above.low > 0) {
            add(group, entry, metrics[i], "1/s", rate, results);
            continue;
        }
        struct row row = runner_blank(group->experiment, entry->cell);
        row.metric = metrics[i];
        row.unit = "1/s";
        row.text = "any";
        row.samples = group->rounds;
        results_add(results, &row);
    }
}

/* The difference that an experiment with cpu_ratios has beside a ratio; null: none, or it is there in any case. */
static const char *difference_beside(const char *ratio)
{
    return strcmp(ratio, "cpu_ratio_to_floor") == 0    ? "cpu_ns_above_floor"
           : strcmp(ratio, "ratio_to_native") == 0     ? "ns_above_native"
           : strcmp(ratio, "cpu_ratio_to_native") == 0 ? "cpu_ns_above_native"
                                                       : NULL;
}

/* How two entries' times compare, round by round. */
static int add_comparison(const struct group *group, const struct entry *entry, const struct entry *other,
                          const char *metric, figure figure, struct results *results)
{
    double *values = figures(group, entry, figure);
    double *base = figures(group, other, figure);
    uint64_t seed = group->options->seed;
    struct interval interval;
    int status = values && base ? bootstrap_ratio(values, base, blocks(group), seed, &interval) : -ENOMEM;
    if (!status) {
        add(group, entry, metric, "ratio", interval, results);
        if (!entry->control && strcmp(metric, "ratio_to_floor") == 0) {
            status = bootstrap_difference(values, base, blocks(group), seed, &interval);
            if (!status)
                add(group, entry, "ns_above_floor", "ns", interval, results);
            if (!status && group->experiment->rates)
                add_rates(group, entry, interval, results);
        }
        const char *above = group->experiment->cpu_ratios ? difference_beside(metric) : NULL;
        if (!status && !entry->control && above) {
            status = bootstrap_difference(values, base, blocks(group), seed, &interval);
            if (!status)
                add(group, entry, above, "ns", interval, results);
        }
    }
    free(values);
    free(base);
    return status;
}

/* The same of the processor's time, where the experiment asks for it. */
static int add_comparisons(const struct group *group, const struct entry *entry, const struct entry *other,
                           const char *metric, struct results *results)
{
    char cpu_metric[32];
    int status = add_comparison(group, entry, other, metric, real_per_operation, results);
    if (status || !group->experiment->cpu_ratios)
        return status;
    snprintf(cpu_metric, sizeof cpu_metric, "cpu_%s", metric);
    return add_comparison(group, entry, other, cpu_metric, cpu_per_operation, results);
}

static void add_repetitions(const struct group *group, const struct entry *entry, struct results *results)
{
    char variant[256];
    entry_variant(entry, variant, sizeof variant);
    for (size_t i = 0; i < group->rounds * PASSES; i++) {
        const struct sample *sample = &entry->samples[i];
        struct repetition repetition = {
            .experiment = group->experiment->name,
            .model = entry->cell->model,
            .mechanism = entry->cell->mechanism,
            .variant = variant,
            .index = i,
            .repetitions = group->rounds * PASSES,
            .operations = sample->outcome.operations,
            .real_ns = sample->real_ns,
            .cpu_ns = sample->cpu_ns,
        };
        results_add_repetition(results, &repetition);
    }
}

/* What N operations more allocated more, for each of them. */
static void add_allocations(const struct group *group, const struct entry *entry, const char *metric, uint64_t once,
                            uint64_t twice, struct results *results)
{
    struct row row = runner_blank(group->experiment, entry->cell);
    row.metric = metric;
    row.unit = "count";
    if (once == COUNT_UNKNOWN)
        results_add_missing(results, &row, "the library does not let it be counted");
    else if (twice < once)
        results_add_missing(results, &row, "more operations allocated less: the cell does not repeat itself");
    else
        results_add_exact(results, row, (double)(twice - once) / (double)entry->once.operations);
}

struct presence {
    bool allocations, syscalls;
};

/* Which counts are not zero in every cell. */
static struct presence presence(const struct group *group)
{
    struct presence any = {0};
    for (size_t i = 0; i < group->count; i++) {
        const struct entry *entry = &group->entries[i];
        any.allocations |= entry->twice.allocations > 0 && entry->twice.allocations != COUNT_UNKNOWN;
        any.allocations |= entry->twice.allocations_fresh > 0;
        for (size_t s = 0; s < group->rounds * PASSES; s++)
            any.syscalls |= entry->samples[s].outcome.syscalls > 0;
    }
    return any;
}

static int add_syscalls(const struct group *group, const struct entry *entry, struct results *results)
{
    struct row row = runner_blank(group->experiment, entry->cell);
    if (entry->samples[0].outcome.syscalls != COUNT_UNKNOWN)
        return add_figure(group, entry, "syscalls_per_msg", "count", syscalls_per_operation, results);
    row.metric = "syscalls_per_msg";
    row.unit = "count";
    results_add_missing(results, &row, "the library does not let it be counted");
    return 0;
}

/* Whether its system calls are the same in each run: with one small message on its way the kernel has no choice of
 * how many completions it hands over at once. */
static bool repeats_its_syscalls(const struct cell *cell)
{
    return strstr(cell->variant, "connections=1,message=64,") && !strstr(cell->variant, "window=") &&
           !strstr(cell->variant, "parts=") && !cell->native;
}

/* What N operations more called more, for each of them: exact, without what setting up calls. */
static void add_exact_syscalls(const struct group *group, const struct entry *entry, struct results *results)
{
    uint64_t once = entry->once.syscalls, twice = entry->twice.syscalls;
    struct row row = runner_blank(group->experiment, entry->cell);
    row.metric = "syscalls_per_op";
    row.unit = "count";
    if (twice == COUNT_UNKNOWN || !twice || !repeats_its_syscalls(entry->cell))
        return;
    if (twice < once)
        results_add_missing(results, &row, "more operations called less: the cell does not repeat itself");
    else
        results_add_exact(results, row, (double)(twice - once) / (double)entry->once.operations);
}

static const struct entry *find_baseline(const struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        if (group->entries[i].cell->baseline && !group->entries[i].control)
            return &group->entries[i];
    }
    return NULL;
}

/* The cell that the entry's own compares itself with, beside the baseline; null where it names none, or a filter has
 * left that one out. */
static const struct entry *find_native(const struct group *group, const struct entry *entry)
{
    char name[128];
    for (size_t i = 0; entry->cell->native && i < group->count; i++) {
        const struct entry *other = &group->entries[i];
        snprintf(name, sizeof name, "%s/%s", other->cell->model, other->cell->mechanism);
        if (!other->control && strcmp(name, entry->cell->native) == 0)
            return other;
    }
    return NULL;
}

static int add_timed_rows(const struct group *group, const struct entry *entry, struct presence any,
                          struct results *results)
{
    const struct entry *baseline = find_baseline(group);
    int status = 0;
    add_repetitions(group, entry, results);
    if (!entry->control)
        status = add_times(group, entry, results);
    if (!status && baseline && entry != baseline && group->experiment->ratio_metric)
        status = add_comparisons(group, entry, baseline, group->experiment->ratio_metric, results);
    const struct entry *native = find_native(group, entry);
    if (!status && native && !entry->control)
        status = add_comparisons(group, entry, native, "ratio_to_native", results);
    if (!status && any.syscalls && !entry->control)
        status = add_syscalls(group, entry, results);
    return status;
}

int group_add_rows(const struct group *group, struct results *results)
{
    struct presence any = presence(group);
    for (size_t i = 0; i < group->count; i++) {
        const struct entry *entry = &group->entries[i];
        if (group->rounds) {
            int status = add_timed_rows(group, entry, any, results);
            if (status)
                return status;
        }
        if (entry->control)
            continue;
        add_exact_syscalls(group, entry, results);
        if (!any.allocations)
            continue;
        add_allocations(group, entry, "allocs_per_op", entry->once.allocations, entry->twice.allocations, results);
        add_allocations(group, entry, "allocs_fresh_per_op", entry->once.allocations_fresh,
                        entry->twice.allocations_fresh, results);
    }
    return 0;
}

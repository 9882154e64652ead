/* Latencies of the loop, under a closed and under an open load, by the same clients (bench/echo_flow.h).
 *
 * All forms of a place run in turn, in an order that changes with each repeat, on connections opened anew. A run is so
 * many messages; its percentiles come from its histogram, and a row's value is their median over the repeats, with an
 * interval that has it in at least 99 % of all cases (order_median): of eight repeats, in quick mode, their range.
 * Before each repeat the floor runs under the closed load: the rate of its open loads, the same for all forms, is a
 * share of the median of what it has reached so far.
 *
 * The forms of a repeat have the same schedule, and their replies the same checksum. A run's first tenth warms up.
 */
#include "bench/echo_socket.h"
#include "bench/group.h"
#include "bench/progress.h"
#include "bench/statistics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { REPEATS_QUICK = ORDER_LEAST, REPEATS_FULL = 20, FORMS_MOST = 8, SMOKE_MESSAGES = 64 };

/* What is read from a histogram, and shown; more of them than one looks at in a table, for the figure. */
static const struct {
    const char *metric;
    unsigned millionths;
} percentiles[] = {
    {"latency_p10_ns", 100000}, {"latency_p50_ns", 500000}, {"latency_p75_ns", 750000},  {"latency_p90_ns", 900000},
    {"latency_p95_ns", 950000}, {"latency_p99_ns", 990000}, {"latency_p995_ns", 995000}, {"latency_p999_ns", 999000},
};
enum { PERCENTILES = sizeof percentiles / sizeof percentiles[0] };

/* One form under one load. */
struct measured {
    const struct cell *cell;
    double (*values)[REPEATS_FULL]; /* [percentile][repeat] */
};

struct place {
    const struct experiment *experiment;
    const struct run_options *options;
    struct histogram *histogram;
    struct measured forms[FORMS_MOST]; /* of one load; the floor first */
    unsigned count;
    double floor_rates[REPEATS_FULL]; /* messages a second, closed loop */
    double rates[REPEATS_FULL];       /* of the open load */
    struct outcome outcome;           /* of the first form in this repeat */
};

static unsigned repeats(const struct run_options *options)
{
    return options->smoke ? 1 : options->full ? REPEATS_FULL : REPEATS_QUICK;
}

static uint64_t messages(const struct run_options *options)
{
    return options->smoke ? SMOKE_MESSAGES : options->full ? 20000 : 4000;
}

static int failed(const struct place *place, const struct cell *cell, int status)
{
    if (status != -EINTR && status != -ENOTSUP)
        complain("%s/%s/%s/%s: %s", place->experiment->name, cell->model, cell->mechanism, cell->variant,
                 strerror(-status));
    return status;
}

/* One run, and the time that it took. */
static int run_load(struct echo_socket *echo, struct echo_load load, double *ns, struct outcome *outcome)
{
    uint64_t before = clock_ns();
    int status = echo_socket_load(echo, &load, outcome);
    *ns = (double)(clock_ns() - before);
    return run_interrupted() ? -EINTR : status;
}

/* On new connections: warm up, then measure. `rate` 0: closed loop. */
static int run_form(struct place *place, const struct cell *cell, double rate, double *ns, struct outcome *outcome)
{
    uint64_t count = messages(place->options);
    struct echo_load load = {.messages = count / 10 + 1, .rate = rate, .now = clock_ns};
    void *state;
    int status = echo_socket_open(cell, place->options, &state);
    if (status)
        return status;
    histogram_reset(place->histogram);
    status = run_load(state, load, ns, outcome);
    load.messages = count;
    load.latencies = place->histogram;
    if (!status)
        status = run_load(state, load, ns, outcome);
    echo_socket_close(state);
    return status;
}

static bool same_work(const struct outcome *a, const struct outcome *b)
{
    return a->operations == b->operations && a->bytes == b->bytes && a->checksum == b->checksum;
}

static int run_repeat(struct place *place, unsigned repeat)
{
    const struct echo_parameters *parameters = place->forms[0].cell->parameters;
    size_t order[FORMS_MOST];
    double ns = 1, rate = 0;
    int status = 0;
    if (parameters->load_percent) {
        double sorted[REPEATS_FULL];
        status = run_form(place, place->forms[0].cell, 0, &ns, &place->outcome);
        if (status)
            return failed(place, place->forms[0].cell, status);
        place->floor_rates[repeat] = (double)messages(place->options) / ns * 1e9;
        memcpy(sorted, place->floor_rates, sizeof sorted);
        rate = median(sorted, repeat + 1) * parameters->load_percent / 100;
        place->rates[repeat] = rate;
    }
    runner_order(order, place->count, place->options->seed, repeat);
    for (unsigned i = 0; i < place->count && !status; i++) {
        struct measured *form = &place->forms[order[i]];
        struct outcome outcome;
        status = run_form(place, form->cell, rate, &ns, &outcome);
        if (!status && i == 0)
            place->outcome = outcome;
        if (!status && (!same_work(&outcome, &place->outcome) || place->histogram->count != outcome.operations))
            status = -EPROTO;
        if (status)
            return failed(place, form->cell, status);
        for (unsigned p = 0; p < PERCENTILES; p++)
            form->values[p][repeat] = (double)histogram_percentile(place->histogram, percentiles[p].millionths);
    }
    return status;
}

static int add_rows(struct place *place, struct results *results)
{
    size_t count = repeats(place->options);
    double rates[REPEATS_FULL];
    struct interval interval;
    int status = 0;
    for (unsigned i = 0; i < place->count && !status; i++) {
        struct measured *form = &place->forms[i];
        struct row row = runner_blank(place->experiment, form->cell);
        row.samples = count;
        row.unit = "ns";
        for (unsigned p = 0; p < PERCENTILES && !status; p++) {
            status = order_median(form->values[p], count, &interval);
            row.metric = percentiles[p].metric;
            row.value = interval.value, row.low = interval.low, row.high = interval.high;
            if (!status)
                results_add(results, &row);
        }
        if (status || place->rates[0] <= 0)
            continue;
        memcpy(rates, place->rates, sizeof rates);
        status = order_median(rates, count, &interval);
        row.metric = "offered_msgs_per_s";
        row.unit = "1/s";
        row.value = interval.value, row.low = rates[0], row.high = rates[count - 1]; /* a setting: what it was */
        if (!status)
            results_add(results, &row);
    }
    return status;
}

static int run_place(struct place *place, struct results *results, struct progress *progress)
{
    int status = 0;
    for (unsigned i = 0; i < place->count && !status; i++) {
        place->forms[i].values = calloc(PERCENTILES, sizeof *place->forms[i].values);
        if (!place->forms[i].values)
            status = -ENOMEM;
    }
    for (unsigned repeat = 0; repeat < repeats(place->options) && !status; repeat++) {
        progress_step(progress, place->forms[0].cell->variant);
        status = run_repeat(place, repeat);
    }
    if (!status && !place->options->smoke)
        status = add_rows(place, results);
    for (unsigned i = 0; i < place->count; i++)
        free(place->forms[i].values);
    return status;
}

/* In place of rows: what a place that failed would have had. */
static void add_missing(const struct place *place, const char *reason, struct results *results)
{
    for (unsigned i = 0; i < place->count; i++) {
        struct row row = runner_blank(place->experiment, place->forms[i].cell);
        row.unit = "ns";
        for (unsigned p = 0; p < PERCENTILES; p++) {
            row.metric = percentiles[p].metric;
            results_add_missing(results, &row, reason);
        }
    }
}

static bool latency_cell(const struct cell *cell)
{
    return !cell->run && !cell->describe;
}

int echo_latency_run(const struct experiment *experiment, const struct run_options *options, struct results *results,
                     struct progress *progress)
{
    struct place place = {.experiment = experiment, .options = options};
    place.histogram = malloc(sizeof *place.histogram);
    int status = place.histogram ? 0 : -ENOMEM, first = 0;
    for (size_t i = 0; i < experiment->cell_count && !status; i += place.count ? place.count : 1) {
        place.count = 0;
        place.rates[0] = 0;
        for (size_t k = i; k < experiment->cell_count && latency_cell(&experiment->cells[k]) &&
                           strcmp(experiment->cells[k].variant, experiment->cells[i].variant) == 0;
             k++) {
            if (place.count == FORMS_MOST)
                abort(); /* FORMS_MOST is less than the table has */
            place.forms[place.count++].cell = &experiment->cells[k];
        }
        bool wanted = false;
        for (unsigned k = 0; k < place.count; k++)
            wanted |= cell_selected(experiment, place.forms[k].cell, options);
        if (wanted)
            status = run_place(&place, results, progress);
        if (status == -ENOTSUP) {
            results_add_skipped(results, experiment->name, place.forms[0].cell->variant, place.forms[0].cell->needs);
            status = 0;
        } else if (status && status != -EINTR && status != -ENOMEM) {
            add_missing(&place, "its run failed; the message is on stderr", results);
            first = first ? first : status;
            status = 0;
        }
    }
    free(place.histogram);
    return status ? status : first;
}

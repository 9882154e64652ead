/* A cell: one measurable way to do one piece of work, and the experiment that it belongs to.
 *
 * Cells of an experiment with the same `variant` form a group: they do the same work, and the runner interleaves them
 * and compares each with the group's baseline. The runner owns the clock; a cell never reads one. Whatever a cell does,
 * it reports in its outcome, and the runner checks that all cells of a group report the same operations, bytes and
 * checksum: a cell that did less is an error, not a fast cell.
 *
 * Adding a mechanism is one more cell in its experiment's table; adding an experiment is one file and one line in
 * experiments.def. Listing, TSV, JSON, tables, plots and the Google Benchmark front follow by themselves.
 */
#ifndef ABREAST_BENCH_CELL_H
#define ABREAST_BENCH_CELL_H

#include "bench/results.h"
#include "common/frame_allocators.h"
#include "common/reactor.h"

#include <stdbool.h>

struct progress;

struct run_options {
    bool full;                                    /* else quick */
    bool smoke;                                   /* a few operations a cell, no timing: what the tests run */
    bool counting;                                /* under callgrind: a cell does all of its work in this process */
    bool counted;                                 /* only cells that are counted: what can be told without a clock */
    uint64_t seed;                                /* of everything random: order of runs, scripts, bootstrap */
    enum reactor_backend backend;                 /* of experiments on real sockets */
    const struct frame_allocator_kind *allocator; /* of experiments that run whole loops; null: each one's default */
    const char *const *filters; /* an experiment, or substrings or globs of "experiment/model/mechanism/variant" */
    size_t filter_count;        /* 0: all */
};

/* A count that a library does not let anybody take. */
#define COUNT_UNKNOWN UINT64_MAX

/* What a run of `operations` operations did. The first three are checked across the group; the rest become metrics
 * where they are not zero in any cell of the group. */
struct outcome {
    uint64_t operations;
    uint64_t bytes;
    uint64_t checksum;
    uint64_t allocations;       /* allocs_per_op: frames and operation states asked for */
    uint64_t allocations_fresh; /* allocs_fresh_per_op: those that went to malloc */
    uint64_t syscalls;          /* syscalls_per_msg */
    double server_ns;           /* server_ns_per_msg: the part of the time that is a server's alone, by clock_ns */
    double real_ns, cpu_ns;     /* what it took where others did the work, by clock_ns; 0: what the runner sees */
};

enum { CELL_QUICK = 1, CELL_FULL = 2, CELL_BOTH = 3 };

struct cell {
    const char *model;
    const char *mechanism;
    const char *variant;   /* key=value,... or "-" */
    const char *toolchain; /* of what is measured; null: this executable's */
    unsigned modes;        /* CELL_QUICK, CELL_FULL or both */
    unsigned untimed;      /* those of its modes in which it is only described and counted; a smoke run checks it */
    unsigned batch;        /* operations come so many at once: what is run is a multiple of it; 0: one at a time */
    bool baseline;         /* what the group is compared with: the floor, or malloc */
    bool counted;          /* count its instructions too, under valgrind; it must then be deterministic and do no I/O */
    bool single_threaded;  /* counted in a process that never had a second thread (bench/several_threads.h) */
    bool written;          /* and the bytes that it writes (bench/writes.h) */
    const char *preload;   /* the library that LD_PRELOAD names while its instructions are counted; null: none */
    const char *needs;     /* what is missing where `open` says -ENOTSUP; null: nothing in particular */
    const char *native;    /* "model/mechanism" of a cell of its group: ratio_to_native compares with it; null: none */
    const void *parameters;
    /* Whether these options want the cell at all, beside mode and filters; null: always. cell_selected asks it. */
    bool (*wanted)(const struct cell *, const struct run_options *);
    /* Makes the state that runs share; not timed. 0 or negative errno; -ENOTSUP: not on this machine, build or
     * backend, and the cell is skipped. */
    int (*open)(const struct cell *, const struct run_options *, void **state);
    /* Does `operations` operations, and says what it did. 0 or negative errno. Called many times on one state; a cell
     * is opened many times too, for what it costs may depend on where its memory lies. */
    int (*run)(void *state, uint64_t operations, struct outcome *);
    void (*close)(void *state);
    /* Adds metrics that need no run (sizes); null: none. `blank` has experiment, model, mechanism, variant, toolchain.
     */
    void (*describe)(const struct cell *, const struct row *blank, struct results *);
};

/* What a filter can name of an experiment that has no table of cells. */
struct listed {
    const char *model; /* null in the sentinel */
    const char *mechanism;
    const char *models; /* what it models, in a few words; "" where nothing was said */
};

struct experiment {
    const char *name;
    const char *title;        /* one sentence: what it measures */
    const char *published;    /* the published counterpart, or "-" */
    const char *operation;    /* what one operation is: "completion", "frame", "message" */
    const char *ratio_metric; /* "ratio_to_floor" or "ratio_to_malloc"; null: untimed */
    bool cpu_ratios;          /* the same ratio of CPU time too, and to the native cell: "cpu_ratio_to_floor" */
    const char *batch_metric; /* how long a batch takes, in ns; null: cells have none */
    unsigned quick_sample_us; /* how long a sample is in quick mode; 0: 1 ms */
    unsigned full_sample_us;  /* the same in full mode; 0: 5 ms */
    unsigned full_blocks;     /* of samples (bench/runner.h), in full mode; 0: 80 */
    bool takes_allocator;     /* run_options.allocator is for it too */
    bool counts_atomics;      /* of its counted cells: atomics_per_op */
    bool rates;               /* and how many operations a second take 1 and 10 % of a core above the floor */
    const struct cell *cells; /* null: the experiment has a run function of its own */
    size_t cell_count;
    const struct listed *listed; /* where it has no cells */
    int (*run)(const struct experiment *, const struct run_options *, struct results *, struct progress *);
    /* What it measures of this executable after its cells have been run: of those without a run function. A failure of
     * it is told, and leaves the cells' rows as they are; what it could not measure it adds as missing. */
    int (*beside)(const struct experiment *, const struct run_options *, struct results *, struct progress *);
};

/* All experiments, in the order of their list, experiments.def. */
extern const struct experiment *const experiments[];
extern const size_t experiment_count;

/* At least so many operations, in whole batches. */
static inline uint64_t cell_operations(const struct cell *cell, uint64_t operations)
{
    uint64_t batch = cell->batch ? cell->batch : 1;
    return (operations + batch - 1) / batch * batch;
}

/* "gcc-12.2.0 O2 sib=on exc=off san=none": the toolchain of this executable. */
extern const char *const toolchain;

/* True when the mode and the filters want it. */
bool cell_selected(const struct experiment *, const struct cell *, const struct run_options *);

/* The same for an experiment as a whole: one of its cells is selected, or, where it has none, a filter names it. */
bool experiment_selected(const struct experiment *, const struct run_options *);

/* True when a filter wants `name`, of the form experiment/model/mechanism/variant: for experiments with a run function
 * of their own. */
bool name_selected(const char *name, const struct run_options *);

/* True once SIGINT, SIGTERM or SIGPIPE has come: end soon, with -EINTR. */
bool run_interrupted(void);

#endif

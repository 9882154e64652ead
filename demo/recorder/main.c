/* The recorder's main program: one side of a scene on stdout.
 *
 *     demo-recorder MODEL MECHANISM ready|later|stopped READS     what it did: docs/demo.md
 *     demo-recorder meter MODEL MECHANISM LENGTH                  bytes of stack per read that is ready, by the meter;
 *                                                                 in fewer than 1000 reads, other calls would show
 *
 * Exits with 0, or with 1 and one line on stderr.
 */
#include "bench/stack/mechanism.h"
#include "common/stack_meter.h"
#include "demo/recorder/recorder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { METER_BYTES = 1 << 26, SHORTEST_METERED = 1000 };

/* What the experiment `stack` says of its mechanisms. */
static const struct described {
    const char *model, *mechanism, *rests_on, *models;
} described[] = {
#define MECHANISM(experiment, model, file, name, rests_on, models) {#model, name, rests_on, models},
#define BOUNDARY_MECHANISM MECHANISM
#include "bench/stack/mechanisms.def"
    {NULL, NULL, NULL, NULL},
};

static const struct side *find_in(const struct side *side, const char *model, const char *mechanism)
{
    while (side->model && (strcmp(side->model, model) != 0 || strcmp(side->mechanism, mechanism) != 0))
        side++;
    return side->model ? side : NULL;
}

static const struct side *find(const char *model, const char *mechanism)
{
    const struct side *side = find_in(awaitable_sides, model, mechanism);
    if (!side)
        side = find_in(sender_sides, model, mechanism);
    if (!side)
        fprintf(stderr, "demo-recorder: there is no side '%s %s'\n", model, mechanism);
    return side;
}

static int record(const struct side *side, const char *kind, const char *reads)
{
    static const char *const kinds[] = {"ready", "later", "stopped"};
    enum world_kind number = WORLD_READY;
    while (number <= WORLD_STOPPED && strcmp(kinds[number], kind) != 0)
        number++;
    uint64_t count = strtoull(reads, NULL, 10);
    if (number > WORLD_STOPPED || !count) {
        fprintf(stderr, "demo-recorder: '%s %s': give ready, later or stopped, and a number of reads\n", kind, reads);
        return 1;
    }
    int status = world_run(side, number, count);
    if (status) {
        fprintf(stderr, "demo-recorder: %s %s: %s\n", side->model, side->mechanism,
                status == -EILSEQ ? "it did not make its reads" : strerror(-status));
        return 1;
    }
    const struct described *like = described;
    while (like->model && (strcmp(like->model, side->model) != 0 || strcmp(like->mechanism, side->mechanism) != 0))
        like++;
    const char *models = side->models ? side->models : like->models, *rests_on = side->rests_on;
    printf("{\"model\":\"%s\",\"mechanism\":\"%s\",\"stream\":\"%s\",\"reads\":%" PRIu64 ",\n\"models\":\"%s\",\n"
           "\"rests_on\":\"%s\",\n\"toolchain\":\"%s\",\n\"flags\":\"%s\",\n",
           side->model, side->mechanism, kind, count, models ? models : "", rests_on ? rests_on : like->rests_on,
           ABREAST_TOOLCHAIN, ABREAST_DEMO_FLAGS);
    recorder_print();
    printf("}\n");
    return 0;
}

static int run_side(void *side, uint64_t reads)
{
    return world_run(side, WORLD_READY, reads);
}

/* Each event traps here too, on the handler's own stack, and is not recorded. */
static int meter(const struct side *side, uint64_t length)
{
    if (length < SHORTEST_METERED) {
        fprintf(stderr, "demo-recorder: give the meter a LENGTH of at least %d reads\n", SHORTEST_METERED);
        return 1;
    }
    struct stack_meter meter;
    struct stack_profile profile;
    struct stack_work work = {run_side, (void *)side};
    int status = stack_meter_open(&meter, METER_BYTES);
    if (!status) {
        status = stack_profile(&meter, &work, length, 0, &profile);
        stack_meter_close(&meter);
    }
    if (status) {
        fprintf(stderr, "demo-recorder: %s %s: %s\n", side->model, side->mechanism, strerror(-status));
        return 1;
    }
    printf("%s\t%.9g\n", stack_growth_name(profile.growth), profile.bytes_per_completion);
    return 0;
}

int main(int argc, char **argv)
{
    bool metered = argc == 5 && strcmp(argv[1], "meter") == 0;
    if (argc != 5) {
        fprintf(stderr,
                "demo-recorder: usage: %s MODEL MECHANISM ready|later|stopped READS | meter MODEL MECHANISM "
                "LENGTH\n",
                argv[0]);
        return 1;
    }
    const struct side *side = metered ? find(argv[2], argv[3]) : find(argv[1], argv[2]);
    if (!side)
        return 1;
    int status = recorder_open(!metered);
    if (status) {
        fprintf(stderr, "demo-recorder: its own functions cannot be told: %s\n", strerror(-status));
        return 1;
    }
    status = metered ? meter(side, strtoull(argv[4], NULL, 10)) : record(side, argv[3], argv[4]);
    recorder_close();
    return fflush(stdout) || ferror(stdout) ? 1 : status;
}

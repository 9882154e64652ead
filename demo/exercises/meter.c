/* Measures one exercise, and holds what it foretells against what is seen. Exits with 0; with 1 and one line on stderr
 * where it does not work; with 2 where what it foretells is wrong. */
#include "common/stack_meter.h"
#include "demo/exercises/exercise.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { METER_BYTES = 1 << 26, KNOWN_STEP = 100, LENGTH = 2000, FORETOLD = 1000, SMALL_STACK_BYTES = 1 << 16, NEAR = 2 };

static int run_checked(void *context, uint64_t completions)
{
    (void)context;
    struct stack_job job = {.completions = completions}, expected = {0};
    int status = exercise.run(&job);
    while (expected.made < completions)
        stack_job_completed(&expected, expected.made + exercise.added);
    if (status)
        return status;
    return job.made == completions && job.checksum == expected.checksum ? 0 : -EILSEQ;
}

static const struct stack_work work = {run_checked, NULL};

static int fail(int status)
{
    fprintf(stderr, "meter: %s\n",
            status == -EILSEQ   ? "the loop did not make all its completions, or with wrong values"
            : status == -ERANGE ? "the stack grew in a way that the first lengths did not show"
                                : strerror(-status));
    return 1;
}

static int known_depths(struct stack_meter *meter, uint64_t depth[DEPTHS_KNOWN])
{
    size_t used = 0;
    int status = stack_meter_run(meter, &work, KNOWN_STEP, &used); /* what happens once only must not show below */
    for (unsigned i = 0; i < DEPTHS_KNOWN && !status; i++) {
        status = stack_meter_run(meter, &work, (i + 1) * KNOWN_STEP, &used);
        depth[i] = used;
    }
    return status;
}

static bool told(const char *what, uint64_t foretold, uint64_t seen, uint64_t tolerance)
{
    uint64_t off = foretold > seen ? foretold - seen : seen - foretold;
    bool right = off <= tolerance;
    printf("%s: foretold %" PRIu64 ", seen %" PRIu64 ": %s\n", what, foretold, seen, right ? "right" : "not right");
    return right;
}

/* 0, 2 where something is not as foretold, or negative errno. */
static int compare(struct stack_meter *meter, const struct stack_profile *profile, const uint64_t depth[DEPTHS_KNOWN])
{
    size_t used;
    int status = stack_meter_run(meter, &work, FORETOLD, &used);
    if (status)
        return status;
    bool right = told("bytes after 1000 completions", exercise.depth_after(depth, FORETOLD), used, used / 100);
    uint64_t full;
    status = stack_overflow_seen(&work, SMALL_STACK_BYTES, stack_overflow_predicted(profile, SMALL_STACK_BYTES), &full);
    if (status)
        return status;
    right &= told("64 KiB are full after", exercise.full_after(depth, SMALL_STACK_BYTES), full, NEAR + full / 100);
    return right ? 0 : 2;
}

static int measure(struct stack_meter *meter)
{
    uint64_t depth[DEPTHS_KNOWN];
    int status = known_depths(meter, depth);
    if (status)
        return fail(status);
    printf("bytes of stack after 100, 200 and 300 completions: %" PRIu64 ", %" PRIu64 ", %" PRIu64 "\n", depth[0],
           depth[1], depth[2]);
    struct stack_profile profile;
    status = stack_profile(meter, &work, LENGTH, 0, &profile);
    if (status)
        return fail(status);
    if (!exercise.depth_after) {
        printf("%s: %.0f bytes a completion\n", stack_growth_name(profile.growth), profile.bytes_per_completion);
        return 0;
    }
    if (profile.growth != STACK_LINEAR) {
        fputs("meter: with these flags the stack does not grow, and there is nothing to foretell\n", stderr);
        return 1;
    }
    status = compare(meter, &profile, depth);
    return status < 0 ? fail(status) : status;
}

int main(void)
{
    struct stack_meter meter;
    int status = stack_meter_open(&meter, METER_BYTES);
    if (status)
        return fail(status);
    status = measure(&meter);
    stack_meter_close(&meter);
    return status;
}

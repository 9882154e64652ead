/* The main program of a cell executable of the experiments `stack` and `finals`: runs the mechanisms that it was linked
 * with, and prints finished TSV rows (bench/results.h).
 *
 *     stack-c list                                  one line a cell: experiment, model, mechanism, variant
 *     stack-c run LENGTH LONGEST STACKS [INDEX...]  the cells with these numbers in the list; none: all
 *
 * STACKS are the sizes to overflow, in bytes, joined by commas; of one with ~ before it the overflow is predicted, and
 * not tried. LONGEST 0 is no long run.
 *
 * Exits with 0, or with 1 and one line on stderr.
 */
#include "bench/stack/mechanism.h"
#include "common/stack_meter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

/* Reserved, not used: twice the default length at some kilobytes a completion. */
enum { METER_BYTES = 1 << 28, VARIANT_BYTES = 128, MAX_STACKS = 8, LONGER = 10, SMALL_STACK_BYTES = 1 << 16 };

struct plan {
    uint64_t length;
    uint64_t longest;
    size_t stacks[MAX_STACKS]; /* 0 behind the last */
    bool untried[MAX_STACKS];
};

/* ---- Cells built with AddressSanitizer; this file never is ---- */

/* Its runtime asks for this. Locals stay on the stack that is measured: no fake frames on the heap. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_stack_use_after_return=0:detect_leaks=0";
}

void __asan_init(void) __attribute__((weak));

/* The first switch to another stack brings a warning that some such switches confuse it; the meter's does not. */
static void quiet_sanitizer(void)
{
    if (!__asan_init)
        return;
    FILE *unheard = fopen("/dev/null", "w");
    int heard = dup(STDERR_FILENO);
    ucontext_t here = {0}, left = {0};
    if (unheard && heard >= 0 && dup2(fileno(unheard), STDERR_FILENO) >= 0) {
        volatile bool switched = false;
        if (getcontext(&here) == 0 && !switched) {
            switched = true;
            swapcontext(&left, &here);
        }
        dup2(heard, STDERR_FILENO);
    }
    if (heard >= 0)
        close(heard);
    if (unheard)
        fclose(unheard);
}

/* ---- Rows ---- */

struct selected {
    const struct stack_mechanism *mechanism;
    const struct stack_variant *variant;
    char name[VARIANT_BYTES]; /* of the variant, with the boundary */
};

/* The selected variant as stack work: a run counts only if it made all its completions, with the right values. */
static int run_checked(void *context, uint64_t completions)
{
    const struct stack_variant *variant = context;
    struct stack_job job = {.completions = completions};
    int status = variant->run(&job);
    if (status)
        return status;
    struct stack_job expected = {0};
    while (expected.made < completions)
        stack_job_completed(&expected, expected.made + variant->added);
    return job.made == completions && job.checksum == expected.checksum ? 0 : -EILSEQ;
}

/* The first seven fields of a row. */
static void print_start(const struct selected *cell, const char *more_variant, const char *metric, const char *unit)
{
    bool named = strcmp(cell->name, "-") != 0;
    printf("%s\t%s\t%s\t%s%s%s\t%s\t%s\t%s\t", cell->mechanism->experiment, cell->mechanism->model,
           cell->mechanism->name, named || !*more_variant ? cell->name : "", named && *more_variant ? "," : "",
           more_variant, stack_toolchain, metric, unit);
}

static void print_row(const struct selected *cell, const char *more_variant, const char *metric, const char *unit,
                      const char *value, unsigned samples)
{
    print_start(cell, more_variant, metric, unit);
    printf("%s\t%s\t%s\t%u\n", value, value, value, samples);
}

static const char *explain(int status)
{
    return status == -EILSEQ   ? "it did not make all its completions, or with wrong values"
           : status == -ERANGE ? "its stack grew in a way that the first lengths did not show"
           : status == -ECHILD ? "a child died of something else than stack overflow"
                               : strerror(-status);
}

/* A value that could not be had, and why. */
static void print_missing(const struct selected *cell, const char *more_variant, const char *metric, const char *unit,
                          const char *reason)
{
    print_start(cell, more_variant, metric, unit);
    printf("?\t?\t?\t0\t%s\n", reason);
}

static void name_stack(char (*stack)[VARIANT_BYTES], size_t stack_bytes)
{
    snprintf(*stack, sizeof *stack, "stack=%zu", stack_bytes);
}

/* Both rows, whether they agree or not: that is for the report to say. Where completions are dear no more of them are
 * tried than were measured. */
static int measure_overflow(const struct selected *cell, const struct stack_work *work,
                            const struct stack_profile *profile, size_t stack_bytes, bool untried)
{
    char stack[VARIANT_BYTES], value[32];
    name_stack(&stack, stack_bytes);
    if (profile->growth != STACK_LINEAR) {
        print_row(cell, stack, "overflow_predicted", "completions", "none", 1);
        print_row(cell, stack, "overflow_seen", "completions", "none", 1);
        return 0;
    }
    uint64_t predicted = stack_overflow_predicted(profile, stack_bytes), seen;
    snprintf(value, sizeof value, "%" PRIu64, predicted);
    print_row(cell, stack, "overflow_predicted", "completions", value, 1);
    if (untried || (cell->variant->long_run == NO_LONG_RUN && predicted > profile->longest)) {
        print_row(cell, stack, "overflow_seen", "completions", "untried", 1);
        return 0;
    }
    int status = stack_overflow_seen(work, stack_bytes, predicted, &seen);
    if (status) {
        bool elsewhere = status == -ERANGE;
        print_missing(cell, stack, "overflow_seen", "completions",
                      elsewhere ? "no overflow was seen anywhere near the predicted count" : explain(status));
        return elsewhere ? 0 : status;
    }
    snprintf(value, sizeof value, "%" PRIu64, seen);
    print_row(cell, stack, "overflow_seen", "completions", value, 1);
    return 0;
}

/* How many functions a completion leaves on the stack: where the bytes of two compilers differ, the first thing to ask.
 */
static int measure_functions(const struct selected *cell, const struct stack_work *work,
                             const struct stack_profile *profile)
{
    char value[32];
    double seen;
    if (profile->growth != STACK_LINEAR)
        return 0;
    int status = stack_functions_seen(work, SMALL_STACK_BYTES, profile, &seen);
    if (status) {
        bool irregular = status == -ERANGE;
        print_missing(cell, "", "stack_functions_per_completion", "functions",
                      irregular ? "the functions on the stack do not repeat" : explain(status));
        return irregular ? 0 : status;
    }
    snprintf(value, sizeof value, "%.9g", seen);
    print_row(cell, "", "stack_functions_per_completion", "functions", value, 1);
    return 0;
}

static void print_unmeasured(const struct selected *cell, const struct plan *plan, const char *reason)
{
    print_missing(cell, "", "stack_bytes_per_completion", "bytes", reason);
    print_missing(cell, "", "stack_growth", "-", reason);
    for (const size_t *bytes = plan->stacks; *bytes; bytes++) {
        char stack[VARIANT_BYTES];
        name_stack(&stack, *bytes);
        print_missing(cell, stack, "overflow_predicted", "completions", reason);
        print_missing(cell, stack, "overflow_seen", "completions", reason);
    }
}

static int measure(struct stack_meter *meter, const struct selected *cell, const struct plan *plan)
{
    struct stack_work work = {run_checked, (void *)cell->variant};
    struct stack_profile profile;
    char value[32];
    print_row(cell, "", "stack_rests_on", "-",
              cell->variant->rests_on ? cell->variant->rests_on : cell->mechanism->rests_on, 1);
    if (!cell->variant->run) {
        print_unmeasured(cell, plan, cell->variant->unavailable);
        return 0;
    }
    const uint64_t longest[] = {[LONG_RUN] = plan->longest, [LONGEST_RUN] = LONGER * plan->longest, [NO_LONG_RUN] = 0};
    int status = stack_profile(meter, &work, plan->length, longest[cell->variant->long_run], &profile);
    if (status) {
        print_unmeasured(cell, plan, explain(status));
        return status;
    }
    snprintf(value, sizeof value, "%.9g", profile.bytes_per_completion);
    print_row(cell, "", "stack_bytes_per_completion", "bytes", value, 1);
    print_row(cell, "", "stack_growth", "-", stack_growth_name(profile.growth), 1);
    snprintf(value, sizeof value, "%" PRIu64, profile.longest);
    print_row(cell, "", "longest_run_completions", "completions", value, 1);
    status = measure_functions(cell, &work, &profile);
    for (size_t i = 0; plan->stacks[i] && !status; i++)
        status = measure_overflow(cell, &work, &profile, plan->stacks[i], plan->untried[i]);
    return status;
}

/* The cell with this number in the list; false behind the last. */
static bool select_cell(size_t number, struct selected *cell)
{
    for (const struct stack_mechanism *mechanism = stack_mechanisms; mechanism->experiment; mechanism++) {
        for (const struct stack_variant *variant = mechanism->variants; variant->name; variant++) {
            if (number--)
                continue;
            bool named = strcmp(variant->name, "-") != 0;
            *cell = (struct selected){.mechanism = mechanism, .variant = variant};
            if (mechanism->boundary)
                snprintf(cell->name, sizeof cell->name, "%s%s%s", mechanism->boundary, named ? "," : "",
                         named ? variant->name : "");
            else
                snprintf(cell->name, sizeof cell->name, "%s", variant->name);
            return true;
        }
    }
    return false;
}

/* A cell that fails does not keep the others from being measured. Returns the exit status. */
static int run_cells(const struct plan *plan, char **numbers, int count)
{
    struct stack_meter meter;
    struct selected cell;
    int status = stack_meter_open(&meter, METER_BYTES);
    if (status) {
        fprintf(stderr, "stack: no stack of %d bytes: %s\n", METER_BYTES, strerror(-status));
        return 1;
    }
    quiet_sanitizer();
    int failed = 0;
    for (size_t i = 0; count == 0 || i < (size_t)count; i++) {
        if (!select_cell(count ? strtoull(numbers[i], NULL, 10) : i, &cell))
            break;
        status = measure(&meter, &cell, plan);
        if (status && !failed)
            fprintf(stderr, "%s: %s %s %s, %s: %s\n", cell.mechanism->experiment, cell.mechanism->model,
                    cell.mechanism->name, cell.name, stack_toolchain, explain(status));
        failed = failed || status;
    }
    stack_meter_close(&meter);
    return failed;
}

/* False when it is not a list of sizes, or too long a one. */
static bool parse_stacks(const char *text, struct plan *plan)
{
    char *end = (char *)text;
    for (size_t i = 0; i + 1 < MAX_STACKS; i++) {
        plan->untried[i] = *text == '~';
        text += plan->untried[i];
        plan->stacks[i] = strtoull(text, &end, 10);
        if (end == text || !plan->stacks[i])
            return false;
        if (*end != ',')
            break;
        text = end + 1;
    }
    return *end == '\0';
}

int main(int argc, char **argv)
{
    struct plan plan = {0};
    struct selected cell;
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        for (size_t i = 0; select_cell(i, &cell); i++)
            printf("%s\t%s\t%s\t%s\n", cell.mechanism->experiment, cell.mechanism->model, cell.mechanism->name,
                   cell.name);
    } else if (argc >= 5 && strcmp(argv[1], "run") == 0 && parse_stacks(argv[4], &plan)) {
        plan.length = strtoull(argv[2], NULL, 10);
        plan.longest = strtoull(argv[3], NULL, 10);
        if (run_cells(&plan, argv + 5, argc - 5))
            return 1;
    } else {
        fprintf(stderr, "stack: usage: %s list | %s run LENGTH LONGEST STACKS [INDEX...]\n", argv[0], argv[0]);
        return 1;
    }
    return fflush(stdout) || ferror(stdout) ? 1 : 0;
}

/* The cells of frames in bench/frames/: each makes the frames that it says, from the allocator that it says, and frees
 * them; and an allocation that fails ends a launch with -ENOMEM, at whichever frame. */
#include "bench/commands.h"
#include "bench/frames/chains.h"
#include "bench/several_threads.h"
#include "common/failing_allocator.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/single_threaded.h>
#include <sys/wait.h>

extern const struct experiment experiment_frames;

enum { OPERATIONS = 4 * HANDED_FRAMES };

static const struct run_options options = {.seed = 1};

static bool has(const struct cell *cell, const char *key)
{
    return strstr(cell->variant, key);
}

static bool is_chain(const struct cell *cell)
{
    return cell->open && (has(cell, "frame=") || has(cell, "workload=") || has(cell, "process="));
}

static void allocators_are_those_of_the_list(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < frame_allocator_kind_count; kind++) {
        size_t found = 0;
        for (size_t i = 0; i < experiment_frames.cell_count; i++) {
            const struct cell *cell = &experiment_frames.cells[i];
            found += has(cell, "depth=4,frame=256,task=awaitable") && !has(cell, "process=") &&
                     strcmp(cell->mechanism, frame_allocator_kinds[kind]->name) == 0;
        }
        if (found != 1)
            print_message("%s: name it in CHAIN_ALLOCATORS of bench/frames/cells.h\n",
                          frame_allocator_kinds[kind]->name);
        assert_int_equal(found, 1);
    }
}

static void a_process_that_had_a_second_thread_counts_as_one_of_several(void **state)
{
    (void)state;
    assert_int_equal(become_several_threads(), 0);
    assert_false(__libc_single_threaded);
}

/* Once everything that is kept is there. */
static double fresh_of_each(const struct cell *cell)
{
    bool kept = strcmp(cell->mechanism, "malloc") != 0 && !cell->preload && !has(cell, "state=cold") &&
                !has(cell, "frame=8192"); /* larger than what is recycled */
    return kept || strcmp(cell->model, "raw") == 0 ? 0 : 1;
}

static void makes_the_frames_that_it_says(void **state)
{
    (void)state;
    size_t cells = 0;
    for (size_t i = 0; i < experiment_frames.cell_count; i++) {
        const struct cell *cell = &experiment_frames.cells[i];
        struct outcome outcome;
        void *opened = NULL;
        int status = is_chain(cell) ? cell->open(cell, &options, &opened) : -ENOTSUP;
        if (status == -ENOTSUP)
            continue;
        assert_int_equal(status, 0);
        for (int again = 0; again < 3 && !status; again++)
            status = cell->run(opened, OPERATIONS, &outcome);
        cell->close(opened);
        uint64_t frames = strcmp(cell->model, "raw") == 0 ? 0 : OPERATIONS;
        if (status || outcome.allocations != frames || outcome.checksum != OPERATIONS ||
            (double)outcome.allocations_fresh != fresh_of_each(cell) * OPERATIONS)
            print_message("%s/%s/%s: status %d, %llu frames, %llu fresh\n", cell->model, cell->mechanism, cell->variant,
                          status, (unsigned long long)outcome.allocations,
                          (unsigned long long)outcome.allocations_fresh);
        assert_int_equal(status, 0);
        assert_int_equal(outcome.operations, OPERATIONS);
        assert_int_equal(outcome.checksum, OPERATIONS);
        assert_int_equal(outcome.allocations, frames);
        assert_true((double)outcome.allocations_fresh == fresh_of_each(cell) * OPERATIONS);
        cells++;
    }
    assert_true(cells > 100);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no process is left */
}

static void an_iteration_of_the_published_workload_has_66_frames(void **state)
{
    (void)state;
    assert_int_equal(TREE_FRAMES, 66);
    assert_int_equal(tree_innermost(0), 0);
    assert_int_equal(tree_innermost(65), 65);
    assert_int_equal(tree_innermost(2 * 66 + 3), 2 * 45 + 3);
}

/* What the smallest frames of the two models are asked for, and how many are out at most. */
static void frames_have_the_size_that_was_asked_for(void **state)
{
    static const struct {
        void (*launch)(struct chain_order *);
        unsigned size, depth;
        size_t bytes;
    } cases[] = {
        {chain_awaitable_launch, 64, 1, 64},
        {chain_awaitable_launch, 4096, 8, 4096},
        {chain_sender_launch, 64, 4, 112},
        {chain_sender_launch, 4096, 32, 4096},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct counting_allocator counting;
        counting_allocator_init(&counting, NULL);
        struct chain_env env = {.env = {.executor = inline_executor(), .allocator = &counting.base}};
        for (size_t size = 0; size < CHAIN_SIZES; size++)
            env.sizes[size] = (uint16_t)cases[i].size;
        struct chain_order order = {.env = &env.env, .frames = 2 * cases[i].depth, .depth = cases[i].depth};
        cases[i].launch(&order);
        assert_int_equal(order.result, 0);
        assert_int_equal(counting.calls, 2 * cases[i].depth);
        assert_int_equal(counting.bytes, 2 * cases[i].depth * cases[i].bytes);
        assert_int_equal(counting.peak, cases[i].depth * cases[i].bytes);
        assert_int_equal(counting.live, 0);
    }
}

static void a_failed_allocation_ends_the_launch(void **state)
{
    static void (*const launches[])(struct chain_order *) = {chain_awaitable_launch, chain_sender_launch,
                                                             call_tree_launch};
    enum { FRAMES = TREE_FRAMES + 4 };
    (void)state;
    for (size_t i = 0; i < sizeof launches / sizeof *launches; i++) {
        for (uint64_t fails = 1; fails <= FRAMES + 1; fails++) {
            struct counting_allocator counting;
            struct failing_allocator failing;
            counting_allocator_init(&counting, NULL);
            failing_allocator_init(&failing, &counting.base, fails);
            struct chain_env env = {.env = {.executor = inline_executor(), .allocator = &failing.base}};
            for (size_t size = 0; size < CHAIN_SIZES; size++)
                env.sizes[size] = 256;
            struct chain_order order = {.env = &env.env, .frames = FRAMES, .depth = 7};
            launches[i](&order);
            assert_int_equal(order.result, fails > FRAMES ? 0 : -ENOMEM);
            assert_int_equal(counting.live, 0);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "frames-child") == 0) /* as a cell's process */
        return command_frames_child(argc - 2, argv + 2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocators_are_those_of_the_list),
        cmocka_unit_test(a_process_that_had_a_second_thread_counts_as_one_of_several),
        cmocka_unit_test(an_iteration_of_the_published_workload_has_66_frames),
        cmocka_unit_test(frames_have_the_size_that_was_asked_for),
        cmocka_unit_test(a_failed_allocation_ends_the_launch),
        cmocka_unit_test(makes_the_frames_that_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

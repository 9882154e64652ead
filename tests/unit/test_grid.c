/* The grid's cells: all of a stream do the same work, and those that were published allocate what was published. */
#include "bench/cell.h"
#include "bench/grid/job.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

extern const struct experiment experiment_grid;

static struct outcome run(const struct cell *cell, uint64_t operations)
{
    struct outcome outcome = {0};
    void *state = NULL;
    assert_int_equal(cell->open(cell, NULL, &state), 0);
    assert_int_equal(cell->run(state, operations, &outcome), 0);
    cell->close(state);
    return outcome;
}

static const struct cell *find(const char *stream, const char *model, const char *mechanism)
{
    char variant[64];
    snprintf(variant, sizeof variant, "stream=%s", stream);
    for (size_t i = 0; i < experiment_grid.cell_count; i++) {
        const struct cell *cell = &experiment_grid.cells[i];
        if (!strcmp(cell->variant, variant) && !strcmp(cell->model, model) && !strcmp(cell->mechanism, mechanism))
            return cell;
    }
    fail_msg("no cell %s/%s/%s", model, mechanism, variant);
    return NULL;
}

static void all_cells_of_a_stream_do_the_same_work(void **state)
{
    (void)state;
    for (size_t i = 0; i < experiment_grid.cell_count; i++) {
        const struct cell *cell = &experiment_grid.cells[i];
        const char *stream = strchr(cell->variant, '=') + 1;
        if (!cell->run)
            continue;
        struct outcome floor = run(find(stream, "raw", "floor"), 300), ours = run(cell, 300);
        assert_int_equal(ours.operations, 300);
        assert_int_equal(ours.bytes, 300);
        assert_int_equal(ours.checksum, floor.checksum);
    }
}

/* Where a form's sessions begin: how many reads are made then, and whether all of an earlier session is done with. */
static struct sessions {
    const struct grid_form *form;
    unsigned count;
    uint64_t made[4];
    unsigned inside; /* a launch: none begins in another */
} sessions;

static int launch_and_count(struct grid_job *job)
{
    assert_in_range(sessions.count, 0, 3);
    assert_int_equal(sessions.inside, 0);
    assert_true(work_queue_empty(&job->pool.queue));
    sessions.made[sessions.count++] = job->made;
    sessions.inside++;
    int status = sessions.form->launch(job);
    sessions.inside--;
    return status;
}

/* What is timed is the same in every cell: each session begins as work of the pool, with nothing else queued, after as
 * many reads as the floor's; and the last leaves nothing behind. */
static void every_form_starts_and_ends_where_the_floor_does(void **state)
{
    (void)state;
    static const struct grid_form counting = {.launch = launch_and_count};
    for (size_t i = 0; i < experiment_grid.cell_count; i++) {
        const struct cell *cell = &experiment_grid.cells[i];
        struct outcome outcome = {0};
        void *opened = NULL;
        if (!cell->run)
            continue;
        assert_int_equal(cell->open(cell, NULL, &opened), 0);
        struct grid_job *job = opened;
        sessions = (struct sessions){.form = job->form};
        job->form = &counting;
        assert_int_equal(cell->run(job, 2 * SESSION_READS + 1, &outcome), 0);
        assert_int_equal(sessions.count, 3);
        for (uint64_t session = 0; session < 3; session++)
            assert_int_equal(sessions.made[session], session * SESSION_READS);
        assert_int_equal(job->made, 2 * SESSION_READS + 1);
        assert_true(work_queue_empty(&job->pool.queue));
        cell->close(job);
    }
}

static void a_session_ends_and_the_next_one_begins(void **state)
{
    (void)state;
    const struct cell *cell = find("native", "awaitable", "task");
    struct outcome outcome = run(cell, 2 * SESSION_READS + 1);
    assert_int_equal(outcome.operations, 2 * SESSION_READS + 1);
    assert_int_equal(outcome.allocations, 3); /* a frame for each session */
}

/* Of 100 reads more. */
static unsigned allocated(const char *stream, const char *model, const char *mechanism, unsigned *fresh)
{
    const struct cell *cell = find(stream, model, mechanism);
    struct outcome once = run(cell, 100), twice = run(cell, 200);
    *fresh = (unsigned)(twice.allocations_fresh - once.allocations_fresh);
    return (unsigned)(twice.allocations - once.allocations);
}

static void published_cells_allocate_what_was_published(void **state)
{
    (void)state;
    static const struct {
        const char *stream, *model, *mechanism;
        unsigned allocations, fresh; /* of 100 reads */
    } published[] = {
        {"native", "sender", "pipeline-trampoline", 0, 0},
        {"native", "sender", "pipeline-trampoline+callback-handle+schedule", 100, 100},
        {"abstract", "sender", "pipeline-trampoline-any-sender-allocating", 100, 0},
        {"abstract", "sender", "pipeline-trampoline+callback-handle+schedule", 100, 100},
        {"type-erased", "sender", "pipeline-trampoline-any-sender-allocating", 100, 0},
        {"type-erased", "sender", "pipeline-trampoline+callback-handle+schedule", 100, 100},
        {"synchronous", "sender", "pipeline-trampoline", 0, 0},
        {"synchronous", "sender", "pipeline-trampoline+callback-handle", 0, 0},
        {"native", "awaitable", "task", 0, 0},
        {"native", "awaitable", "task+handshake-exchange", 0, 0},
        {"abstract", "awaitable", "task", 0, 0},
        {"abstract", "awaitable", "task+handshake-exchange-any-sender-allocating", 100, 0},
        {"type-erased", "awaitable", "task", 0, 0},
        {"type-erased", "awaitable", "task+handshake-exchange-any-sender-allocating", 100, 0},
        {"synchronous", "awaitable", "task-transfer", 0, 0},
        {"synchronous", "awaitable", "task+handshake-exchange", 0, 0},
        {"native", "sender", "task-member", 0, 0},
        {"native", "sender", "task+member+schedule", 100, 100},
        {"abstract", "sender", "task-p2300-any-sender-allocating", 100, 0},
        {"abstract", "sender", "task+member+schedule", 100, 100},
        {"type-erased", "sender", "task-p2300-any-sender-allocating", 100, 0},
        {"type-erased", "sender", "task+member+schedule", 100, 100},
        {"synchronous", "sender", "task-member", 0, 0},
        {"synchronous", "sender", "task+member", 0, 0},
    };
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        unsigned fresh;
        assert_int_equal(allocated(published[i].stream, published[i].model, published[i].mechanism, &fresh),
                         published[i].allocations);
        assert_in_range(fresh, published[i].fresh, published[i].fresh + 1);
    }
}

static void what_fits_its_buffer_allocates_nothing(void **state)
{
    (void)state;
    unsigned fresh;
    assert_int_equal(allocated("abstract", "sender", "pipeline-any-sender", &fresh), 0);
    assert_int_equal(allocated("type-erased", "sender", "task-p2300-table-sender", &fresh), 0);
    assert_int_equal(allocated("native", "sender", "pipeline+callback-handle", &fresh), 0);
    assert_int_equal(allocated("abstract", "sender", "task-handshake-exchange-any-sender", &fresh), 0);
    assert_int_equal(allocated("native", "sender", "pipeline+connect-awaitable", &fresh), 100);
    assert_int_equal(fresh, 100);
}

static void bridged_reads_have_a_twin_that_recycles(void **state)
{
    (void)state;
    static const char *streams[] = {"native", "abstract", "type-erased"};
    static const char *mechanisms[] = {"pipeline-trampoline+callback-handle+schedule-recycled",
                                       "task+member+schedule-recycled"};
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 2; j++) {
            unsigned fresh;
            assert_int_equal(allocated(streams[i], "sender", mechanisms[j], &fresh), 100);
            assert_in_range(fresh, 0, 1);
        }
}

static void *refuse(struct frame_allocator *self, size_t bytes)
{
    (void)self;
    (void)bytes;
    return NULL;
}

static unsigned resumed;

static void resume(struct coro *coro)
{
    (void)coro;
    resumed++;
    thread_pool_detach();
}

static void without_memory_the_scheduling_executor_loses_nothing_and_says_so(void **state)
{
    (void)state;
    static const struct frame_allocator_ops ops = {.name = "none", .allocate = refuse};
    struct frame_allocator none = {&ops};
    struct frame_allocator *allocators[] = {&none, malloc_frame_allocator(), recycling_frame_allocator()};
    struct thread_pool pool;
    struct coro coro = {.resume = resume};
    resumed = 0;
    assert_int_equal(thread_pool_init(&pool, 0), 0);
    for (unsigned i = 0; i < 3; i++) {
        struct grid_job job = {.scheduling = {&pool, allocators[i]}};
        struct continuation continuation = {.coro = &coro};
        struct executor_ref executor = grid_scheduling_executor(&job.scheduling);
        assert_ptr_equal(executor_dispatch(executor, &continuation), &coro);
        executor_post(executor, &continuation);
        assert_int_equal(resumed, i);
        thread_pool_attach(&pool);
        assert_int_equal(resumed, i + 1);
        assert_int_equal(job.status, i ? 0 : -ENOMEM);
    }
    thread_pool_destroy(&pool);
    recycling_frame_allocator_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_cells_of_a_stream_do_the_same_work),
        cmocka_unit_test(every_form_starts_and_ends_where_the_floor_does),
        cmocka_unit_test(a_session_ends_and_the_next_one_begins),
        cmocka_unit_test(published_cells_allocate_what_was_published),
        cmocka_unit_test(what_fits_its_buffer_allocates_nothing),
        cmocka_unit_test(bridged_reads_have_a_twin_that_recycles),
        cmocka_unit_test(without_memory_the_scheduling_executor_loses_nothing_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

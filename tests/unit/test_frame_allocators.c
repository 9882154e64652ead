/* The frame allocators by name, each by its rule, and the two that stand in front of another. */
#include "common/arena_frame_allocator.h"
#include "common/counting_allocator.h"
#include "common/failing_allocator.h"
#include "common/frame_allocators.h"
#include "common/pool_frame_allocator.h"
#include "common/recycling_global_frame_allocator.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <string.h>

static void *allocate(struct frame_allocator *allocator, size_t bytes)
{
    void *frame = frame_allocate(allocator, bytes);
    assert_non_null(frame);
    assert_int_equal((uintptr_t)frame % _Alignof(max_align_t), 0);
    memset(frame, 0x5a, bytes);
    return frame;
}

static void each_is_found_by_its_name_and_serves(void **state)
{
    (void)state;
    assert_true(frame_allocator_kind_count >= 5);
    for (size_t i = 0; i < frame_allocator_kind_count; i++) {
        const struct frame_allocator_kind *kind = frame_allocator_kinds[i];
        assert_ptr_equal(frame_allocator_kind_named(kind->name), kind);
        struct frame_allocator *allocator = kind->create(64 << 10);
        assert_non_null(allocator);
        assert_string_equal(allocator->ops->name, kind->name);
        for (int round = 0; round < 3; round++) {
            void *frames[] = {allocate(allocator, 1), allocate(allocator, 100), allocate(allocator, 4096)};
            frame_deallocate(allocator, frames[1], 100);
            frame_deallocate(allocator, frames[0], 1);
            frame_deallocate(allocator, frames[2], 4096);
        }
        kind->destroy(allocator);
    }
    assert_null(frame_allocator_kind_named("recycle"));
    assert_null(frame_allocator_kind_named(""));
}

static void what_malloc_is_has_a_name(void **state)
{
    (void)state;
    assert_ptr_equal(malloc_library_name(), malloc_library_name());
    assert_true(strlen(malloc_library_name()) > 0);
    assert_null(strchr(malloc_library_name(), '/'));
    assert_null(strstr(malloc_library_name(), ".so"));
    char file[256];
    assert_true(malloc_library_file(NULL, file, sizeof file));
    assert_null(strchr(file, '/'));
    assert_true(malloc_library_file("libc.so.6", file, sizeof file));
    assert_non_null(strstr(file, "libc"));
    assert_false(malloc_library_file("libno-such-malloc.so.1", file, sizeof file));
}

static void the_global_recycler_hands_out_what_any_thread_freed_last(void **state)
{
    (void)state;
    struct frame_allocator *global = recycling_global_frame_allocator();
    void *first = allocate(global, 200), *second = allocate(global, 200);
    frame_deallocate(global, first, 200);
    frame_deallocate(global, second, 200);
    assert_int_equal(global->ops->retained_bytes(global), 2 * 256);
    uint64_t fresh = frame_allocator_counts.fresh;
    assert_ptr_equal(allocate(global, 256), second);
    assert_ptr_equal(allocate(global, 193), first);
    assert_int_equal(frame_allocator_counts.fresh, fresh);
    frame_deallocate(global, first, 200);
    frame_deallocate(global, second, 200);
    global->ops->release(global);
    assert_int_equal(global->ops->retained_bytes(global), 0);
}

static void the_global_recycler_keeps_no_more_than_it_may(void **state)
{
    (void)state;
    enum { KEPT = RECYCLING_DEPOT_BYTES / 4096, FRAMES = KEPT + 100 };
    static void *frames[FRAMES];
    struct frame_allocator *global = recycling_global_frame_allocator();
    for (int i = 0; i < FRAMES; i++)
        frames[i] = frame_allocate(global, 4096);
    for (int i = 0; i < FRAMES; i++)
        frame_deallocate(global, frames[i], 4096);
    assert_int_equal(global->ops->retained_bytes(global), RECYCLING_DEPOT_BYTES);
    global->ops->release(global);
}

static void a_pool_allocates_nothing_and_ends(void **state)
{
    (void)state;
    enum { BLOCKS = 5 };
    void *frames[BLOCKS];
    struct frame_allocator *pool = pool_frame_allocator_create(100, BLOCKS);
    assert_non_null(pool);
    uint64_t fresh = frame_allocator_counts.fresh;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < BLOCKS; i++)
            frames[i] = allocate(pool, 100);
        assert_null(frame_allocate(pool, 1));
        assert_int_equal(pool->ops->retained_bytes(pool), 0);
        for (int i = 0; i < BLOCKS; i++)
            frame_deallocate(pool, frames[i], 100);
        assert_int_equal(pool->ops->retained_bytes(pool), BLOCKS * 112);
    }
    assert_ptr_equal(allocate(pool, 112), frames[BLOCKS - 1]);
    assert_null(frame_allocate(pool, 113));
    assert_int_equal(frame_allocator_counts.fresh, fresh);
    pool_frame_allocator_destroy(pool);
}

static void a_pool_that_cannot_be(void **state)
{
    (void)state;
    assert_null(pool_frame_allocator_create(SIZE_MAX, 1));
    assert_null(pool_frame_allocator_create(SIZE_MAX / 16, 32));
    struct frame_allocator *empty = pool_frame_allocator_create(100, 0);
    assert_non_null(empty);
    assert_null(frame_allocate(empty, 1));
    pool_frame_allocator_destroy(empty);
}

static void an_arena_goes_forward_until_it_is_reset(void **state)
{
    (void)state;
    struct frame_allocator *arena = arena_frame_allocator_create(1030);
    assert_non_null(arena);
    assert_int_equal(arena->ops->retained_bytes(arena), 1024);
    unsigned char *first = allocate(arena, 100);
    unsigned char *second = allocate(arena, 1);
    assert_ptr_equal(second, first + 112);
    frame_deallocate(arena, second, 1);
    assert_ptr_equal(allocate(arena, 1024 - 128), first + 128);
    assert_null(frame_allocate(arena, 1));
    assert_null(frame_allocate(arena, SIZE_MAX));
    arena_frame_allocator_reset(arena);
    assert_null(frame_allocate(arena, 1025));
    assert_ptr_equal(allocate(arena, 1024), first);
    arena_frame_allocator_destroy(arena);
    assert_null(arena_frame_allocator_create(SIZE_MAX));
}

static void the_counts_are_those_of_what_was_asked_for(void **state)
{
    (void)state;
    struct frame_allocator *pool = pool_frame_allocator_create(64, 2);
    struct counting_allocator counting;
    counting_allocator_init(&counting, pool);
    void *first = allocate(&counting.base, 40), *second = allocate(&counting.base, 10);
    assert_null(frame_allocate(&counting.base, 20));
    frame_deallocate(&counting.base, first, 40);
    assert_int_equal(counting_allocator_retained_bytes(&counting), 64);
    first = allocate(&counting.base, 5);
    assert_int_equal(counting.calls, 3);
    assert_int_equal(counting.frees, 1);
    assert_int_equal(counting.failures, 1);
    assert_int_equal(counting.bytes, 55);
    assert_int_equal(counting.live, 15);
    assert_int_equal(counting.peak, 50);
    frame_deallocate(&counting.base, first, 5);
    frame_deallocate(&counting.base, second, 10);
    assert_int_equal(counting.live, 0);
    pool_frame_allocator_destroy(pool);
}

enum { THREADS = 4, ROUNDS = 2000 };

static void *count_many(void *counting)
{
    struct frame_allocator *allocator = &((struct counting_allocator *)counting)->base;
    for (int i = 0; i < ROUNDS; i++) {
        void *frames[] = {frame_allocate(allocator, 100), frame_allocate(allocator, 28)};
        frame_deallocate(allocator, frames[0], 100);
        frame_deallocate(allocator, frames[1], 28);
    }
    return NULL;
}

static void threads_share_the_counts(void **state)
{
    (void)state;
    struct counting_allocator counting;
    counting_allocator_init(&counting, recycling_global_frame_allocator());
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, &counting), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(counting.calls, 2 * THREADS * ROUNDS);
    assert_int_equal(counting.frees, 2 * THREADS * ROUNDS);
    assert_int_equal(counting.bytes, 128 * THREADS * ROUNDS);
    assert_int_equal(counting.live, 0);
    assert_in_range(counting.peak, 128, 128 * THREADS);
    counting.base.ops->release(&counting.base);
    assert_int_equal(counting_allocator_retained_bytes(&counting), 0);
}

static void one_allocation_fails(void **state)
{
    (void)state;
    for (uint64_t fails = 0; fails <= 4; fails++) {
        struct failing_allocator failing;
        failing_allocator_init(&failing, NULL, fails);
        void *frames[3];
        for (uint64_t i = 0; i < 3; i++) {
            frames[i] = frame_allocate(&failing.base, 50);
            assert_int_equal(!frames[i], i + 1 == fails);
        }
        assert_int_equal(failing_allocator_failed(&failing), fails >= 1 && fails <= 3);
        for (int i = 0; i < 3; i++)
            frame_deallocate(&failing.base, frames[i], 50);
    }
}

static void what_fails_gives_back_what_the_inner_one_holds(void **state)
{
    (void)state;
    struct failing_allocator failing;
    failing_allocator_init(&failing, recycling_global_frame_allocator(), 0);
    frame_deallocate(&failing.base, allocate(&failing.base, 200), 200);
    assert_int_equal(failing.base.ops->retained_bytes(&failing.base), 256);
    failing.base.ops->release(&failing.base);
    assert_int_equal(failing.base.ops->retained_bytes(&failing.base), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_found_by_its_name_and_serves),
        cmocka_unit_test(what_malloc_is_has_a_name),
        cmocka_unit_test(the_global_recycler_hands_out_what_any_thread_freed_last),
        cmocka_unit_test(the_global_recycler_keeps_no_more_than_it_may),
        cmocka_unit_test(a_pool_allocates_nothing_and_ends),
        cmocka_unit_test(a_pool_that_cannot_be),
        cmocka_unit_test(an_arena_goes_forward_until_it_is_reset),
        cmocka_unit_test(the_counts_are_those_of_what_was_asked_for),
        cmocka_unit_test(threads_share_the_counts),
        cmocka_unit_test(one_allocation_fails),
        cmocka_unit_test(what_fails_gives_back_what_the_inner_one_holds),
    };
    return cmocka_run_group_tests_name("frame allocators by name", tests, NULL, NULL);
}

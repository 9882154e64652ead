/* Frame allocators, and the thread-local channel that brings one to a frame. */
#include "common/frame_allocator.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <string.h>

static struct frame_allocator *recycling;

static int set_up(void **state)
{
    (void)state;
    recycling = recycling_frame_allocator();
    recycling_frame_allocator_release();
    set_current_frame_allocator(recycling);
    memset(&frame_allocator_counts, 0, sizeof frame_allocator_counts);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    set_current_frame_allocator(NULL);
    recycling_frame_allocator_release();
    return 0;
}

static void *allocate(size_t bytes)
{
    void *frame = frame_allocate(get_current_frame_allocator(), bytes);
    assert_non_null(frame);
    assert_int_equal((uintptr_t)frame % _Alignof(max_align_t), 0);
    assert_ptr_equal(get_current_frame_allocator(), recycling);
    memset(frame, 0xa5, bytes);
    return frame;
}

static void the_recycler_hands_out_the_last_freed_frame_of_the_class(void **state)
{
    (void)state;
    void *first = allocate(100), *second = allocate(100);
    frame_deallocate(recycling, first, 100);
    frame_deallocate(recycling, second, 100);
    assert_ptr_equal(allocate(128), second);
    assert_ptr_equal(allocate(65), first);
    assert_int_equal(frame_allocator_counts.fresh, 2);
    frame_deallocate(recycling, first, 65);
    frame_deallocate(recycling, second, 128);
}

static void the_counts_tell_calls_from_what_went_to_malloc(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        frame_deallocate(recycling, allocate(200), 200);
    assert_int_equal(frame_allocator_counts.calls, 10);
    assert_int_equal(frame_allocator_counts.frees, 10);
    assert_int_equal(frame_allocator_counts.fresh, 1);
    assert_int_equal(frame_allocator_counts.bytes, 2000);

    struct frame_allocator *from = malloc_frame_allocator();
    for (int i = 0; i < 10; i++)
        frame_deallocate(from, frame_allocate(from, 200), 200);
    assert_int_equal(frame_allocator_counts.calls, 20);
    assert_int_equal(frame_allocator_counts.fresh, 11);
}

static void classes_do_not_share_frames(void **state)
{
    (void)state;
    frame_deallocate(recycling, allocate(64), 64);
    void *frame = allocate(65);
    assert_int_equal(frame_allocator_counts.fresh, 2);
    frame_deallocate(recycling, frame, 65);
}

static void frames_beyond_the_largest_class_go_to_malloc(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        frame_deallocate(recycling, allocate(5000), 5000);
    assert_int_equal(frame_allocator_counts.fresh, 5);
    frame_allocator_counts.fresh = 0;
    for (int i = 0; i < 5; i++)
        frame_deallocate(recycling, allocate(4096), 4096);
    assert_int_equal(frame_allocator_counts.fresh, 1);
}

/* In one thread the depot keeps what two magazines do not. */
static void what_is_kept_is_bounded(void **state)
{
    (void)state;
    enum { KEPT = 2 * RECYCLING_MAGAZINE_FRAMES + RECYCLING_DEPOT_BYTES / 4096, FRAMES = KEPT + 16 * RECYCLING_MAGAZINE_FRAMES };
    static void *frames[FRAMES];
    recycling->ops->release(recycling);
    for (int round = 0; round < 2; round++) {
        frame_allocator_counts.fresh = 0;
        for (int i = 0; i < FRAMES; i++)
            frames[i] = frame_allocate(recycling, 4096);
        assert_int_equal(frame_allocator_counts.fresh, round == 0 ? FRAMES : FRAMES - KEPT);
        for (int i = 0; i < FRAMES; i++)
            frame_deallocate(recycling, frames[i], 4096);
        assert_int_equal(recycling->ops->retained_bytes(recycling), (size_t)KEPT * 4096);
    }
    recycling_frame_allocator_release();
    assert_int_equal(recycling->ops->retained_bytes(recycling), RECYCLING_DEPOT_BYTES);
    recycling->ops->release(recycling);
    assert_int_equal(recycling->ops->retained_bytes(recycling), 0);
}

struct handover {
    void *frame;
    bool recycled_there;
};

static void *free_elsewhere(void *argument)
{
    struct handover *self = argument;
    frame_deallocate(recycling, self->frame, 300);
    void *again = frame_allocate(recycling, 300);
    self->recycled_there = again == self->frame && frame_allocator_counts.fresh == 0;
    frame_deallocate(recycling, again, 300);
    recycling_frame_allocator_release();
    return NULL;
}

static void a_frame_freed_on_another_thread_is_recycled_there(void **state)
{
    (void)state;
    struct handover handover = {.frame = allocate(300)};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, free_elsewhere, &handover), 0);
    pthread_join(thread, NULL);
    assert_true(handover.recycled_there);
    frame_deallocate(recycling, allocate(300), 300);
    assert_int_equal(frame_allocator_counts.fresh, 2);
}

static void a_frame_goes_back_to_the_allocator_it_came_from(void **state)
{
    (void)state;
    void *frame = allocate(400);
    set_current_frame_allocator(NULL);
    frame_deallocate(recycling, frame, 400);
    set_current_frame_allocator(recycling);
    assert_ptr_equal(allocate(400), frame);
    frame_deallocate(recycling, frame, 400);
}

static void an_empty_channel_means_malloc(void **state)
{
    (void)state;
    set_current_frame_allocator(NULL);
    void *frame = frame_allocate(get_current_frame_allocator(), 64);
    assert_non_null(frame);
    assert_int_equal(frame_allocator_counts.fresh, 1);
    frame_deallocate(get_current_frame_allocator(), frame, 64);
}

static void change_the_channel(struct coro *coro)
{
    (void)coro;
    assert_ptr_equal(get_current_frame_allocator(), recycling);
    set_current_frame_allocator(malloc_frame_allocator());
}

static void the_channel_is_the_same_after_safe_resume(void **state)
{
    (void)state;
    struct coro coro = {.resume = change_the_channel};
    safe_resume(&coro);
    assert_ptr_equal(get_current_frame_allocator(), recycling);
    coro_resume(&coro);
    assert_ptr_equal(get_current_frame_allocator(), malloc_frame_allocator());
}

#define RULE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(the_recycler_hands_out_the_last_freed_frame_of_the_class),
        RULE(the_counts_tell_calls_from_what_went_to_malloc),
        RULE(classes_do_not_share_frames),
        RULE(frames_beyond_the_largest_class_go_to_malloc),
        RULE(what_is_kept_is_bounded),
        RULE(a_frame_freed_on_another_thread_is_recycled_there),
        RULE(a_frame_goes_back_to_the_allocator_it_came_from),
        RULE(an_empty_channel_means_malloc),
        RULE(the_channel_is_the_same_after_safe_resume),
    };
    return cmocka_run_group_tests_name("frame allocators", tests, NULL, NULL);
}

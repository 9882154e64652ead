/* Frame allocators, and the thread-local channel that brings one to a frame. */
#include "common/frame_allocator.h"
#include "common/recycled_frame.h"
#include "tests/unit/unit.h"

#include <limits.h>
#include <malloc.h>
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
    enum {
        KEPT = 2 * RECYCLING_MAGAZINE_FRAMES + RECYCLING_DEPOT_BYTES / 4096,
        FRAMES = KEPT + 16 * RECYCLING_MAGAZINE_FRAMES
    };
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

/* One thread makes frames, another frees them, so many at a time. */
enum { BATCH = 300, TURNS = 60, WARM_UP = 30 };

struct passing {
    pthread_barrier_t full, empty;
    void *frames[BATCH];
};

static void *free_batches(void *argument)
{
    struct passing *passing = argument;
    for (int turn = 0; turn < TURNS; turn++) {
        pthread_barrier_wait(&passing->full);
        for (int i = 0; i < BATCH; i++)
            frame_deallocate(recycling, passing->frames[i], 300);
        pthread_barrier_wait(&passing->empty);
    }
    return NULL;
}

static void a_maker_and_a_freer_need_malloc_no_more(void **state)
{
    (void)state;
    struct passing passing;
    pthread_t thread;
    recycling->ops->release(recycling);
    assert_int_equal(pthread_barrier_init(&passing.full, NULL, 2), 0);
    assert_int_equal(pthread_barrier_init(&passing.empty, NULL, 2), 0);
    assert_int_equal(pthread_create(&thread, NULL, free_batches, &passing), 0);
    for (int turn = 0; turn < TURNS; turn++) {
        if (turn == WARM_UP)
            frame_allocator_counts.fresh = 0;
        for (int i = 0; i < BATCH; i++)
            passing.frames[i] = allocate(300);
        pthread_barrier_wait(&passing.full);
        pthread_barrier_wait(&passing.empty);
    }
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&passing.full);
    pthread_barrier_destroy(&passing.empty);
    assert_int_equal(frame_allocator_counts.fresh, 0);
    assert_in_range(recycling->ops->retained_bytes(recycling), 1, (BATCH + 4 * RECYCLING_MAGAZINE_FRAMES) * 320);
    recycling->ops->release(recycling);
    assert_int_equal(recycling->ops->retained_bytes(recycling), 0);
}

/* Bytes that malloc has handed out, where it tells, with the few that its own list of the thread has; LeakSanitizer
 * sees what a thread leaves behind besides. */
static size_t handed_out(void)
{
#if defined __GLIBC__ && __GLIBC_PREREQ(2, 33)
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

enum { LEFT_BEHIND = 1000 };

/* More than two magazines: some go to the depot, which is the others' too. */
static void *leave_frames(void *count)
{
    void *frames[LEFT_BEHIND];
    for (int i = 0; i < *(int *)count; i++)
        frames[i] = frame_allocate(recycling, 1000);
    for (int i = 0; i < *(int *)count; i++)
        frame_deallocate(recycling, frames[i], 1000);
    return NULL;
}

static void run_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, body, argument), 0);
    pthread_join(thread, NULL);
}

static void what_a_thread_held_is_freed_when_it_ends(void **state)
{
    (void)state;
    int few = 1, all = LEFT_BEHIND;
    run_thread(leave_frames, &few); /* what the first thread of a program costs is there from now on */
    recycling->ops->release(recycling);
    size_t before = handed_out();
    run_thread(leave_frames, &all);
    enum { DEPOT = (LEFT_BEHIND / RECYCLING_MAGAZINE_FRAMES - 1) * RECYCLING_MAGAZINE_FRAMES * 1024 };
    assert_int_equal(recycling->ops->retained_bytes(recycling), DEPOT);
    recycling->ops->release(recycling);
    assert_int_equal(recycling->ops->retained_bytes(recycling), 0);
    assert_true(handed_out() <= before + (16 << 10));
}

static void *take_frames(void *kept)
{
    *(void **)kept = frame_allocate(recycling, 1000);
    return NULL;
}

/* A thread that only allocates holds the rest of a magazine from the depot. */
static void a_thread_that_frees_nothing_leaves_nothing(void **state)
{
    (void)state;
    int all = LEFT_BEHIND;
    void *kept;
    run_thread(leave_frames, &all);
    size_t depot = recycling->ops->retained_bytes(recycling);
    size_t before = handed_out();
    run_thread(take_frames, &kept);
    assert_int_equal(recycling->ops->retained_bytes(recycling), depot - RECYCLING_MAGAZINE_FRAMES * 1024);
    assert_true(handed_out() <= before);
    frame_deallocate(recycling, kept, 1000);
    recycling->ops->release(recycling);
}

static pthread_key_t late_key;

static void free_late(void *frame)
{
    frame_deallocate(recycling, frame, 1000);
}

static void *free_at_the_end(void *argument)
{
    (void)argument;
    frame_deallocate(recycling, frame_allocate(recycling, 1000), 1000);
    pthread_setspecific(late_key, frame_allocate(recycling, 1000));
    return NULL;
}

/* By the destructor of another key, which may come after ours. */
static void a_frame_freed_while_a_thread_ends_is_not_lost(void **state)
{
    (void)state;
    assert_int_equal(pthread_key_create(&late_key, free_late), 0);
    run_thread(free_at_the_end, NULL);
    size_t before = handed_out();
    run_thread(free_at_the_end, NULL);
    assert_int_equal(handed_out(), before);
    pthread_key_delete(late_key);
}

static unsigned rounds_left;

static void free_in_each_round(void *frame)
{
    frame_deallocate(recycling, frame, 1000);
    if (rounds_left-- > 0)
        pthread_setspecific(late_key, frame_allocate(recycling, 1000));
}

/* The C library calls destructors again for keys that were set anew, so often and no oftener: it gives up then. */
static void a_frame_freed_in_the_last_round_of_destructors_is_not_lost(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* by the last round ThreadSanitizer has done with the thread */
#endif
    assert_int_equal(pthread_key_create(&late_key, free_in_each_round), 0);
    rounds_left = 0;
    run_thread(free_at_the_end, NULL);
    size_t before = handed_out();
    rounds_left = PTHREAD_DESTRUCTOR_ITERATIONS - 1;
    run_thread(free_at_the_end, NULL);
    assert_int_equal(handed_out(), before);
    pthread_key_delete(late_key);
}

static void a_frame_that_waits_is_poisoned_under_address_sanitizer(void **state)
{
    (void)state;
#if defined __SANITIZE_ADDRESS__ && !POISONED_FRAMES
#error "AddressSanitizer is here, and frames that wait are not poisoned"
#elif POISONED_FRAMES
    unsigned char *frame = allocate(300);
    frame_deallocate(recycling, frame, 300);
    assert_true(__asan_address_is_poisoned(frame));
    assert_true(__asan_address_is_poisoned(frame + 319));
    assert_ptr_equal(allocate(300), frame);
    assert_null(__asan_region_is_poisoned(frame, 320));
    frame_deallocate(recycling, frame, 300);
#else
    print_message("skipped: not built with AddressSanitizer\n");
    skip();
#endif
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
        RULE(a_maker_and_a_freer_need_malloc_no_more),
        RULE(what_a_thread_held_is_freed_when_it_ends),
        RULE(a_thread_that_frees_nothing_leaves_nothing),
        RULE(a_frame_freed_while_a_thread_ends_is_not_lost),
        RULE(a_frame_freed_in_the_last_round_of_destructors_is_not_lost),
        RULE(a_frame_that_waits_is_poisoned_under_address_sanitizer),
        RULE(a_frame_goes_back_to_the_allocator_it_came_from),
        RULE(an_empty_channel_means_malloc),
        RULE(the_channel_is_the_same_after_safe_resume),
    };
    return cmocka_run_group_tests_name("frame allocators", tests, NULL, NULL);
}

/* repeat_until(child | then(count_down)) | sync_wait, for each way in which a child can complete. */
#include "sender/repeat_until.h"
#include "sender/just.h"
#include "sender/schedule.h"
#include "sender/sync_wait.h"
#include "sender/then.h"
#include "tests/scenario/world.h"

#include <sched.h>

struct count_down {
    unsigned long *left;
};

static bool count_down_call(struct count_down *self, struct unit value)
{
    (void)value;
    return --*self->left == 0;
}

RECEIVER_SYNC_WAIT(wait_inline, struct unit);
RECEIVER(inline_again, bool);
RECEIVER(inline_turn, struct unit);
SENDER_JUST(inline_child, inline_turn)
SENDER_THEN(inline_turn, inline_child, count_down, inline_again)
SENDER_REPEAT_UNTIL(inline_again, inline_turn, wait_inline)
SENDER_SYNC_WAIT(wait_inline, inline_again)

RECEIVER_SYNC_WAIT(wait_later, struct unit);
RECEIVER(later_again, bool);
RECEIVER(later_turn, struct unit);
SENDER_SCHEDULE(later_child, run_loop, later_turn)
SENDER_THEN(later_turn, later_child, count_down, later_again)
SENDER_REPEAT_UNTIL_ON_ONE_THREAD(later_again, later_turn, wait_later)
SENDER_SYNC_WAIT(wait_later, later_again)

RECEIVER_SYNC_WAIT(wait_thread, struct unit);
RECEIVER(thread_again, bool);
RECEIVER(thread_turn, struct unit);
SENDER_SCHEDULE(thread_child, thread_pool, thread_turn)
SENDER_THEN(thread_turn, thread_child, count_down, thread_again)
SENDER_REPEAT_UNTIL(thread_again, thread_turn, wait_thread)
SENDER_SYNC_WAIT(wait_thread, thread_again)

/* So many turns on a stack of ordinary size: inline completions do not nest. */
void scenario_repeat_until_children_inline(struct world *world)
{
    unsigned long left = 1000000;
    struct unit value;
    world_open(world, (struct world_options){0});
    CHECK_EQ(wait_inline(&world->run_loop, &world->env, (struct inline_again_sender){.child = {.function = {&left}}},
                         &value),
             0);
    CHECK_EQ(left, 0);
    world_close(world);
}

void scenario_repeat_until_children_later(struct world *world)
{
    unsigned long left = 10000;
    struct unit value;
    world_open(world, (struct world_options){0});
    CHECK_EQ(wait_later(&world->run_loop, &world->env,
                        (struct later_again_sender){.child = {.child = {&world->run_loop}, .function = {&left}}},
                        &value),
             0);
    CHECK_EQ(left, 0);
    world_close(world);
}

void scenario_repeat_until_children_on_another_thread(struct world *world)
{
    struct thread_pool pool;
    struct unit value;
    CHECK_EQ(thread_pool_init(&pool, 2), 0);
    world_open(world, (struct world_options){0});
    for (unsigned i = 0; i < 20; i++) {
        unsigned long left = 500;
        CHECK_EQ(wait_thread(&world->run_loop, &world->env,
                             (struct thread_again_sender){.child = {.child = {&pool}, .function = {&left}}}, &value),
                 0);
        CHECK_EQ(left, 0);
    }
    world_close(world);
    thread_pool_destroy(&pool);
}

/* A child whose start does not return before its completion, on a pool's thread, has run. */
struct linger_sender {
    struct thread_pool *pool;
};

RECEIVER_SYNC_WAIT(wait_lingering, struct unit);
RECEIVER(linger_again, bool);
RECEIVER(linger_turn, struct unit);

struct linger_op {
    struct linger_turn_receiver receiver;
    struct thread_pool *pool;
    struct work work;
};

enum { linger_completions = COMPLETES_WITH_VALUE };

static _Atomic unsigned long lingered;

static void linger_connect(struct linger_op *op, struct linger_sender sender, struct linger_turn_receiver receiver)
{
    op->receiver = receiver;
    op->pool = sender.pool;
}

static void linger_execute(struct work *work)
{
    linger_turn_set_value(&CONTAINER_OF(work, struct linger_op, work)->receiver, (struct unit){});
    lingered++;
}

static void linger_start(struct linger_op *op)
{
    unsigned long before = lingered;
    op->work.execute = linger_execute;
    thread_pool_post_work(op->pool, &op->work);
    while (lingered == before)
        sched_yield();
}

SENDER_THEN(linger_turn, linger, count_down, linger_again)
SENDER_REPEAT_UNTIL(linger_again, linger_turn, wait_lingering)
SENDER_SYNC_WAIT(wait_lingering, linger_again)

/* Who comes second goes on with the loop, and nobody else. */
void scenario_repeat_until_child_completes_during_start(struct world *world)
{
    struct thread_pool pool;
    struct unit value;
    unsigned long left = 500;
    CHECK_EQ(thread_pool_init(&pool, 1), 0);
    world_open(world, (struct world_options){0});
    CHECK_EQ(wait_lingering(&world->run_loop, &world->env,
                            (struct linger_again_sender){.child = {.child = {&pool}, .function = {&left}}}, &value),
             0);
    CHECK_EQ(left, 0);
    world_close(world);
    thread_pool_destroy(&pool);
}

/* run in another environment: with another executor, stop token or allocator. */
#include "awaitable/run.h"
#include "common/strand.h"
#include "common/thread_pool.h"
#include "tests/scenario/gate.h"
#include "tests/scenario/world.h"

/* Looks where it is and where a frame comes from, and waits at a gate if it is given one. */
struct visitor {
    struct task task;
    struct task *child;
    struct gate *gate;
    ssize_t got;
};

static struct {
    struct io_env env;
    pthread_t thread;
    const struct frame_allocator *frames;
} seen;

struct child {
    struct task task;
};

static void child_body(struct coro *handle)
{
    struct child *self = (struct child *)handle;
    CO_RETURN(self, 5);
}

static void visitor_body(struct coro *handle)
{
    struct visitor *self = (struct visitor *)handle;
    CO_BEGIN(self);
    seen.env = *self->task.env;
    seen.thread = pthread_self();
    self->child = task_create(sizeof *self->child, child_body, NULL);
    CHECK(self->child != NULL);
    seen.frames = self->child->frame.allocator;
    CO_AWAIT(self->got, self, task, self->child);
    coro_destroy(&self->child->frame.coro);
    if (self->gate)
        CO_AWAIT(self->got, self, gate, self->gate);
    CO_RETURN(self, self->got);
    CO_END;
}

/* Sends it there, and has it back. */
struct host {
    struct task task;
    struct io_env there;
    struct gate *gate;
    struct visitor *visitor;
    struct run running;
    ssize_t got;
};

static void host_body(struct coro *handle)
{
    struct host *self = (struct host *)handle;
    CO_BEGIN(self);
    self->visitor = (struct visitor *)task_create(sizeof *self->visitor, visitor_body, NULL);
    CHECK(self->visitor != NULL);
    self->visitor->gate = self->gate;
    run(&self->running, self->there, &self->visitor->task);
    CO_AWAIT(self->got, self, run, &self->running);
    CHECK(get_current_frame_allocator() == self->task.env->allocator);
    CO_RETURN(self, self->got);
    CO_END;
}

static struct {
    struct run_async launch;
    bool ended;
    ssize_t result;
    pthread_t thread;
} launched;

static void host_ended(struct run_async *launch, ssize_t result)
{
    (void)launch;
    launched.ended = true;
    launched.result = result;
    launched.thread = pthread_self();
}

static bool ended(const struct world *world)
{
    (void)world;
    return launched.ended;
}

static void visit(struct world *world, struct io_env there, struct gate *gate)
{
    world_open(world, (struct world_options){0});
    set_current_frame_allocator(world->env.allocator);
    struct host *host = (struct host *)task_create(sizeof *host, host_body, NULL);
    set_current_frame_allocator(NULL);
    CHECK(host != NULL);
    host->there = there;
    host->gate = gate;
    launched.ended = false;
    run_async(&launched.launch, &host->task, &world->env, host_ended);
}

void scenario_run_with_another_executor(struct world *world)
{
    struct thread_pool pool;
    struct strand strand;
    CHECK_EQ(thread_pool_init(&pool, 2), 0);
    CHECK_EQ(strand_init(&strand, thread_pool_executor(&pool)), 0);
    visit(world, (struct io_env){.executor = strand_executor(&strand)}, NULL);
    world_run_until(world, ended);
    thread_pool_destroy(&pool);
    strand_destroy(&strand);
    CHECK_EQ(launched.result, 5);
    CHECK(pthread_equal(launched.thread, pthread_self()));
    CHECK(!pthread_equal(seen.thread, pthread_self()));
    CHECK(seen.env.executor.context == &strand);
    CHECK(seen.env.stop.source == world->env.stop.source);
    CHECK(seen.env.allocator == world->env.allocator);
    world_close(world);
}

static struct gate *watched_gate;

static bool at_the_gate(const struct world *world)
{
    (void)world;
    return watched_gate->waiting;
}

/* The task ends by the token that it was given, and not by its awaiter's. */
void scenario_run_with_another_stop_token(struct world *world)
{
    struct gate gate = {0};
    struct stop_source other;
    stop_source_init(&other);
    visit(world, (struct io_env){.stop = stop_source_token(&other)}, &gate);
    watched_gate = &gate;
    world_run_until(world, at_the_gate);
    CHECK(stop_source_request_stop(&world->stop));
    CHECK(gate.waiting);
    CHECK(stop_source_request_stop(&other));
    world_run_until(world, ended);
    CHECK_EQ(launched.result, -ECANCELED);
    CHECK(seen.env.executor.context == world->env.executor.context);
    CHECK(seen.env.allocator == world->env.allocator);
    world_close(world);
}

void scenario_run_with_another_allocator(struct world *world)
{
    visit(world, (struct io_env){.allocator = recycling_frame_allocator()}, NULL);
    world_run_until(world, ended);
    CHECK_EQ(launched.result, 5);
    CHECK(seen.frames == recycling_frame_allocator());
    CHECK(seen.env.executor.context == world->env.executor.context);
    CHECK(seen.env.stop.source == world->env.stop.source);
    CHECK_EQ(world->allocator.allocated, 2); /* the host and, made before it left, the visitor */
    recycling_frame_allocator_release();
    world_close(world);
}

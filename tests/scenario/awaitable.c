/* What the awaitable model alone has: launch functions, and tasks that await tasks. */
#include "awaitable/run.h"
#include "common/thread_pool.h"
#include "tests/scenario/world.h"

/* A launched task, whose end finishes the run_loop. */
struct launched {
    struct run_async launch;
    struct world *world;
    ssize_t result;
    unsigned done;
};

static void launched_done(struct run_async *launch, ssize_t result)
{
    struct launched *self = CONTAINER_OF(launch, struct launched, launch);
    self->result = result;
    self->done++;
    run_loop_finish(&self->world->run_loop);
}

static ssize_t run_to_end(struct world *world, struct task *task)
{
    struct launched launched = {.world = world};
    CHECK(task != NULL);
    run_async(&launched.launch, task, &world->env, launched_done);
    CHECK_EQ(run_loop_run(&world->run_loop), 0);
    CHECK_EQ(launched.done, 1);
    return launched.result;
}

/* A task made by a launch: as an operator new of its own would, from the environment's allocator. */
static struct task *task_in(struct world *world, size_t bytes, void (*body)(struct coro *))
{
    set_current_frame_allocator(world->env.allocator);
    struct task *task = task_create(bytes, body, NULL);
    set_current_frame_allocator(NULL);
    return task;
}

/* A task that looks where it is, and awaits another of its kind to see where its frame comes from. */
struct look {
    struct task task;
    struct io_env *seen;
    pthread_t *thread;
    struct task *child;
    ssize_t got;
};

static void leaf_body(struct coro *handle)
{
    struct task *task = (struct task *)handle;
    task->result = task->frame.bytes;
    task->frame.coro.resume = NULL;
    TRANSFER_TO(task->continuation);
}

static void look_body(struct coro *handle)
{
    struct look *self = (struct look *)handle;

    CO_BEGIN(self);
    *self->seen = *self->task.env;
    *self->thread = pthread_self();
    self->child = task_create(sizeof(struct task), leaf_body, NULL);
    CHECK(self->child != NULL);
    CHECK(self->child->frame.allocator == self->task.env->allocator);
    CO_AWAIT(self->got, self, task, self->child);
    coro_destroy(&self->child->frame.coro);
    CO_RETURN(self, 42);
    CO_END;
}

struct visit {
    struct task task;
    struct io_env there; /* what run is given */
    struct io_env seen;  /* what the child saw */
    pthread_t thread;    /* where it ran */
    struct run running;
    struct look *child;
    ssize_t got;
};

static void visit_body(struct coro *handle)
{
    struct visit *self = (struct visit *)handle;

    CO_BEGIN(self);
    self->child = (struct look *)task_create(sizeof *self->child, look_body, NULL);
    CHECK(self->child != NULL);
    self->child->seen = &self->seen;
    self->child->thread = &self->thread;
    run(&self->running, self->there, &self->child->task);
    CO_AWAIT(self->got, self, run, &self->running);
    CHECK(get_current_frame_allocator() == self->task.env->allocator);
    CO_RETURN(self, self->got);
    CO_END;
}

static struct {
    struct io_env seen;
    pthread_t child, parent;
} visited;

/* The outermost: keeps what the visit saw, beyond its frame. */
struct visitor {
    struct task task;
    struct io_env there;
    struct visit *visit;
    ssize_t got;
};

static void visitor_body(struct coro *handle)
{
    struct visitor *self = (struct visitor *)handle;

    CO_BEGIN(self);
    self->visit = (struct visit *)task_create(sizeof *self->visit, visit_body, NULL);
    CHECK(self->visit != NULL);
    self->visit->there = self->there;
    CO_AWAIT(self->got, self, task, &self->visit->task);
    visited.seen = self->visit->seen;
    visited.child = self->visit->thread;
    visited.parent = pthread_self();
    coro_destroy(&self->visit->task.frame.coro);
    CO_RETURN(self, self->got);
    CO_END;
}

static void visit(struct world *world, struct io_env there)
{
    struct visitor *visitor = (struct visitor *)task_in(world, sizeof *visitor, visitor_body);
    CHECK(visitor != NULL);
    visitor->there = there;
    CHECK_EQ(run_to_end(world, &visitor->task), 42);
    CHECK(pthread_equal(visited.parent, pthread_self()));
}

void scenario_run_on_a_pool_comes_back(struct world *world)
{
    struct thread_pool pool;
    CHECK_EQ(thread_pool_init(&pool, 2), 0);
    for (unsigned i = 0; i < 50; i++) {
        world_open(world, (struct world_options){0});
        visit(world, (struct io_env){.executor = thread_pool_executor(&pool)});
        CHECK(!pthread_equal(visited.child, pthread_self()));
        CHECK(visited.seen.executor.context == &pool);
        world_close(world);
    }
    thread_pool_destroy(&pool);
}

void scenario_run_inherits_what_is_not_given(struct world *world)
{
    world_open(world, (struct world_options){0});
    visit(world, (struct io_env){0});
    CHECK(pthread_equal(visited.child, pthread_self()));
    CHECK(visited.seen.executor.context == world->env.executor.context);
    CHECK(visited.seen.stop.source == &world->stop);
    CHECK(visited.seen.allocator == &world->allocator.base);

    struct stop_source other;
    stop_source_init(&other);
    visit(world, (struct io_env){.stop = stop_source_token(&other), .allocator = recycling_frame_allocator()});
    CHECK(visited.seen.executor.context == world->env.executor.context);
    CHECK(visited.seen.stop.source == &other);
    CHECK(visited.seen.allocator == recycling_frame_allocator());
    recycling_frame_allocator_release();
    world_close(world);
}

struct chain {
    struct task task;
    struct task *child;
    ssize_t got, left;
};

static void chain_body(struct coro *handle);

static struct task *chain(ssize_t left)
{
    struct chain *self = (struct chain *)task_create(sizeof *self, chain_body, NULL);
    CHECK(self != NULL);
    self->left = left;
    return &self->task;
}

static void chain_body(struct coro *handle)
{
    struct chain *self = (struct chain *)handle;

    CO_BEGIN(self);
    if (self->left == 0)
        CO_RETURN(self, 0);
    self->child = chain(self->left - 1);
    CO_AWAIT(self->got, self, task, self->child);
    coro_destroy(&self->child->frame.coro);
    CO_RETURN(self, self->got + 1);
    CO_END;
}

/* As deep as memory, on a stack of ordinary size. */
void scenario_tasks_pass_results_up_a_chain(struct world *world)
{
    world_open(world, (struct world_options){0});
    set_current_frame_allocator(world->env.allocator);
    struct task *task = chain(200000);
    set_current_frame_allocator(NULL);
    CHECK_EQ(run_to_end(world, task), 200000);
    CHECK_EQ(world->allocator.allocated, 200001);
    world_close(world);
}

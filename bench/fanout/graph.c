/* graph: two stages on a pool of two threads. The first is two works at the same time; when both are done the second,
 * one work more, takes what they made, after a round trip through the pool's queue of its own.
 *
 *   floor                  works posted to the pool, and an atomic counter
 *   static-graph           sender: when_all(schedule | then, schedule | then) | continues_on | then
 *   when-all               awaitable: two tasks on the pool, awaited together
 *   when-all-awaitables    the same of awaitables, without frames
 */
#include "awaitable/when_all.h"
#include "awaitable/when_all_of.h"
#include "bench/fanout/awaiter.h"
#include "bench/fanout/consumer.h"
#include "sender/continues_on.h"
#include "sender/schedule.h"
#include "sender/then.h"
#include "sender/when_all.h"

enum { WORK_ROUNDS = 1024 }; /* a work is about a microsecond */

static ssize_t work_on(ssize_t value)
{
    uint64_t x = (uint64_t)value;
    for (unsigned i = 0; i < WORK_ROUNDS; i++)
        x = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9;
    return (ssize_t)(x >> 1);
}

/* ---- The floor ---- */

struct floor_graph;

struct floor_work {
    struct work work;
    struct floor_graph *graph;
    ssize_t value;
};

struct floor_graph {
    struct fanout_job *job;
    _Atomic unsigned pending;
    struct floor_work first[2], second;
};

static void floor_go(struct floor_graph *self)
{
    struct fanout_job *job = self->job;
    uint64_t join = job->made;
    self->pending = 2;
    for (unsigned i = 0; i < 2; i++) {
        self->first[i].value = fanout_value(join, i);
        thread_pool_post_work(job->pool, &self->first[i].work);
    }
}

static void floor_first(struct work *work)
{
    struct floor_work *self = CONTAINER_OF(work, struct floor_work, work);
    self->value = work_on(self->value);
    if (atomic_fetch_sub_explicit(&self->graph->pending, 1, memory_order_acq_rel) == 1)
        thread_pool_post_work(self->graph->job->pool, &self->graph->second.work);
}

static void floor_second(struct work *work)
{
    struct floor_graph *self = CONTAINER_OF(work, struct floor_work, work)->graph;
    struct fanout_job *job = self->job;
    fanout_record(job, (uint64_t)work_on(self->first[0].value ^ self->first[1].value));
    if (job->made < job->total)
        floor_go(self);
    else
        fanout_end(job, 0);
}

static int floor_launch(struct fanout_job *job)
{
    struct floor_graph *self = job->storage;
    self->job = job;
    self->second = (struct floor_work){.work.execute = floor_second, .graph = self};
    for (unsigned i = 0; i < 2; i++)
        self->first[i] = (struct floor_work){.work.execute = floor_first, .graph = self};
    floor_go(self);
    return 0;
}

const struct fanout_form fanout_floor_graph = {
    .launch = floor_launch,
    .storage_bytes = sizeof(struct floor_graph),
    .operation_bytes = sizeof(struct floor_graph),
};

/* ---- Senders ---- */

struct first_stage {
    ssize_t value;
};

static inline ssize_t first_stage_call(struct first_stage *self, struct unit value)
{
    (void)value;
    return work_on(self->value);
}

#define FIRST(C, R)                                                                                                    \
    RECEIVER(C, struct unit);                                                                                          \
    SENDER_SCHEDULE(C##_turn, thread_pool, C)                                                                          \
    SENDER_THEN(C, C##_turn, first_stage, R)
#define FIRST_SENDER(C, job, i)                                                                                        \
    ((struct C##_sender){.child = {(job)->pool}, .function = {fanout_value((job)->made, i)}})

RECEIVER(both_left, ssize_t);
RECEIVER(both_right, ssize_t);
WHEN_ALL_VALUES(both, (left, right));
RECEIVER(moved, struct both_values);
RECEIVER(second, struct both_values);
FANOUT_CONSUMER_RECEIVER(second_end, ssize_t)
FIRST(left, both_left)
FIRST(right, both_right)
SENDER_WHEN_ALL(both, (left, right), moved)
SENDER_CONTINUES_ON(moved, both, thread_pool, second)

struct second_stage {
};

static inline ssize_t second_stage_call(struct second_stage *self, struct both_values values)
{
    (void)self;
    return work_on(values.left ^ values.right);
}

SENDER_THEN(second, moved, second_stage, second_end)

static inline void second_make(struct second_op *op, struct fanout_job *job, struct second_end_receiver receiver)
{
    struct both_sender both = {.left = FIRST_SENDER(left, job, 0), .right = FIRST_SENDER(right, job, 1)};
    second_connect(op, (struct second_sender){.child = {.child = both, .scheduler = job->pool}}, receiver);
}

static inline void second_end_record(struct fanout_job *job, ssize_t value)
{
    fanout_record(job, (uint64_t)value);
}

FANOUT_CONSUMER(second, second_end, turn_on_any_thread)

const struct fanout_form fanout_static_graph = {
    .launch = second_launch,
    .storage_bytes = sizeof(struct second_state),
    .operation_bytes = sizeof(struct second_op),
};

/* ---- Awaitables ---- */

/* A first stage without a frame: where the completion finds its value it does the work. */
struct worked {
    struct posted turn;
};

static inline void worked(struct worked *self, struct fanout_job *job, unsigned child)
{
    posted(&self->turn, job, child);
}

static inline bool worked_await_ready(struct worked *self)
{
    return posted_await_ready(&self->turn);
}

static inline struct coro *worked_await_suspend(struct worked *self, struct coro *caller, const struct io_env *env)
{
    return posted_await_suspend(&self->turn, caller, env);
}

static inline ssize_t worked_await_resume(struct worked *self)
{
    ssize_t value = posted_await_resume(&self->turn);
    return value < 0 ? value : work_on(value);
}

/* The second stage is done by whoever resumes the root, after its turn. */
static inline ssize_t record_second(struct fanout_job *job, ssize_t value)
{
    if (value >= 0)
        fanout_record(job, (uint64_t)work_on(value));
    return value;
}

FANOUT_CHILD(first_task, posted, got < 0 ? got : work_on(got))

struct tasks_graph {
    struct when_all all;
    struct when_child children[2];
    struct posted second;
};

struct tasks_root {
    struct fanout_root root;
    struct tasks_graph graph;
};

static void make_tasks(struct tasks_graph *graph, struct fanout_job *job)
{
    for (unsigned i = 0; i < 2; i++)
        graph->children[i].task = first_task(job, i);
    when_all(&graph->all, graph->children, 2);
}

static void tasks_body(struct coro *handle)
{
    struct tasks_graph *graph = &((struct tasks_root *)handle)->graph;
    struct fanout_root *self = (struct fanout_root *)handle;
    struct fanout_job *job = self->job;
    ssize_t status;
    CO_BEGIN(self);
    while (job->made < job->total) {
        make_tasks(graph, job);
        CO_AWAIT(status, self, when_all, &graph->all);
        if (status < 0)
            CO_RETURN(self, status);
        graph->second.value = graph->children[0].result ^ graph->children[1].result;
        CO_AWAIT(status, self, posted, &graph->second);
        if (record_second(job, status) < 0)
            CO_RETURN(self, status);
    }
    CO_RETURN(self, 0);
    CO_END;
}

static int tasks_launch(struct fanout_job *job)
{
    return fanout_await_joins(job, sizeof(struct tasks_root), tasks_body);
}

const struct fanout_form fanout_graph_tasks = {
    .launch = tasks_launch,
    .storage_bytes = sizeof(struct fanout_awaiter),
    .operation_bytes = sizeof(struct tasks_graph),
    .frame_bytes_each = sizeof(struct first_task),
};

WHEN_ALL_OF(first_works, worked, 2)

struct works_graph {
    struct first_works all;
    struct posted second;
};

struct works_root {
    struct fanout_root root;
    struct works_graph graph;
};

static void make_works(struct works_graph *graph, struct fanout_job *job)
{
    for (unsigned i = 0; i < 2; i++)
        worked(&graph->all.each[i].awaitable, job, i);
    first_works(&graph->all);
}

static void works_body(struct coro *handle)
{
    struct works_graph *graph = &((struct works_root *)handle)->graph;
    struct fanout_root *self = (struct fanout_root *)handle;
    struct fanout_job *job = self->job;
    ssize_t status;
    CO_BEGIN(self);
    while (job->made < job->total) {
        make_works(graph, job);
        CO_AWAIT(status, self, first_works, &graph->all);
        if (status < 0)
            CO_RETURN(self, status);
        graph->second.value = graph->all.each[0].result ^ graph->all.each[1].result;
        CO_AWAIT(status, self, posted, &graph->second);
        if (record_second(job, status) < 0)
            CO_RETURN(self, status);
    }
    CO_RETURN(self, 0);
    CO_END;
}

static int works_launch(struct fanout_job *job)
{
    return fanout_await_joins(job, sizeof(struct works_root), works_body);
}

const struct fanout_form fanout_graph_awaitables = {
    .launch = works_launch,
    .storage_bytes = sizeof(struct fanout_awaiter),
    .operation_bytes = sizeof(struct works_graph),
};

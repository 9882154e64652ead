/* A write has moved its bytes, and how many it was is on its way to whoever waits, through the queue of a run_loop;
 * then comes a stop request. What is told (P3941 on affine_on: a schedule operation that can be stopped loses a value
 * that is there already).
 *
 *   task        awaitables: the awaiting coroutine is posted, and what the write returned is in the awaitable
 *   posted      senders: the write itself completes from the queue
 *   affine-on   senders: write_some | affine_on, whose schedule operation looks at the stop token when its turn comes
 *   affine-on-unstoppable
 *               the same with a schedule operation that cannot be stopped, as P3941 has it
 */
#include "awaitable/io.h"
#include "awaitable/run.h"
#include "bench/stop/stop.h"
#include "common/run_loop.h"
#include "sender/affine_on.h"
#include "sender/io.h"

struct telling {
    struct run_loop loop;
    struct stop_source source;
    struct io_env env;
    struct memory_stream memory;
    struct inline_budget budget;
    unsigned char bytes[STOP_TOLD_BYTES], sink[STOP_TOLD_BYTES];
    struct work start, stop;
    ssize_t told;
};

static void request_stop(struct work *work)
{
    struct telling *self = CONTAINER_OF(work, struct telling, stop);
    stop_source_request_stop(&self->source);
}

static void tell(struct telling *self, ssize_t told)
{
    self->told = told;
    run_loop_finish(&self->loop);
}

/* The start is queued, and the request behind it: what the start queues in turn comes after the request. */
static int stop_behind(struct telling *self, void (*start)(struct work *))
{
    int status = run_loop_init(&self->loop, NULL);
    if (status)
        return status;
    memory_stream_init(&self->memory, self->bytes, sizeof self->bytes, 0, sizeof self->bytes, self->sink,
                       sizeof self->sink);
    stop_source_init(&self->source);
    self->env = (struct io_env){.executor = run_loop_executor(&self->loop), .stop = stop_source_token(&self->source)};
    self->start.execute = start;
    self->stop.execute = request_stop;
    run_loop_post_work(&self->loop, &self->start);
    run_loop_post_work(&self->loop, &self->stop);
    status = run_loop_run(&self->loop);
    run_loop_destroy(&self->loop);
    return status ? status : self->memory.written == sizeof self->bytes ? 0 : -ENOTRECOVERABLE;
}

/* The write is done at once, but over the budget: it is told from the queue. */
static void over_the_budget(struct telling *self)
{
    self->budget = inline_budget_fixed(0);
    self->memory.stream.budget = &self->budget;
}

/* ---- Awaitables ---- */

struct writer {
    struct task task;
    struct telling *telling;
    struct write_some writing;
};

struct told_task {
    struct telling telling;
    struct run_async launch;
};

static void writer_body(struct coro *handle)
{
    struct writer *self = (struct writer *)handle;
    struct telling *telling = self->telling;
    ssize_t put;
    CO_BEGIN(self);
    write_some(&self->writing, &telling->memory.stream, telling->bytes, sizeof telling->bytes);
    CO_AWAIT(put, self, write_some, &self->writing);
    CO_RETURN(self, put);
    CO_END;
}

static void writer_ended(struct run_async *launch, ssize_t result)
{
    tell(&CONTAINER_OF(launch, struct told_task, launch)->telling, result);
}

static void start_task(struct work *work)
{
    struct told_task *self = CONTAINER_OF(work, struct told_task, telling.start);
    struct task *task = task_create(sizeof(struct writer), writer_body, NULL);
    if (!task) {
        tell(&self->telling, -ENOMEM);
        return;
    }
    ((struct writer *)task)->telling = &self->telling;
    over_the_budget(&self->telling);
    run_async(&self->launch, task, &self->telling.env, writer_ended);
}

int stop_told_task(ssize_t *told)
{
    struct told_task self = {0};
    int status = stop_behind(&self.telling, start_task);
    *told = self.telling.told;
    return status;
}

/* ---- Senders ---- */

#define TOLD_RECEIVER(N)                                                                                               \
    typedef ssize_t N##_in;                                                                                            \
    struct N##_receiver {                                                                                              \
        struct telling *telling;                                                                                       \
    };                                                                                                                 \
    static void N##_set_value(struct N##_receiver *self, ssize_t put)                                                  \
    {                                                                                                                  \
        tell(self->telling, put);                                                                                      \
    }                                                                                                                  \
    SENDER_FUNCTION void N##_set_error(struct N##_receiver *self, int error)                                           \
    {                                                                                                                  \
        tell(self->telling, -error);                                                                                   \
    }                                                                                                                  \
    static void N##_set_stopped(struct N##_receiver *self)                                                             \
    {                                                                                                                  \
        tell(self->telling, -ECANCELED);                                                                               \
    }                                                                                                                  \
    static const struct io_env *N##_get_env(const struct N##_receiver *self)                                           \
    {                                                                                                                  \
        return &self->telling->env;                                                                                    \
    }

TOLD_RECEIVER(posted)
SENDER_WRITE_SOME(posting, posted)

struct told_posted {
    struct telling telling;
    struct posting_op op;
};

static void start_posted(struct work *work)
{
    struct told_posted *self = CONTAINER_OF(work, struct told_posted, telling.start);
    struct telling *telling = &self->telling;
    over_the_budget(telling);
    posting_connect(&self->op, (struct posting_sender){&telling->memory.stream, telling->bytes, sizeof telling->bytes},
                    (struct posted_receiver){telling});
    posting_start(&self->op);
}

int stop_told_posted(ssize_t *told)
{
    struct told_posted self = {0};
    int status = stop_behind(&self.telling, start_posted);
    *told = self.telling.told;
    return status;
}

/* The run_loop as a scheduler whose operation has no stop token to look at. */
struct unstoppable {
    struct run_loop loop;
};
enum { unstoppable_schedule_completions = COMPLETES_WITH_VALUE };

#define SENDER_SCHEDULE_ON_unstoppable(N, R)                                                                           \
    struct N##_sender {                                                                                                \
        struct unstoppable *scheduler;                                                                                 \
    };                                                                                                                 \
    struct N##_op {                                                                                                    \
        struct R##_receiver receiver;                                                                                  \
        struct unstoppable *scheduler;                                                                                 \
        struct work work;                                                                                              \
    };                                                                                                                 \
    enum { N##_completions = unstoppable_schedule_completions };                                                       \
    static void N##_connect(struct N##_op *op, struct N##_sender sender, struct R##_receiver receiver)                 \
    {                                                                                                                  \
        op->receiver = receiver;                                                                                       \
        op->scheduler = sender.scheduler;                                                                              \
    }                                                                                                                  \
    static void N##_execute(struct work *work)                                                                         \
    {                                                                                                                  \
        R##_set_value(&CONTAINER_OF(work, struct N##_op, work)->receiver, (struct unit){});                            \
    }                                                                                                                  \
    static void N##_start(struct N##_op *op)                                                                           \
    {                                                                                                                  \
        op->work.execute = N##_execute;                                                                                \
        run_loop_post_work(&op->scheduler->loop, &op->work);                                                           \
    }

#define TOLD_BY_AFFINE_ON(N, context)                                                                                  \
    TOLD_RECEIVER(N##_told)                                                                                            \
    RECEIVER(N, ssize_t);                                                                                              \
    SENDER_WRITE_SOME(N##_writing, N)                                                                                  \
    SENDER_AFFINE_ON(N, N##_writing, context, N##_told)                                                                \
    struct told_##N {                                                                                                  \
        struct telling telling;                                                                                        \
        struct N##_op op;                                                                                              \
    };                                                                                                                 \
    static void start_##N(struct work *work)                                                                           \
    {                                                                                                                  \
        struct told_##N *self = CONTAINER_OF(work, struct told_##N, telling.start);                                    \
        struct telling *telling = &self->telling;                                                                      \
        struct N##_writing_sender write = {&telling->memory.stream, telling->bytes, sizeof telling->bytes};            \
        struct context *scheduler = (struct context *)&telling->loop;                                                  \
        N##_connect(&self->op, (struct N##_sender){.child = write, .scheduler = scheduler},                            \
                    (struct N##_told_receiver){telling});                                                              \
        N##_start(&self->op);                                                                                          \
    }                                                                                                                  \
    int stop_told_##N(ssize_t *told)                                                                                   \
    {                                                                                                                  \
        struct told_##N self = {0};                                                                                    \
        int status = stop_behind(&self.telling, start_##N);                                                            \
        *told = self.telling.told;                                                                                     \
        return status;                                                                                                 \
    }

TOLD_BY_AFFINE_ON(affine, run_loop)
TOLD_BY_AFFINE_ON(affine_unstoppable, unstoppable)

/* By senders: a pipeline whose operation state is in the slot, and a task that awaits the sender. */
#include "bench/stop/stop.h"
#include "sender/io.h"
#include "sender/sender_awaitable.h"
#include "sender/task.h"
#include "sender/upon.h"

/* ---- work=stop ---- */

typedef ssize_t end_in;

struct end_receiver {
    struct stop_slot *slot;
};

static void end_set_value(struct end_receiver *self, ssize_t got)
{
    slot_ended(self->slot, got);
}

static void end_set_error(struct end_receiver *self, int error)
{
    slot_ended(self->slot, -error);
}

static void end_set_stopped(struct end_receiver *self)
{
    slot_ended(self->slot, -ECANCELED);
}

static const struct io_env *end_get_env(const struct end_receiver *self)
{
    return &self->slot->job->env;
}

SENDER_READ_SOME(reading, end)

struct pipeline_slot {
    struct stop_slot slot;
    struct reading_op op;
};

static int pipeline_start(struct stop_slot *slot)
{
    struct pipeline_slot *self = (struct pipeline_slot *)slot;
    PROBE(RECEIVER_BUILT);
    reading_connect(&self->op, (struct reading_sender){slot->stream, slot->buffer, sizeof slot->buffer},
                    (struct end_receiver){slot});
    reading_start(&self->op);
    return 0;
}

const struct stop_form stop_pipeline = {.slot_bytes = sizeof(struct pipeline_slot), .start = pipeline_start};

/* As P3552's task: set_stopped ends it where it awaits. */
struct task_slot {
    struct stop_slot slot;
    struct sender_task_state state;
    struct sender_task *task;
};

SENDER_AWAITABLE_RECEIVER(read_some, sender_task);
SENDER_READ_SOME(async_read, read_some)
SENDER_AWAITABLE(read_some, async_read)

struct reader {
    struct sender_task task;
    struct stop_slot *slot;
    struct read_some reading;
};

static void reader_body(struct coro *handle)
{
    struct reader *self = (struct reader *)handle;
    struct stop_slot *slot = self->slot;
    ssize_t got;
    CO_BEGIN(self);
    struct async_read_sender read = {slot->stream, slot->buffer, sizeof slot->buffer};
    CO_AWAIT_SENDER(got, self, read_some, &self->reading, read);
    SENDER_TASK_RETURN(self, got);
    CO_END;
}

static void task_ended(struct task_slot *self, ssize_t result)
{
    coro_destroy(&self->task->frame.coro);
    slot_ended(&self->slot, result);
}

static void task_set_value(struct sender_task_state *state, ssize_t result)
{
    task_ended(CONTAINER_OF(state, struct task_slot, state), result);
}

static void task_set_stopped(struct sender_task_state *state)
{
    task_ended(CONTAINER_OF(state, struct task_slot, state), -ECANCELED);
}

static int task_start(struct stop_slot *slot)
{
    struct task_slot *self = (struct task_slot *)slot;
    const struct io_env *env = &slot->job->env;
    self->task = sender_task_create(env->allocator, sizeof(struct reader), reader_body, NULL);
    if (!self->task)
        return -ENOMEM;
    ((struct reader *)self->task)->slot = slot;
    self->state = (struct sender_task_state){.env = env, .set_value = task_set_value, .set_stopped = task_set_stopped};
    sender_task_start(self->task, &self->state);
    return 0;
}

const struct stop_form stop_sender_task = {
    .slot_bytes = sizeof(struct task_slot),
    .frame_bytes = sizeof(struct reader),
    .start = task_start,
};

/* ---- work=complete ----
 *
 *     read_some | then(step) x 4 | upon_error(mend) | upon_stopped(mend)
 */

typedef ssize_t taken_in;

struct taken_receiver {
    struct completion_job *job;
};

SENDER_FUNCTION void taken_set_value(struct taken_receiver *self, ssize_t value)
{
    completion_taken(self->job, value);
}

SENDER_FUNCTION void taken_set_error(struct taken_receiver *self, int error)
{
    self->job->status = -error;
}

SENDER_FUNCTION void taken_set_stopped(struct taken_receiver *self)
{
    self->job->status = -ENOTRECOVERABLE;
}

SENDER_FUNCTION const struct io_env *taken_get_env(const struct taken_receiver *self)
{
    return &self->job->env;
}

struct step {
};

static ssize_t step_call(struct step *self, ssize_t value)
{
    (void)self;
    return completion_step(value);
}

struct mend_error {
};

static ssize_t mend_error_call(struct mend_error *self, int error)
{
    (void)self;
    return completion_mended(error);
}

struct mend_stopped {
};

static ssize_t mend_stopped_call(struct mend_stopped *self)
{
    (void)self;
    return completion_mended(ECANCELED);
}

RECEIVER(first, ssize_t);
RECEIVER(second, ssize_t);
RECEIVER(third, ssize_t);
RECEIVER(fourth, ssize_t);
RECEIVER(error_mended, ssize_t);
RECEIVER(all_mended, ssize_t);

SENDER_READ_SOME(ending, first)
SENDER_THEN(first, ending, step, second)
SENDER_THEN(second, first, step, third)
SENDER_THEN(third, second, step, fourth)
SENDER_THEN(fourth, third, step, error_mended)
SENDER_UPON_ERROR(error_mended, fourth, mend_error, all_mended)
SENDER_UPON_STOPPED(all_mended, error_mended, mend_stopped, taken)

static int completion_start(struct completion_job *job)
{
    struct all_mended_op *op = job->storage;
    struct ending_sender read = {&job->ending.stream, job->buffer, sizeof job->buffer};
    struct fourth_sender steps = {.child = {.child = {.child = {.child = read}}}};
    PROBE(RECEIVER_BUILT);
    all_mended_connect(op, (struct all_mended_sender){.child = {.child = steps}}, (struct taken_receiver){job});
    all_mended_start(op);
    return 0;
}

const struct completion_form completion_pipeline = {
    .bytes = sizeof(struct all_mended_op),
    .start = completion_start,
};

const struct completion_form completion_pipeline_stoppable = {
    .bytes = sizeof(struct all_mended_op),
    .stoppable = true,
    .start = completion_start,
};

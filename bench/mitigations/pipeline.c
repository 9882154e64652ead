/* The senders' own loop, without a coroutine: repeat_until(operation | then(record)). A run of turns that complete
 * inline is a loop there already (sender/repeat_until.h), so that nothing has to be mitigated. */
#include "bench/mitigations/job.h"
#include "sender/just.h"
#include "sender/repeat_until.h"
#include "sender/schedule.h"
#include "sender/then.h"

#include <errno.h>

typedef struct unit end_in;

struct end_receiver {
    struct mitigation_job *job;
};

SENDER_FUNCTION void end_set_value(struct end_receiver *self, struct unit value)
{
    (void)value;
    mitigation_job_ended(self->job, 0);
}

SENDER_FUNCTION void end_set_error(struct end_receiver *self, int error)
{
    mitigation_job_ended(self->job, -error);
}

SENDER_FUNCTION void end_set_stopped(struct end_receiver *self)
{
    mitigation_job_ended(self->job, -ECANCELED);
}

SENDER_FUNCTION const struct io_env *end_get_env(const struct end_receiver *self)
{
    return &self->job->env;
}

/* Completes with whether the launch has ended. */
struct record {
    struct mitigation_job *job;
};

static inline bool record_call(struct record *self, struct unit value)
{
    (void)value;
    mitigation_job_completed(self->job, self->job->made);
    return self->job->made >= self->job->end;
}

#define REPEATING(N, sender_)                                                                                          \
    SENDER_THEN(N##_recorded, N##_operation, record, N)                                                                \
    SENDER_REPEAT_UNTIL_ON_ONE_THREAD(N, N##_recorded, end)                                                            \
    static int N##_launch(struct mitigation_job *job)                                                                  \
    {                                                                                                                  \
        struct N##_op *op = job->storage;                                                                              \
        struct N##_operation_sender operation = sender_;                                                               \
        N##_connect(op, (struct N##_sender){{.child = operation, .function = {job}}}, (struct end_receiver){job});     \
        N##_start(op);                                                                                                 \
        return 0;                                                                                                      \
    }                                                                                                                  \
    const struct mitigation_form mitigation_##N = {.launch = N##_launch, .storage_bytes = sizeof(struct N##_op)}

RECEIVER(pipeline_inline, bool);
RECEIVER(pipeline_inline_recorded, struct unit);
SENDER_JUST(pipeline_inline_operation, pipeline_inline_recorded)
REPEATING(pipeline_inline, {});

RECEIVER(pipeline_later, bool);
RECEIVER(pipeline_later_recorded, struct unit);
SENDER_SCHEDULE(pipeline_later_operation, run_loop, pipeline_later_recorded)
REPEATING(pipeline_later, {&job->loop});

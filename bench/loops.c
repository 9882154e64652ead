#include "bench/loops.h"

#include "awaitable/loop.h"
#include "bench/floor.h"
#include "sender/loop.h"

static const size_t floor_bytes = sizeof(struct floor_loop);
static const size_t task_bytes = sizeof(struct awaitable_loop);
static const size_t p2300_task_bytes = sizeof(struct sender_task_loop);
#define pipeline_bytes sender_loop_bytes

static int floor_start(void *storage, struct loop_job *job)
{
    floor_loop_start(storage, job);
    return 0;
}

static int task_start(void *storage, struct loop_job *job)
{
    return awaitable_loop_start(storage, job);
}

static void task_abandon(void *storage)
{
    awaitable_loop_abandon(storage);
}

static int pipeline_start(void *storage, struct loop_job *job)
{
    sender_loop_start(storage, job);
    return 0;
}

static int p2300_task_start(void *storage, struct loop_job *job)
{
    return sender_task_loop_start(storage, job);
}

static void p2300_task_abandon(void *storage)
{
    sender_task_loop_abandon(storage);
}

#define floor_abandon NULL
#define pipeline_abandon NULL

const struct loop_form loop_forms[LOOP_FORM_COUNT] = {
#define X(name, model_, mechanism_, ...)                                                                               \
    {.model = (model_),                                                                                                \
     .mechanism = (mechanism_),                                                                                        \
     .bytes = &name##_bytes,                                                                                           \
     .start = name##_start,                                                                                            \
     .abandon = name##_abandon},
    LOOP_FORMS(X, )
#undef X
};

/* race, by awaitables: when_any of two tasks that read (awaitable/when_any.h), of two reads without a frame
 * (awaitable/when_all_of.h), and as Capy ships it (bench/fanout/runners.h). */
#include "awaitable/when_all_of.h"
#include "awaitable/when_any.h"
#include "bench/fanout/awaiter.h"
#include "bench/fanout/runners.h"

/* A root that makes a race, awaits it as the awaitable T, records what the read, the first of `each`, ended with, and
 * cleans up. */
#define ROOT(N, members, make, T, race, each, clean)                                                                   \
    struct N##_root {                                                                                                  \
        struct fanout_root root;                                                                                       \
        members                                                                                                        \
    };                                                                                                                 \
    static void N##_body(struct coro *handle)                                                                          \
    {                                                                                                                  \
        struct N##_root *frame = (struct N##_root *)handle;                                                            \
        struct fanout_root *self = &frame->root;                                                                       \
        struct fanout_job *job = self->job;                                                                            \
        ssize_t winner;                                                                                                \
        CO_BEGIN(self);                                                                                                \
        while (job->made < job->total) {                                                                               \
            make;                                                                                                      \
            CO_AWAIT(winner, self, T, race);                                                                           \
            if ((each)[winner].result < 0)                                                                             \
                job->status = (int)(each)[winner].result;                                                              \
            fanout_record_race(job, (each)[0].result);                                                                 \
            clean;                                                                                                     \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static int N##_launch(struct fanout_job *job)                                                                      \
    {                                                                                                                  \
        return fanout_await_joins(job, sizeof(struct N##_root), N##_body);                                             \
    }

FANOUT_CHILD(reading_task, reading, got)

struct race_of_tasks {
    struct when_any any;
    struct when_child children[2];
};

static inline void make_tasks(struct race_of_tasks *race, struct fanout_job *job)
{
    for (unsigned i = 0; i < 2; i++)
        race->children[i].task = reading_task(job, i);
    when_any(&race->any, race->children, 2);
}

ROOT(tasks, struct race_of_tasks race;
     , make_tasks(&frame->race, job), when_any, &frame->race.any, frame->race.children, (void)0)

const struct fanout_form fanout_any_tasks = {
    .launch = tasks_launch,
    .storage_bytes = sizeof(struct fanout_awaiter),
    .operation_bytes = sizeof(struct race_of_tasks),
    .frame_bytes_each = sizeof(struct reading_task),
};

WHEN_ANY_OF(race_of_reads, reading, 2)

static inline void make_reads(struct race_of_reads *race, struct fanout_job *job)
{
    for (unsigned i = 0; i < 2; i++)
        reading(&race->each[i].awaitable, job, i);
    race_of_reads(race);
}

ROOT(reads, struct race_of_reads race;
     , make_reads(&frame->race, job), race_of_reads, &frame->race, frame->race.each, (void)0)

const struct fanout_form fanout_any_awaitables = {
    .launch = reads_launch,
    .storage_bytes = sizeof(struct fanout_awaiter),
    .operation_bytes = sizeof(struct race_of_reads),
};

CAPY_WHEN_ANY(capy_any, reading)

static struct task *make_capy(struct fanout_job *job)
{
    struct capy_any *any = capy_any_create(2);
    if (!any)
        return NULL;
    for (unsigned i = 0; i < 2; i++)
        reading(&any->slots[i].parameter, job, i);
    return &any->task;
}

/* Without the task there is no race, and the run fails. */
#define MAKE_CAPY                                                                                                      \
    frame->race = make_capy(job);                                                                                      \
    if (!frame->race)                                                                                                  \
    CO_RETURN(self, -ENOMEM)

ROOT(capy, struct task *race;
     , MAKE_CAPY, task, frame->race, ((struct capy_any *)frame->race)->slots, coro_destroy(&frame->race->frame.coro))

const struct fanout_form fanout_any_capy = {
    .launch = capy_launch,
    .storage_bytes = sizeof(struct fanout_awaiter),
    .operation_bytes = sizeof(struct task *),
    .frame_bytes = sizeof(struct capy_any),
    .frame_bytes_each = sizeof(struct capy_any_slot) + sizeof(struct capy_any_runner),
};

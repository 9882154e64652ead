/* join and cancel, by awaitables.
 *
 *   when-all               awaitable/when_all.h: each child is a task, whose frame is the one allocation it has
 *   when-all-awaitables    awaitable/when_all_of.h: each child is the awaitable itself, and nothing has a frame
 */
#include "awaitable/when_all.h"
#include "awaitable/when_all_of.h"
#include "bench/fanout/awaiter.h"
#include "bench/fanout/widths.h"

struct tasks_root {
    struct fanout_root root;
    struct when_all all;
    struct when_child children[];
};

static uint64_t sum_of_children(const struct when_child *children, unsigned width)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < width; i++)
        sum += (uint64_t)children[i].result;
    return sum;
}

#define TASKS(T)                                                                                                       \
    FANOUT_CHILD(T##_child, T, got)                                                                                    \
    static void T##_tasks_body(struct coro *handle)                                                                    \
    {                                                                                                                  \
        struct tasks_root *frame = (struct tasks_root *)handle;                                                        \
        struct fanout_root *self = &frame->root;                                                                       \
        struct fanout_job *job = self->job;                                                                            \
        ssize_t status;                                                                                                \
        CO_BEGIN(self);                                                                                                \
        while (job->made < job->total) {                                                                               \
            for (unsigned i = 0; i < job->width; i++)                                                                  \
                frame->children[i].task = T##_child(job, i);                                                           \
            when_all(&frame->all, frame->children, job->width);                                                        \
            CO_AWAIT(status, self, when_all, &frame->all);                                                             \
            status = fanout_joined(job, status, sum_of_children(frame->children, job->width));                         \
            if (status < 0)                                                                                            \
                CO_RETURN(self, status);                                                                               \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static int T##_tasks_launch(struct fanout_job *job)                                                                \
    {                                                                                                                  \
        return fanout_await_joins(job, sizeof(struct tasks_root) + job->width * sizeof(struct when_child),             \
                                  T##_tasks_body);                                                                     \
    }                                                                                                                  \
    const struct fanout_form fanout_tasks_##T = {                                                                      \
        .launch = T##_tasks_launch,                                                                                    \
        .storage_bytes = sizeof(struct fanout_awaiter),                                                                \
        .operation_bytes = sizeof(struct when_all),                                                                    \
        .operation_bytes_each = sizeof(struct when_child),                                                             \
        .frame_bytes_each = sizeof(struct T##_child),                                                                  \
    };

TASKS(given)
TASKS(posted)
TASKS(reading)

/* ---- Without frames ---- */

#define AWAITABLES(width, T)                                                                                           \
    WHEN_ALL_OF(all_##width##_##T, T, width)                                                                           \
    struct root_##width##_##T {                                                                                        \
        struct fanout_root root;                                                                                       \
        struct all_##width##_##T all;                                                                                  \
    };                                                                                                                 \
    static void body_##width##_##T(struct coro *handle)                                                                \
    {                                                                                                                  \
        struct root_##width##_##T *frame = (struct root_##width##_##T *)handle;                                        \
        struct fanout_root *self = &frame->root;                                                                       \
        struct fanout_job *job = self->job;                                                                            \
        ssize_t status;                                                                                                \
        uint64_t sum;                                                                                                  \
        CO_BEGIN(self);                                                                                                \
        while (job->made < job->total) {                                                                               \
            for (unsigned i = 0; i < (width); i++)                                                                     \
                T(&frame->all.each[i].awaitable, job, i);                                                              \
            all_##width##_##T(&frame->all);                                                                            \
            CO_AWAIT(status, self, all_##width##_##T, &frame->all);                                                    \
            sum = 0;                                                                                                   \
            for (unsigned i = 0; i < (width); i++)                                                                     \
                sum += (uint64_t)frame->all.each[i].result;                                                            \
            status = fanout_joined(job, status, sum);                                                                  \
            if (status < 0)                                                                                            \
                CO_RETURN(self, status);                                                                               \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static int launch_##width##_##T(struct fanout_job *job)                                                            \
    {                                                                                                                  \
        return fanout_await_joins(job, sizeof(struct root_##width##_##T), body_##width##_##T);                         \
    }                                                                                                                  \
    const struct fanout_form fanout_awaitables_##width##_##T = {                                                       \
        .launch = launch_##width##_##T,                                                                                \
        .storage_bytes = sizeof(struct fanout_awaiter),                                                                \
        .operation_bytes = sizeof(struct all_##width##_##T),                                                           \
    };

FANOUT_WIDTHS(AWAITABLES, given)
FANOUT_WIDTHS(AWAITABLES, posted)
FANOUT_WIDTHS(AWAITABLES, reading)

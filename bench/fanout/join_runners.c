/* join and cancel, by when_all as cppcoro and Capy ship it (bench/fanout/runners.h). */
#include "bench/fanout/awaiter.h"
#include "bench/fanout/runners.h"

#define CPPCORO(T)                                                                                                     \
    CPPCORO_WHEN_ALL(cppcoro_all_##T, T)                                                                               \
    struct cppcoro_root_##T {                                                                                          \
        struct fanout_root root;                                                                                       \
        struct cppcoro_all_##T all;                                                                                    \
    };                                                                                                                 \
    static bool cppcoro_make_##T(struct cppcoro_all_##T *all, struct fanout_job *job)                                  \
    {                                                                                                                  \
        all->counter.awaiter = NULL;                                                                                   \
        for (all->count = 0; all->count < job->width; all->count++) {                                                  \
            struct T awaitable = {0};                                                                                  \
            T(&awaitable, job, (unsigned)all->count);                                                                  \
            if (!cppcoro_all_##T##_create(all, all->count, awaitable)) {                                               \
                cppcoro_all_##T##_destroy(all);                                                                        \
                return false;                                                                                          \
            }                                                                                                          \
        }                                                                                                              \
        return true;                                                                                                   \
    }                                                                                                                  \
    static void cppcoro_record_##T(struct cppcoro_all_##T *all, struct fanout_job *job)                                \
    {                                                                                                                  \
        uint64_t sum = 0;                                                                                              \
        for (unsigned i = 0; i < job->width; i++)                                                                      \
            sum += (uint64_t)cppcoro_all_##T##_result(all, i);                                                         \
        cppcoro_all_##T##_destroy(all);                                                                                \
        fanout_record(job, sum);                                                                                       \
    }                                                                                                                  \
    static void cppcoro_body_##T(struct coro *handle)                                                                  \
    {                                                                                                                  \
        struct cppcoro_root_##T *frame = (struct cppcoro_root_##T *)handle;                                            \
        struct fanout_root *self = &frame->root;                                                                       \
        struct fanout_job *job = self->job;                                                                            \
        ssize_t status;                                                                                                \
        CO_BEGIN(self);                                                                                                \
        while (job->made < job->total) {                                                                               \
            if (!cppcoro_make_##T(&frame->all, job))                                                                   \
                CO_RETURN(self, -ENOMEM);                                                                              \
            CO_AWAIT(status, self, cppcoro_all_##T, &frame->all);                                                      \
            (void)status;                                                                                              \
            cppcoro_record_##T(&frame->all, job);                                                                      \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static int cppcoro_launch_##T(struct fanout_job *job)                                                              \
    {                                                                                                                  \
        return fanout_await_joins(job, sizeof(struct cppcoro_root_##T) + job->width * sizeof(void *),                  \
                                  cppcoro_body_##T);                                                                   \
    }                                                                                                                  \
    const struct fanout_form fanout_cppcoro_##T = {                                                                    \
        .launch = cppcoro_launch_##T,                                                                                  \
        .storage_bytes = sizeof(struct fanout_awaiter),                                                                \
        .operation_bytes = sizeof(struct cppcoro_all_##T),                                                             \
        .operation_bytes_each = sizeof(void *),                                                                        \
        .frame_bytes_each = sizeof(struct cppcoro_all_##T##_runner),                                                   \
    };

CPPCORO(given)
CPPCORO(posted)

struct capy_root {
    struct fanout_root root;
    struct task *all;
};

#define CAPY(T)                                                                                                        \
    CAPY_WHEN_ALL(capy_all_##T, T)                                                                                     \
    static struct task *capy_make_##T(struct fanout_job *job)                                                          \
    {                                                                                                                  \
        struct capy_all_##T *all = capy_all_##T##_create(job->width);                                                  \
        if (!all)                                                                                                      \
            return NULL;                                                                                               \
        for (unsigned i = 0; i < job->width; i++)                                                                      \
            T(&all->slots[i].parameter, job, i);                                                                       \
        return &all->task;                                                                                             \
    }                                                                                                                  \
    static ssize_t capy_record_##T(struct task *task, struct fanout_job *job, ssize_t status)                          \
    {                                                                                                                  \
        struct capy_all_##T *all = (struct capy_all_##T *)task;                                                        \
        uint64_t sum = 0;                                                                                              \
        for (unsigned i = 0; i < job->width; i++)                                                                      \
            sum += (uint64_t)all->slots[i].result;                                                                     \
        coro_destroy(&task->frame.coro);                                                                               \
        return fanout_joined(job, status, sum);                                                                        \
    }                                                                                                                  \
    static void capy_body_##T(struct coro *handle)                                                                     \
    {                                                                                                                  \
        struct capy_root *frame = (struct capy_root *)handle;                                                          \
        struct fanout_root *self = &frame->root;                                                                       \
        struct fanout_job *job = self->job;                                                                            \
        ssize_t status;                                                                                                \
        CO_BEGIN(self);                                                                                                \
        while (job->made < job->total) {                                                                               \
            frame->all = capy_make_##T(job);                                                                           \
            if (!frame->all)                                                                                           \
                CO_RETURN(self, -ENOMEM);                                                                              \
            CO_AWAIT(status, self, task, frame->all);                                                                  \
            status = capy_record_##T(frame->all, job, status);                                                         \
            if (status < 0)                                                                                            \
                CO_RETURN(self, status);                                                                               \
        }                                                                                                              \
        CO_RETURN(self, 0);                                                                                            \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static int capy_launch_##T(struct fanout_job *job)                                                                 \
    {                                                                                                                  \
        return fanout_await_joins(job, sizeof(struct capy_root), capy_body_##T);                                       \
    }                                                                                                                  \
    const struct fanout_form fanout_capy_##T = {                                                                       \
        .launch = capy_launch_##T,                                                                                     \
        .storage_bytes = sizeof(struct fanout_awaiter),                                                                \
        .operation_bytes = sizeof(struct task *),                                                                      \
        .frame_bytes = sizeof(struct capy_all_##T),                                                                    \
        .frame_bytes_each = sizeof(struct capy_all_##T##_slot) + sizeof(struct capy_all_##T##_runner),                 \
    };

CAPY(given)
CAPY(posted)
CAPY(reading)

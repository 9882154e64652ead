/* join, the floor: a counter, with neither protocol. The plain one knows that everything happens on one thread; the
 * atomic one does not, as none of the protocols' joins does. */
#include "bench/fanout/job.h"
#include "bench/fanout/widths.h"

#include <stdatomic.h>

static inline bool counted_down(unsigned *pending)
{
    return --*pending == 0;
}

static inline void counted_down_from(unsigned *pending, unsigned count)
{
    *pending = count;
}

static inline void counted_down_by_any_from(_Atomic unsigned *pending, unsigned count)
{
    atomic_store_explicit(pending, count, memory_order_relaxed);
}

static inline bool counted_down_by_any(_Atomic unsigned *pending)
{
    return atomic_fetch_sub_explicit(pending, 1, memory_order_acq_rel) == 1;
}

/* ---- Children that complete at once ---- */

#define AT_ONCE(width, name, pending_member, child_completed)                                                          \
    struct name##_##width {                                                                                            \
        pending_member ssize_t values[width];                                                                          \
    };                                                                                                                 \
    static int name##_##width##_launch(struct fanout_job *job)                                                         \
    {                                                                                                                  \
        struct name##_##width *self = job->storage;                                                                    \
        while (job->made < job->total) {                                                                               \
            uint64_t sum = 0;                                                                                          \
            for (unsigned i = 0; i < (width); i++) {                                                                   \
                self->values[i] = fanout_value(job->made, i);                                                          \
                child_completed(self, i, width);                                                                       \
            }                                                                                                          \
            for (unsigned i = 0; i < (width); i++)                                                                     \
                sum += (uint64_t)self->values[i];                                                                      \
            fanout_record(job, sum);                                                                                   \
        }                                                                                                              \
        fanout_end(job, 0);                                                                                            \
        return 0;                                                                                                      \
    }                                                                                                                  \
    const struct fanout_form fanout_##name##_##width = {                                                               \
        .launch = name##_##width##_launch,                                                                             \
        .storage_bytes = sizeof(struct name##_##width),                                                                \
        .operation_bytes = sizeof(struct name##_##width),                                                              \
    };

/* Who completes at once is not counted, unless by somebody who does not know. */
#define NOT_COUNTED(self, i, width) ((void)0)
#define COUNTED(self, i, width)                                                                                        \
    do {                                                                                                               \
        if ((i) == 0)                                                                                                  \
            counted_down_by_any_from(&(self)->pending, width);                                                         \
        if (counted_down_by_any(&(self)->pending) != ((i) == (width) - 1))                                             \
            return -EPROTO;                                                                                            \
    } while (0)

FANOUT_WIDTHS(AT_ONCE, floor_given, , NOT_COUNTED)
FANOUT_WIDTHS(AT_ONCE, floor_atomic_given, _Atomic unsigned pending;, COUNTED)

/* ---- Children that are posted ---- */

#define POSTED(name, count_type, count_down, context, queue)                                                           \
    struct name;                                                                                                       \
    struct name##_child {                                                                                              \
        struct work work;                                                                                              \
        ssize_t value;                                                                                                 \
        struct name *join;                                                                                             \
    };                                                                                                                 \
    struct name {                                                                                                      \
        struct fanout_job *job;                                                                                        \
        count_type pending;                                                                                            \
        struct name##_child children[];                                                                                \
    };                                                                                                                 \
    static void name##_executed(struct work *work);                                                                    \
    static void name##_go(struct name *self)                                                                           \
    {                                                                                                                  \
        struct fanout_job *job = self->job;                                                                            \
        unsigned width = job->width;                                                                                   \
        uint64_t join = job->made;                                                                                     \
        count_down##_from(&self->pending, width);                                                                      \
        for (unsigned i = 0; i < width; i++) {                                                                         \
            struct name##_child *child = &self->children[i];                                                           \
            *child =                                                                                                   \
                (struct name##_child){.work.execute = name##_executed, .value = fanout_value(join, i), .join = self};  \
            context##_post_work(queue, &child->work);                                                                  \
        }                                                                                                              \
    }                                                                                                                  \
    static void name##_executed(struct work *work)                                                                     \
    {                                                                                                                  \
        struct name *self = CONTAINER_OF(work, struct name##_child, work)->join;                                       \
        struct fanout_job *job = self->job;                                                                            \
        if (!count_down(&self->pending))                                                                               \
            return;                                                                                                    \
        uint64_t sum = 0;                                                                                              \
        for (unsigned i = 0; i < job->width; i++)                                                                      \
            sum += (uint64_t)self->children[i].value;                                                                  \
        fanout_record(job, sum);                                                                                       \
        if (job->made < job->total)                                                                                    \
            name##_go(self);                                                                                           \
        else                                                                                                           \
            fanout_end(job, 0);                                                                                        \
    }                                                                                                                  \
    static int name##_launch(struct fanout_job *job)                                                                   \
    {                                                                                                                  \
        struct name *self = job->storage;                                                                              \
        self->job = job;                                                                                               \
        name##_go(self);                                                                                               \
        return 0;                                                                                                      \
    }                                                                                                                  \
    const struct fanout_form fanout_##name = {                                                                         \
        .launch = name##_launch,                                                                                       \
        .storage_bytes = sizeof(struct name),                                                                          \
        .storage_bytes_each = sizeof(struct name##_child),                                                             \
        .operation_bytes = sizeof(struct name),                                                                        \
        .operation_bytes_each = sizeof(struct name##_child),                                                           \
    };

POSTED(floor_posted, unsigned, counted_down, run_loop, &job->loop)
POSTED(floor_atomic_posted, _Atomic unsigned, counted_down_by_any, run_loop, &job->loop)
POSTED(floor_pooled, _Atomic unsigned, counted_down_by_any, thread_pool, job->pool)

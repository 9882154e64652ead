/* The coroutines of the experiment `finals`: the same three programs, with the task type of each library.
 *
 *     FINAL_SHAPES(L, AWAIT, FINAL)
 *
 * defines the three, and int L_loop, L_chain, L_unwind(struct stack_job *), for a task type L of
 *
 *     struct L_promise      which starts with a struct frame named `frame`
 *     struct L_task         what a call of a coroutine returns, and what co_await is applied to
 *     void L_call(struct L_task *, struct L_promise *)      the rest of such a call: get_return_object, initial_suspend
 *     void L_return_value(struct L_promise *, ssize_t)
 *     bool L_await_ready(struct L_task *)
 *     L_await_suspend(struct L_task *, struct L_promise *awaiting)    as AWAIT has it
 *     ssize_t L_await_resume(struct L_task *, struct L_promise *awaiting)
 *     void L_destroy(struct L_task *)                      the end of the full expression that has the co_await
 *     L_final_suspend(struct L_promise *)                  the final awaiter's await_suspend, as FINAL has it
 *
 * and of what resumes its coroutines from outside (FINAL_OUTSIDE has the usual):
 *
 *     struct L_outside
 *     void L_start(struct L_outside *, struct L_task *)    starts a task that nobody awaits
 *     void L_yield(struct L_outside *, struct L_promise *) an await_suspend that leaves the coroutine to L_go_on
 *     bool L_go_on(struct L_outside *)                     resumes it; false: nothing is suspended
 *
 * AWAIT and FINAL are the kinds of await_suspend of [expr.await] 5.1, of a task's awaiter and of its final awaiter:
 * AWAIT_HANDLE, AWAIT_BOOL, AWAIT_VOID; FINAL_HANDLE, FINAL_VOID.
 *
 *     loop     one coroutine awaits a fresh child for each completion, and the child returns at once
 *     chain    each coroutine awaits the next, as many deep as there are completions: all start, then all end
 *     unwind   the same chain, but each is resumed by an event loop before it makes the next, so that no start is
 *              inside another; then all end, one final_suspend after the other: what P2583R0 3's table is about
 *
 * Owns: the loop's frames come from the recycling allocator, as a library's usually do, and a chain's from memory
 * mapped for it beforehand: what malloc does on the stack when it asks for more would show at the bottom of a chain.
 */
#ifndef ABREAST_BENCH_FINALS_SHAPES_H
#define ABREAST_BENCH_FINALS_SHAPES_H

/* A transfer is a call in tail position, as good as the compiler makes it; never the driver loop. */
#undef ABREAST_TRANSFER_DRIVER

#include "bench/stack/mechanism.h"
#include "common/coroutine.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/types.h>

#define AWAIT_HANDLE(result, self, L, awaited)                                                                         \
    FINAL_AWAIT(result, self, L, awaited, TRANSFER_TO(L##_await_suspend(awaited, &(self)->task)))

#define AWAIT_BOOL(result, self, L, awaited)                                                                           \
    FINAL_AWAIT(result, self, L, awaited, if (L##_await_suspend(awaited, &(self)->task)) return;                       \
                __attribute__((fallthrough)))

#define AWAIT_VOID(result, self, L, awaited)                                                                           \
    FINAL_AWAIT(result, self, L, awaited, L##_await_suspend(awaited, &(self)->task); return)

#define FINAL_AWAIT(result, self, L, awaited, leave)                                                                   \
    do {                                                                                                               \
        if (!L##_await_ready(awaited))                                                                                 \
            CO_SUSPEND(self, leave);                                                                                   \
        (result) = L##_await_resume(awaited, &(self)->task);                                                           \
        L##_destroy(awaited);                                                                                          \
    } while (0)

#define FINAL_HANDLE(self, L)                                                                                          \
    do {                                                                                                               \
        (self)->task.frame.coro.resume = NULL;                                                                         \
        TRANSFER_TO(L##_final_suspend(&(self)->task));                                                                 \
    } while (0)

#define FINAL_VOID(self, L)                                                                                            \
    do {                                                                                                               \
        (self)->task.frame.coro.resume = NULL;                                                                         \
        L##_final_suspend(&(self)->task);                                                                              \
        return;                                                                                                        \
    } while (0)

/* A suspension point beside an awaited task's, which has the number of a line and not this. */
#define FINAL_YIELD(self, L, outside)                                                                                  \
    do {                                                                                                               \
        (self)->task.frame.resume_point = 1;                                                                           \
        L##_yield(outside, &(self)->task);                                                                             \
        return;                                                                                                        \
    case 1:;                                                                                                           \
    } while (0)

/* A coroutine is suspended where its handle is, and resumed by coroutine_handle::resume. */
#define FINAL_OUTSIDE(L)                                                                                               \
    struct L##_outside {                                                                                               \
        struct coro *suspended;                                                                                        \
    };                                                                                                                 \
    static inline void L##_yield(struct L##_outside *self, struct L##_promise *promise)                                \
    {                                                                                                                  \
        self->suspended = &promise->frame.coro;                                                                        \
    }                                                                                                                  \
    static inline bool L##_go_on(struct L##_outside *self)                                                             \
    {                                                                                                                  \
        struct coro *handle = self->suspended;                                                                         \
        self->suspended = NULL;                                                                                        \
        if (handle)                                                                                                    \
            coro_resume(handle);                                                                                       \
        return handle;                                                                                                 \
    }

/* A chain's frames, one behind the other. */
struct final_arena {
    struct frame_allocator allocator;
    char *next;
};

static inline void *final_arena_allocate(struct frame_allocator *allocator, size_t bytes)
{
    struct final_arena *self = (struct final_arena *)allocator;
    char *frame = self->next;
    self->next += bytes;
    return frame;
}

static inline void final_arena_deallocate(struct frame_allocator *allocator, void *frame, size_t bytes)
{
    (void)allocator;
    (void)frame;
    (void)bytes;
}

#define FINAL_SHAPES(L, AWAIT, FINAL)                                                                                  \
    FINAL_LEAF(L, FINAL)                                                                                               \
    FINAL_LOOP(L, AWAIT, FINAL)                                                                                        \
    FINAL_LINKS(L, AWAIT, FINAL)

/* The coroutine that awaits nobody; with `outside` it is resumed from there before it returns its value. */
#define FINAL_LEAF(L, FINAL)                                                                                           \
    struct L##_leaf {                                                                                                  \
        struct L##_promise task;                                                                                       \
        struct L##_outside *outside;                                                                                   \
        ssize_t value;                                                                                                 \
    };                                                                                                                 \
    static void L##_leaf_body(struct coro *handle)                                                                     \
    {                                                                                                                  \
        struct L##_leaf *self = (struct L##_leaf *)handle;                                                             \
        CO_BEGIN(self);                                                                                                \
        if (self->outside)                                                                                             \
            FINAL_YIELD(self, L, self->outside);                                                                       \
        L##_return_value(&self->task, self->value);                                                                    \
        FINAL(self, L);                                                                                                \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static bool L##_leaf_call(struct L##_task *task, struct frame_allocator *allocator, struct L##_outside *outside,   \
                              ssize_t value)                                                                           \
    {                                                                                                                  \
        struct L##_leaf *self = frame_create(allocator, sizeof *self, L##_leaf_body, NULL);                            \
        if (!self)                                                                                                     \
            return false;                                                                                              \
        self->outside = outside;                                                                                       \
        self->value = value;                                                                                           \
        L##_call(task, &self->task);                                                                                   \
        return true;                                                                                                   \
    }

#define FINAL_LOOP(L, AWAIT, FINAL)                                                                                    \
    struct L##_looping {                                                                                               \
        struct L##_promise task;                                                                                       \
        struct stack_job *job;                                                                                         \
        struct L##_task child;                                                                                         \
        ssize_t value;                                                                                                 \
    };                                                                                                                 \
    static void L##_looping_body(struct coro *handle)                                                                  \
    {                                                                                                                  \
        struct L##_looping *self = (struct L##_looping *)handle;                                                       \
        CO_BEGIN(self);                                                                                                \
        self->value = 0;                                                                                               \
        while (self->job->made < self->job->completions) {                                                             \
            if (!L##_leaf_call(&self->child, recycling_frame_allocator(), NULL, (ssize_t)self->job->made)) {           \
                self->value = -ENOMEM;                                                                                 \
                break;                                                                                                 \
            }                                                                                                          \
            AWAIT(self->value, self, L, &self->child);                                                                 \
            stack_job_completed(self->job, (uint64_t)self->value);                                                     \
        }                                                                                                              \
        L##_return_value(&self->task, self->value);                                                                    \
        FINAL(self, L);                                                                                                \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static int L##_loop(struct stack_job *job)                                                                         \
    {                                                                                                                  \
        struct L##_looping *self = frame_create(recycling_frame_allocator(), sizeof *self, L##_looping_body, NULL);    \
        if (!self)                                                                                                     \
            return -ENOMEM;                                                                                            \
        self->job = job;                                                                                               \
        struct L##_outside outside = {0};                                                                              \
        struct L##_task task;                                                                                          \
        L##_call(&task, &self->task);                                                                                  \
        return final_shape_run(L, &outside, &task);                                                                    \
    }

/* A link of the chain awaits the next one, of which there are `below`, or the leaf, and returns one more than it got:
 * so the completions come in order, from the last link up. */
#define FINAL_LINKS(L, AWAIT, FINAL)                                                                                   \
    struct L##_link {                                                                                                  \
        struct L##_promise task;                                                                                       \
        struct stack_job *job;                                                                                         \
        struct L##_outside *outside;                                                                                   \
        uint64_t below;                                                                                                \
        struct L##_task child;                                                                                         \
        ssize_t value;                                                                                                 \
    };                                                                                                                 \
    static bool L##_child_call(struct L##_link *);                                                                     \
    static void L##_link_body(struct coro *handle)                                                                     \
    {                                                                                                                  \
        struct L##_link *self = (struct L##_link *)handle;                                                             \
        CO_BEGIN(self);                                                                                                \
        if (self->outside)                                                                                             \
            FINAL_YIELD(self, L, self->outside);                                                                       \
        self->value = -ENOMEM;                                                                                         \
        if (L##_child_call(self))                                                                                      \
            AWAIT(self->value, self, L, &self->child);                                                                 \
        if (self->value >= 0)                                                                                          \
            stack_job_completed(self->job, (uint64_t)self->value++);                                                   \
        L##_return_value(&self->task, self->value);                                                                    \
        FINAL(self, L);                                                                                                \
        CO_END;                                                                                                        \
    }                                                                                                                  \
    static bool L##_link_call(struct L##_task *task, struct frame_allocator *allocator, struct stack_job *job,         \
                              struct L##_outside *outside, uint64_t below)                                             \
    {                                                                                                                  \
        struct L##_link *self = frame_create(allocator, sizeof *self, L##_link_body, NULL);                            \
        if (!self)                                                                                                     \
            return false;                                                                                              \
        self->job = job;                                                                                               \
        self->outside = outside;                                                                                       \
        self->below = below;                                                                                           \
        L##_call(task, &self->task);                                                                                   \
        return true;                                                                                                   \
    }                                                                                                                  \
    static bool L##_child_call(struct L##_link *self)                                                                  \
    {                                                                                                                  \
        struct frame_allocator *allocator = self->task.frame.allocator;                                                \
        return self->below ? L##_link_call(&self->child, allocator, self->job, self->outside, self->below - 1)         \
                           : L##_leaf_call(&self->child, allocator, self->outside, 0);                                 \
    }                                                                                                                  \
    static int L##_links(struct stack_job *job, bool yields)                                                           \
    {                                                                                                                  \
        static const struct frame_allocator_ops ops = {                                                                \
            .name = "arena", .allocate = final_arena_allocate, .deallocate = final_arena_deallocate};                  \
        size_t bytes = (size_t)job->completions * sizeof(struct L##_link) + sizeof(struct L##_leaf);                   \
        void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);                  \
        if (memory == MAP_FAILED)                                                                                      \
            return -ENOMEM;                                                                                            \
        struct final_arena arena = {{&ops}, memory};                                                                   \
        struct L##_outside outside = {0};                                                                              \
        struct L##_task task;                                                                                          \
        int status = -ENOMEM;                                                                                          \
        if (L##_link_call(&task, &arena.allocator, job, yields ? &outside : NULL, job->completions - 1))               \
            status = final_shape_run(L, &outside, &task);                                                              \
        munmap(memory, bytes);                                                                                         \
        return status;                                                                                                 \
    }                                                                                                                  \
    static int L##_chain(struct stack_job *job)                                                                        \
    {                                                                                                                  \
        return L##_links(job, false);                                                                                  \
    }                                                                                                                  \
    static int L##_unwind(struct stack_job *job)                                                                       \
    {                                                                                                                  \
        return L##_links(job, true);                                                                                   \
    }

/* Starts the task, resumes what waits for it, and returns 0 or the task's error. */
#define final_shape_run(L, outside, task)                                                                              \
    ({                                                                                                                 \
        L##_start(outside, task);                                                                                      \
        while (L##_go_on(outside)) {                                                                                   \
        }                                                                                                              \
        ssize_t result_ = L##_await_resume(task, NULL);                                                                \
        L##_destroy(task);                                                                                             \
        result_ < 0 ? (int)result_ : 0;                                                                                \
    })

#endif

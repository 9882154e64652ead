/* member-awaitable: co_await on a sender that has a member as_awaitable ([exec.as.awaitable], the first choice): it
 * says itself how a coroutine awaits it, and there is neither a receiver nor an operation state.
 *
 *     MEMBER_JUST(N);                              the sender is {value}
 *     MEMBER_SCHEDULE(N, context, promise);        {scheduler}: a struct run_loop * or struct thread_pool *
 *     MEMBER_READ_SOME(N, promise);                {stream, buffer, size}
 *     MEMBER_WRITE_SOME(N, promise);
 *     ...in the coroutine...  CO_AWAIT_MEMBER(n, self, N, &self->member, ((struct N_sender){...}));
 *
 * Each defines struct N_sender, which describes the work as just.h, schedule.h and io.h do, and struct N, the awaitable
 * that N_as_awaitable makes of it, with await_ready, await_suspend and await_resume. `promise` is the type of the
 * awaiting coroutine's promise, as for sender_awaitable.h; an error comes back, and stopped ends the task, as there.
 *
 *   just       is ready.
 *   schedule   posts the coroutine itself to the queue. It looks at the stop token before it posts, and not again.
 *   read_some  is ready when the stream's speculative attempt succeeds within its inline budget; else it is submitted,
 *   write_some or posted where it is over the budget. When it looks at the stop token is as in io.h.
 *
 * Threads: read_some and write_some: the reactor's thread. schedule: any.
 */
#ifndef ABREAST_SENDER_MEMBER_AWAITABLE_H
#define ABREAST_SENDER_MEMBER_AWAITABLE_H

#include "common/coroutine.h"
#include "common/io_request.h"
#include "common/run_loop.h"
#include "common/thread_pool.h"
#include "sender/sender.h"

/* result = co_await sender; for a coroutine whose promise is the one that N was made for. */
#define CO_AWAIT_MEMBER(result, self, N, awaitable, sender)                                                            \
    do {                                                                                                               \
        PROBE(TRANSFORM);                                                                                              \
        N##_as_awaitable(awaitable, sender, &(self)->task.frame.coro);                                                 \
        PROBE(READINESS);                                                                                              \
        if (N##_await_ready(awaitable)) {                                                                              \
            PROBE(READY);                                                                                              \
        } else {                                                                                                       \
            PROBE(SUSPEND);                                                                                            \
            CO_SUSPEND(self, TRANSFER_TO(probe_transfer(N##_await_suspend(awaitable))));                               \
        }                                                                                                              \
        PROBE(EXTRACT);                                                                                                \
        (result) = N##_await_resume(awaitable);                                                                        \
    } while (0)

#define MEMBER_JUST(N)                                                                                                 \
    struct N##_sender {                                                                                                \
        ssize_t value;                                                                                                 \
    };                                                                                                                 \
    struct N {                                                                                                         \
        ssize_t value;                                                                                                 \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_as_awaitable(struct N *self, struct N##_sender sender, struct coro *continuation)         \
    {                                                                                                                  \
        (void)continuation;                                                                                            \
        self->value = sender.value;                                                                                    \
    }                                                                                                                  \
    SENDER_FUNCTION bool N##_await_ready(struct N *self)                                                               \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        return true;                                                                                                   \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_await_suspend(struct N *self)                                                     \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        __builtin_unreachable();                                                                                       \
    }                                                                                                                  \
    SENDER_FUNCTION ssize_t N##_await_resume(struct N *self)                                                           \
    {                                                                                                                  \
        return self->value;                                                                                            \
    }

#define MEMBER_SCHEDULE(N, context_, promise)                                                                          \
    struct N##_sender {                                                                                                \
        struct context_ *scheduler;                                                                                    \
    };                                                                                                                 \
    struct N {                                                                                                         \
        struct context_ *scheduler;                                                                                    \
        struct continuation continuation;                                                                              \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_as_awaitable(struct N *self, struct N##_sender sender, struct coro *continuation)         \
    {                                                                                                                  \
        self->scheduler = sender.scheduler;                                                                            \
        self->continuation.coro = continuation;                                                                        \
    }                                                                                                                  \
    SENDER_FUNCTION bool N##_await_ready(struct N *self)                                                               \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        return false;                                                                                                  \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_await_suspend(struct N *self)                                                     \
    {                                                                                                                  \
        struct promise *awaiting = (struct promise *)self->continuation.coro;                                          \
        PROBE(LAUNCH);                                                                                                 \
        if (stop_requested(promise##_get_env(awaiting)->stop))                                                         \
            return promise##_unhandled_stopped(awaiting);                                                              \
        PROBE(SIGNAL);                                                                                                 \
        context_##_post(self->scheduler, &self->continuation);                                                         \
        return noop_coroutine();                                                                                       \
    }                                                                                                                  \
    SENDER_FUNCTION ssize_t N##_await_resume(struct N *self)                                                           \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        return 0;                                                                                                      \
    }

#define MEMBER_READ_SOME(N, promise) MEMBER_IO(N, IO_READ, promise)
#define MEMBER_WRITE_SOME(N, promise) MEMBER_IO(N, IO_WRITE, promise)

#define MEMBER_IO(N, kind_, promise)                                                                                   \
    struct N##_sender {                                                                                                \
        struct stream *stream;                                                                                         \
        void *buffer;                                                                                                  \
        size_t size;                                                                                                   \
    };                                                                                                                 \
    struct N {                                                                                                         \
        struct io_request request;                                                                                     \
        struct coro *continuation;                                                                                     \
    };                                                                                                                 \
    SENDER_FUNCTION void N##_as_awaitable(struct N *self, struct N##_sender sender, struct coro *continuation)         \
    {                                                                                                                  \
        io_op_prepare(&self->request.op, sender.stream, sender.buffer, sender.size);                                   \
        self->continuation = continuation;                                                                             \
    }                                                                                                                  \
    SENDER_FUNCTION bool N##_await_ready(struct N *self)                                                               \
    {                                                                                                                  \
        self->request.op.posted = false;                                                                               \
        if ((kind_) == IO_READ && stop_requested(promise##_get_env((struct promise *)self->continuation)->stop))       \
            return false;                                                                                              \
        return io_request_try(&self->request, kind_);                                                                  \
    }                                                                                                                  \
    static void N##_complete(struct io_op *io)                                                                         \
    {                                                                                                                  \
        struct N *self = CONTAINER_OF(io, struct N, request.op);                                                       \
        io_request_finish(&self->request);                                                                             \
        PROBE(SIGNAL);                                                                                                 \
        PROBE(NESTED_RESUME);                                                                                          \
        coro_resume(io->result == -ECANCELED ? promise##_unhandled_stopped((struct promise *)self->continuation)       \
                                             : self->continuation);                                                    \
    }                                                                                                                  \
    static void N##_turn(struct work *work)                                                                            \
    {                                                                                                                  \
        PROBE(SIGNAL);                                                                                                 \
        PROBE(NESTED_RESUME);                                                                                          \
        coro_resume(CONTAINER_OF(work, struct N, request.turn)->continuation);                                         \
    }                                                                                                                  \
    SENDER_FUNCTION struct coro *N##_await_suspend(struct N *self)                                                     \
    {                                                                                                                  \
        struct promise *awaiting = (struct promise *)self->continuation;                                               \
        PROBE(LAUNCH);                                                                                                 \
        const struct io_env *env = promise##_get_env(awaiting);                                                        \
        if (self->request.op.posted) {                                                                                 \
            self->request.turn.execute = N##_turn;                                                                     \
            executor_post_work(env->executor, &self->request.turn);                                                    \
            return noop_coroutine();                                                                                   \
        }                                                                                                              \
        self->request.op.complete = N##_complete;                                                                      \
        return io_request_submit(&self->request, kind_, env->stop) ? noop_coroutine()                                  \
                                                                   : promise##_unhandled_stopped(awaiting);            \
    }                                                                                                                  \
    SENDER_FUNCTION ssize_t N##_await_resume(struct N *self)                                                           \
    {                                                                                                                  \
        return self->request.op.result;                                                                                \
    }

#endif

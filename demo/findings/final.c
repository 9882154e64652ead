/* A final_suspend that completes a receiver and then returns noop_coroutine() looks like a symmetric transfer, and is
 * none: the continuation runs inside set_value, and what is returned afterwards is nobody.
 *
 *     cc -O2 final.c && ./a.out                   grows, at any level, with any compiler
 *     cc -O2 -DRETURN_IT final.c && ./a.out       0: a continuation that is known as a handle is returned
 *
 * The same in C++: final.cpp.
 */
#include "coro.h"
#include "depth.h"

struct receiver {
    struct coro *continuation;
};

/* A task, to be awaited through its receiver. Its body does nothing but end. */
struct task {
    struct coro coro;
    struct receiver receiver;
};

struct frame {
    struct coro coro;
    struct task inner;
};

static void nothing(struct coro *self)
{
    (void)self;
}

static struct coro noop_coroutine = {nothing, 0};

static void set_value(struct receiver *self)
{
    self->continuation->resume(self->continuation);
}

static struct coro *final_suspend(struct task *self)
{
#if defined RETURN_IT
    (void)set_value;
    (void)noop_coroutine;
    return self->receiver.continuation;
#else
    set_value(&self->receiver);
    return &noop_coroutine;
#endif
}

static void inner_body(struct coro *coro)
{
    struct coro *next = final_suspend((struct task *)coro);
    TRANSFER_TO(next);
}

static void body(struct coro *coro)
{
    struct frame *self = (struct frame *)coro;
    if (!completed(coro->number++))
        return;
    self->inner = (struct task){{inner_body, 0}, {coro}};
    TRANSFER_TO(&self->inner.coro);
}

int main(void)
{
    struct frame loop = {.coro = {body, 0}};
    loop.coro.resume(&loop.coro);
    return report();
}

/* Does set_value() { continuation->resume(); } grow the stack? That depends on what nobody mentions.
 *
 *     cc -O2 bridge.c && ./a.out                                     0
 *     cc -O2 -fno-optimize-sibling-calls bridge.c && ./a.out         grows
 *     cc -O2 -fexceptions bridge.c && ./a.out                        grows
 *     cc -O2 -fexceptions -DNOEXCEPT_RESUME bridge.c && ./a.out      0
 *
 * In the first the optimiser makes the call a jump, unasked. In the third set_value is noexcept and resume may throw,
 * so that set_value's frame has to stand until resume returns; what cannot throw needs no such frame. The same in C++,
 * where exceptions are on unless one says -fno-exceptions: bridge.cpp.
 */
#include "coro.h"
#include "depth.h"

#include <stdlib.h>

struct receiver {
    struct coro *continuation;
};

struct operation_state {
    struct receiver receiver;
};

static void terminate(const int *armed)
{
    if (*armed)
        abort();
}

/* A C++ noexcept function ends the program when an exception comes out of what it calls. */
static void set_value(struct receiver *self)
{
#if !defined NOEXCEPT_RESUME
    __attribute__((cleanup(terminate))) int armed = 1;
#else
    int armed = 1;
    (void)terminate;
#endif
    self->continuation->resume(self->continuation);
    armed = 0;
    (void)armed;
}

static void start(struct operation_state *self)
{
    set_value(&self->receiver);
}

struct frame {
    struct coro coro;
    struct operation_state operation;
};

static void body(struct coro *coro)
{
    struct frame *self = (struct frame *)coro;
    if (!completed(coro->number++))
        return;
    self->operation.receiver.continuation = coro;
    start(&self->operation);
}

int main(void)
{
    struct frame loop = {.coro = {body, 0}};
    loop.coro.resume(&loop.coro);
    return report();
}

/* A body that has given away the address of a local makes no sibling call any more with gcc, and symmetric transfer
 * grows.
 *
 *     gcc -O2 local.c && ./a.out                  grows, though the local is not used any more
 *     gcc -O2 -DIN_FRAME local.c && ./a.out       0: the same, kept in the coroutine's frame
 *     clang -O2 local.c && ./a.out                0: musttail promises it
 *
 * In C++ a compiler knows which locals are the frame's: local.cpp.
 */
#include "coro.h"
#include "depth.h"

struct frame {
    struct coro coro;
    int value;
};

static const int *volatile seen;

static void body(struct coro *coro)
{
    struct frame *self = (struct frame *)coro;
    if (!completed(coro->number++))
        return;
#if defined IN_FRAME
    seen = &self->value;
#else
    int value = self->value;
    seen = &value;
#endif
    TRANSFER_TO(coro);
}

int main(void)
{
    struct frame loop = {.coro = {body, 0}};
    loop.coro.resume(&loop.coro);
    return report();
}

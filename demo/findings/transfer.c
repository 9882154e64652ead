/* Symmetric transfer is a promise of the language in C++, of clang in C, and luck with gcc before version 15.
 *
 *     cc -O2 transfer.c && ./a.out                                          0 bytes a completion
 *     gcc -O0 transfer.c && ./a.out                                         grows: nothing makes the call a jump
 *     clang-14 -O0 -fno-optimize-sibling-calls transfer.c && ./a.out        grows: it has musttail, and ignores it
 *
 * The same in C++: transfer.cpp.
 */
#include "coro.h"
#include "depth.h"

/* An operation that has completed when it is started gives back who awaits it. */
static struct coro *await_suspend(struct coro *caller)
{
    return caller;
}

static void body(struct coro *self)
{
    if (!completed(self->number++))
        return;
    struct coro *next = await_suspend(self);
    TRANSFER_TO(next);
}

int main(void)
{
    struct coro loop = {body, 0};
    loop.resume(&loop);
    return report();
}

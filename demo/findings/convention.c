/* A frame starts with two function pointers, in C++ too, so that anybody can resume it. Made in C and resumed by C that
 * holds whatever the compiler sees of both:
 *
 *     cc -O2 convention.c && ./a.out              0 bytes a completion, and all of them happen
 *
 * What clang does when it sees that C resumes a frame of C++: convention.cpp.
 */
#include "coro.h"
#include "depth.h"

static void await_suspend(struct coro *caller)
{
    caller->resume(caller);
}

static void body(struct coro *self)
{
    if (completed(self->number++))
        await_suspend(self);
}

int main(void)
{
    struct coro loop = {body, 0};
    loop.resume(&loop);
    return report();
}

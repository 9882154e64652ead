/* Exercise 2, solved: something is left to do after the call, so that the frame has to wait for it.
 *
 * No compiler can save it: a guaranteed tail call is one that nothing follows, and clang refuses musttail before
 * anything else than a return. What counts on the way in and out has to be at both ends of the loop that resumes, where
 * a frame stands anyway, or in the coroutine's frame, and not around the call.
 */
#include "common/coro.h"

#include <stdint.h>

uint64_t under_way;

static void resume_counted(struct coro *next)
{
    under_way++;
    coro_resume(next);
    under_way--;
}

#define LEAVE(next)                                                                                                    \
    do {                                                                                                               \
        resume_counted(next);                                                                                          \
        return;                                                                                                        \
    } while (0)

#include "demo/exercises/2-tail-call/transferring.h"

/* Exercise 1: break the handshake.
 *
 * Two may resume the coroutine: the completion, by a call, or await_suspend, which returns its handle. They agree by
 * one word: who comes second resumes. Here the operation completes inside start, so that await_suspend comes second.
 *
 * Change the two functions so that each completion is still followed by exactly one resumption, and the stack grows.
 * Then say which frames stay. Does -fno-exceptions, which takes the boundary of a noexcept function away, help?
 */
#include <stdbool.h>

typedef bool handshake_mine;

static inline void handshake_mine_begin(handshake_mine *somebody_came)
{
    *somebody_came = false;
}

/* The operation has completed. True: the completion resumes. */
static inline bool handshake_mine_complete(handshake_mine *somebody_came)
{
    bool second = *somebody_came;
    *somebody_came = true;
    return second;
}

/* start has returned. True: await_suspend resumes. */
static inline bool handshake_mine_settle(handshake_mine *somebody_came)
{
    bool second = *somebody_came;
    *somebody_came = true;
    return second;
}

#include "demo/exercises/1-handshake/agreeing.h"

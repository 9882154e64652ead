/* Exercise 1, solved: the completion always resumes, and await_suspend never does.
 *
 * set_value now calls resume() while await_suspend and start are still on the stack; the coroutine awaits again on top
 * of them, and so on, as with the bridge that P2300R10 writes. What stays of each completion is one frame, into which
 * the compiler has put the body, await_suspend, start and set_value. -fno-exceptions does not help: when resume()
 * returns, await_suspend has still to return noop_coroutine(), so that the call is not the last thing that happens.
 */
#include <stdbool.h>

typedef bool handshake_mine;

static inline void handshake_mine_begin(handshake_mine *somebody_came)
{
    *somebody_came = false;
}

static inline bool handshake_mine_complete(handshake_mine *somebody_came)
{
    (void)somebody_came;
    return true;
}

static inline bool handshake_mine_settle(handshake_mine *somebody_came)
{
    (void)somebody_came;
    return false;
}

#include "demo/exercises/1-handshake/agreeing.h"

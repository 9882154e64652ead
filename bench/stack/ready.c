/* An awaitable that is ready: await_ready answers true, and the coroutine goes on without suspending
 * ([expr.await] 5.2). What read_some does when the stream's speculative attempt succeeds. (Corosio
 * makes its attempt in await_suspend, and returns what dispatch gives: that is transfer.c.) */
#define COMPLETION_READY true

#include "bench/stack/completion.h"

#include "bench/stack/awaiting.h"

const struct stack_variant ready_variants[] = {{.name = "-", .run = awaiting_run, .long_run = LONGEST_RUN},
                                               {.name = NULL}};

/* An event: the operation is a coroutine that is started before await_ready and sets an event at its end, and co_await
 * waits for the event, unless it is set by then (asyncpp: task.hpp:87-92, event.hpp:27 and :125). Nothing that returns
 * a handle is needed for a loop. What it costs a chain of tasks, the row asyncpp of the experiment `finals` shows. */
#include "bench/finals/asyncpp.h"

FINAL_LEAF(asyncpp, FINAL_VOID)
FINAL_LOOP(asyncpp, AWAIT_BOOL, FINAL_VOID)

const struct stack_variant event_variants[] = {{.name = "-", .run = asyncpp_loop}, {.name = NULL}};

/* asyncpp's task and its event (bench/finals/asyncpp.h has them). In the loop each child has ended before it is
 * awaited. In a chain each start is a call inside the one before; and in the unwinding, each final_suspend is inside
 * the one before, and has its own reference to give up after that. */
#include "bench/finals/asyncpp.h"

FINAL_SHAPES(asyncpp, AWAIT_BOOL, FINAL_VOID)

const struct stack_variant asyncpp_variants[] = {
    {.name = "shape=loop", .run = asyncpp_loop, .rests_on = RETURNS_FIRST},
    {.name = "shape=chain", .run = asyncpp_chain, .long_run = NO_LONG_RUN},
    {.name = "shape=unwind", .run = asyncpp_unwind, .long_run = NO_LONG_RUN},
    {.name = NULL},
};

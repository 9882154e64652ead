/* Symmetric transfer: the body leaves by `return next->resume(next)`, by a guaranteed tail call where the compiler has
 * one (clang's musttail), else as well as the optimiser makes it. Never the driver loop. */
#undef ABREAST_TRANSFER_DRIVER

#define COMPLETION_READY false

#include "bench/stack/completion.h"

#include "bench/stack/awaiting.h"

const struct stack_variant transfer_variants[] = {{.name = "-", .run = awaiting_run, .long_run = LONGEST_RUN},
                                                  {.name = NULL}};

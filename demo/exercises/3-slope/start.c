/* Exercise 3: predict a slope.
 *
 * The meter tells how deep the stack is after 100, 200 and 300 completions. Say how deep it is after n, and which
 * completion a stack of so many bytes does not hold any more. The meter then runs 1000, and fills a stack of 64 KiB.
 *
 * Why do three numbers do? When would they not? Try other flags: -O0, and -fno-exceptions.
 */
#include <stdint.h>

static uint64_t depth_after(const uint64_t depth[3], uint64_t completions)
{
    (void)completions;
    return depth[2];
}

static uint64_t full_after(const uint64_t depth[3], uint64_t stack_bytes)
{
    (void)depth;
    return stack_bytes;
}

#include "demo/exercises/3-slope/as_written.h"

/* Exercise 3, solved: a straight line through two points.
 *
 * Each completion does the same, so it leaves the same frames: the difference of two depths, divided by the completions
 * between them, is the slope, and the rest belongs to the beginning and the end of the loop. It would not do where the
 * stack grows up to a bound, as on a trampoline: a line through the first turns knows nothing of the sixteenth.
 */
#include <stdint.h>

static uint64_t slope(const uint64_t depth[3])
{
    return (depth[2] - depth[1]) / 100;
}

/* What the loop takes besides its completions. */
static uint64_t beside(const uint64_t depth[3])
{
    return depth[0] - 100 * slope(depth);
}

static uint64_t depth_after(const uint64_t depth[3], uint64_t completions)
{
    return beside(depth) + completions * slope(depth);
}

static uint64_t full_after(const uint64_t depth[3], uint64_t stack_bytes)
{
    return (stack_bytes - beside(depth)) / slope(depth) + 1;
}

#include "demo/exercises/3-slope/as_written.h"

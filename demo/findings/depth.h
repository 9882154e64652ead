/* How much stack a completion leaves behind: how far the last of many is below the first. */
#ifndef ABREAST_FINDINGS_DEPTH_H
#define ABREAST_FINDINGS_DEPTH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { COMPLETIONS = 1000 };

static struct {
    int completions;
    uintptr_t first, last;
} depth;

/* Called at the beginning, with 0, and after every completion: notes where the stack ends. False after the last. Never
 * inlined, for it looks from its own frame. */
__attribute__((noinline)) static bool completed(int number)
{
    depth.completions = number;
    depth.last = (uintptr_t)__builtin_frame_address(0);
    if (number == 1) /* the beginning has another caller */
        depth.first = depth.last;
    return number < COMPLETIONS;
}

static int report(void)
{
    if (depth.completions < COMPLETIONS) {
        printf("ended after %d of %d completions\n", depth.completions, COMPLETIONS);
        return 1;
    }
    printf("%ld bytes a completion\n", (long)(depth.first - depth.last) / (COMPLETIONS - 1));
    return 0;
}

#endif

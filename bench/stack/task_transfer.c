/* The example of P3801R0 3.1 with the fix of P3796R1 3.2.3: a task that awaits a task uses the task's own awaiter,
 * which returns handles both ways, at await_suspend and at final_suspend (stdexec __task.hpp:537, :798; beman
 * task.hpp:580, :652). No receiver takes part, and nothing is resumed by a function call. */
#include "bench/stack/tasks.h"

INNER_TASK(f, transfer_task, TRANSFER_TASK_RETURN)

TRANSFER_TASK_AWAITABLE(direct, transfer_task)

static inline struct direct_sender direct_make(struct transfer_task *child)
{
    return (struct direct_sender){child};
}

OUTER_TASK(direct, transfer_task, CO_AWAIT_SENDER_TRANSFER, TRANSFER_TASK_RETURN, f, direct_make, direct_destroy)

static int run(struct stack_job *job)
{
    return transfer_task_run(direct_create(job));
}

const struct stack_variant task_transfer_variants[] = {{.name = "-", .run = run}, {.name = NULL}};

#include "sender/task.h"

struct coro *sender_task_unhandled_stopped(struct sender_task *task)
{
    struct sender_task_state *state = task->state;
    task->frame.coro.resume = NULL;
    state->set_stopped(state);
    return noop_coroutine();
}

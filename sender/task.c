#include "sender/task.h"

#include "common/noexcept.h"

void sender_task_start(struct sender_task *task, struct sender_task_state *state)
{
    task->state = state;
    NOEXCEPT_CALL(coro_resume(&task->frame.coro));
}

struct coro *sender_task_unhandled_stopped(struct sender_task *task)
{
    struct sender_task_state *state = task->state;
    task->frame.coro.resume = NULL;
    state->set_stopped(state);
    return noop_coroutine();
}

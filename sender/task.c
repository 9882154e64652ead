#include "sender/task.h"

#include <string.h>

struct sender_task *sender_task_create(size_t frame_bytes, void (*body)(struct coro *), void (*destroy)(struct coro *))
{
    struct frame_allocator *from;
    struct sender_task *task = frame_allocate(frame_bytes, &from);
    if (!task)
        return NULL;
    memset(task, 0, frame_bytes);
    task->coro = (struct coro){.resume = body, .destroy = destroy ? destroy : sender_task_destroy};
    task->allocator = from;
    task->frame_bytes = (unsigned)frame_bytes;
    return task;
}

void sender_task_destroy(struct coro *handle)
{
    struct sender_task *task = (struct sender_task *)handle;
    frame_deallocate(task->allocator, task, task->frame_bytes);
}

void sender_task_start(struct sender_task *task, struct sender_task_state *state)
{
    struct frame_allocator *saved = get_current_frame_allocator();
    task->state = state;
    set_current_frame_allocator(state->env->allocator);
    coro_resume(&task->coro);
    set_current_frame_allocator(saved);
}

struct coro *sender_task_unhandled_stopped(struct sender_task *task)
{
    struct sender_task_state *state = task->state;
    task->coro.resume = NULL;
    state->set_stopped(state);
    return noop_coroutine();
}

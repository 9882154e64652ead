#include "awaitable/task.h"

#include <string.h>

struct task *task_create(size_t frame_bytes, void (*body)(struct coro *), void (*destroy)(struct coro *))
{
    struct frame_allocator *from;
    struct task *task = frame_allocate(frame_bytes, &from);
    if (!task)
        return NULL;
    memset(task, 0, frame_bytes);
    task->coro = (struct coro){.resume = body, .destroy = destroy ? destroy : task_destroy};
    task->allocator = from;
    task->frame_bytes = (unsigned)frame_bytes;
    return task;
}

void task_destroy(struct coro *handle)
{
    struct task *task = (struct task *)handle;
    frame_deallocate(task->allocator, task, task->frame_bytes);
}

/* The fan-out of `echo` by awaitables. */
#include "awaitable/io.h"
#include "awaitable/run.h"
#include "awaitable/when_all.h"
#include "bench/echo_split.h"

/* A sub-request. */
struct part {
    struct task task;
    struct split_transfer transfer;
    struct write_some writing;
    struct read_some reading;
};

static void part_body(struct coro *handle)
{
    struct part *self = (struct part *)handle;
    struct split_transfer *transfer = &self->transfer;
    ssize_t moved;

    CO_BEGIN(self);
    do {
        write_some(&self->writing, transfer->stream, transfer->data + transfer->moved,
                   transfer->size - transfer->moved);
        CO_AWAIT(moved, self, write_some, &self->writing);
        if (moved < 0)
            CO_RETURN(self, moved);
    } while (!split_transfer_advance(transfer, (size_t)moved, false));
    transfer->moved = 0;
    do {
        read_some(&self->reading, transfer->stream, transfer->data + transfer->moved, transfer->size - transfer->moved);
        CO_AWAIT(moved, self, read_some, &self->reading);
        if (moved < 0)
            CO_RETURN(self, moved);
    } while (!split_transfer_advance(transfer, (size_t)moved, false));
    CO_RETURN(self, transfer->status);
    CO_END;
}

static struct task *part(struct split_transfer transfer)
{
    struct part *self = (struct part *)task_create(sizeof *self, part_body, NULL);
    if (!self)
        return NULL;
    self->transfer = transfer;
    return &self->task;
}

static void nothing_to_free(struct coro *handle)
{
    (void)handle;
}

/* The same in a place that is there already. */
static struct task *part_in(struct part *self, struct split_transfer transfer)
{
    self->task.frame = (struct frame){.coro = {.resume = part_body, .destroy = nothing_to_free}, .bytes = sizeof *self};
    self->transfer = transfer;
    return &self->task;
}

struct split {
    struct task task;
    struct split_job *job;
    struct split_transfer whole;
    struct read_some reading;
    struct write_some writing;
    struct when_all all;
    struct when_child parts[SPLIT_PARTS];
    bool preallocated;
    struct part frames[]; /* of the parts, where preallocated */
};

static void split_destroy(struct coro *handle)
{
    when_all_destroy(&((struct split *)handle)->all);
    frame_destroy(handle);
}

/* Frames that a task creates come from its environment's allocator (P4003). */
static void create_parts(struct split *self)
{
    if (self->preallocated) {
        for (unsigned i = 0; i < SPLIT_PARTS; i++)
            self->parts[i].task = part_in(&self->frames[i], split_part(self->job, i, self->whole.size));
        return;
    }
    struct frame_allocator *saved = get_current_frame_allocator();
    set_current_frame_allocator(self->job->job->env->allocator);
    for (unsigned i = 0; i < SPLIT_PARTS; i++)
        self->parts[i].task = part(split_part(self->job, i, self->whole.size));
    set_current_frame_allocator(saved);
}

static void split_body(struct coro *handle)
{
    struct split *self = (struct split *)handle;
    struct loop_job *job = self->job->job;
    struct split_transfer *whole = &self->whole;
    ssize_t moved, status;

    CO_BEGIN(self);
    while (!stop_requested(job->env->stop)) {
        *whole = split_request(self->job);
        do {
            read_some(&self->reading, job->stream, whole->data + whole->moved, whole->size - whole->moved);
            CO_AWAIT(moved, self, read_some, &self->reading);
            if (moved < 0)
                CO_RETURN(self, moved);
        } while (!split_transfer_advance(whole, (size_t)moved, true));
        if (whole->status < 0 || whole->size == 0)
            CO_RETURN(self, whole->status);

        create_parts(self);
        when_all(&self->all, self->parts, SPLIT_PARTS);
        CO_AWAIT(status, self, when_all, &self->all);
        if (status < 0)
            CO_RETURN(self, status);

        process(&job->process, job->buffer, whole->size);

        whole->moved = 0;
        do {
            write_some(&self->writing, job->stream, whole->data + whole->moved, whole->size - whole->moved);
            CO_AWAIT(moved, self, write_some, &self->writing);
            if (moved < 0)
                CO_RETURN(self, moved);
        } while (!split_transfer_advance(whole, (size_t)moved, false));
        job->bytes += whole->size;
    }
    CO_RETURN(self, -ECANCELED);
    CO_END;
}

struct launched {
    struct run_async launch;
    struct loop_job *job;
};

static const size_t task_bytes = sizeof(struct launched);

static void ended(struct run_async *launch, ssize_t result)
{
    loop_job_finish(CONTAINER_OF(launch, struct launched, launch)->job, (int)result);
}

static int start(void *storage, struct split_job *job, bool preallocated)
{
    struct launched *self = storage;
    size_t bytes = sizeof(struct split) + (preallocated ? SPLIT_PARTS * sizeof(struct part) : 0);
    struct frame_allocator *saved = get_current_frame_allocator();
    set_current_frame_allocator(job->job->env->allocator);
    struct split *split = (struct split *)task_create(bytes, split_body, split_destroy);
    set_current_frame_allocator(saved);
    if (!split)
        return -ENOMEM;
    split->job = job;
    split->preallocated = preallocated;
    split->all = (struct when_all){0};
    self->job = job->job;
    run_async(&self->launch, &split->task, job->job->env, ended);
    return 0;
}

static int task_start(void *storage, struct split_job *job)
{
    return start(storage, job, false);
}

static int task_preallocated_start(void *storage, struct split_job *job)
{
    return start(storage, job, true);
}

const struct split_code split_task_preallocated = {.bytes = &task_bytes, .start = task_preallocated_start};
const struct split_code split_task = {.bytes = &task_bytes, .start = task_start};

#include "tests/cxx/c_side.h"

#include <errno.h>
#include <stdlib.h>

/* ---- The allocator ---- */

static void *count_allocate(struct frame_allocator *allocator, size_t bytes)
{
    struct test_allocator *self = (struct test_allocator *)allocator;
    if (self->failing)
        return NULL;
    self->allocated++;
    return malloc(bytes);
}

static void count_deallocate(struct frame_allocator *allocator, void *memory, size_t bytes)
{
    (void)bytes;
    ((struct test_allocator *)allocator)->freed++;
    free(memory);
}

void test_allocator_init(struct test_allocator *self)
{
    static const struct frame_allocator_ops ops = {
        .name = "test", .allocate = count_allocate, .deallocate = count_deallocate};
    *self = (struct test_allocator){.base.ops = &ops};
}

/* ---- Frames, held ---- */

void c_resume(struct coro *handle)
{
    safe_resume(handle);
}

void c_destroy(struct coro *handle)
{
    coro_destroy(handle);
}

bool c_done(const struct coro *handle)
{
    return !handle->resume;
}

unsigned c_resume_until_done(struct coro *handle)
{
    unsigned resumed = 0;
    for (; handle->resume; resumed++)
        coro_resume(handle);
    return resumed;
}

static void clean(bool **cleaned)
{
    **cleaned = true;
}

void c_resume_with_cleanup(struct coro *handle, bool *cleaned)
{
    __attribute__((cleanup(clean))) bool *guard = cleaned;
    coro_resume(handle);
}

static void counting_resume(struct coro *coro)
{
    struct counting_coro *self = CONTAINER_OF(coro, struct counting_coro, coro);
    if (self->resumed++ == self->suspensions)
        coro->resume = NULL;
}

static void counting_destroy(struct coro *coro)
{
    CONTAINER_OF(coro, struct counting_coro, coro)->destroyed = true;
}

void counting_coro_init(struct counting_coro *self, unsigned suspensions)
{
    *self = (struct counting_coro){.coro = {counting_resume, counting_destroy}, .suspensions = suspensions};
}

/* ---- Tasks ---- */

struct value {
    struct task task;
    ssize_t value;
};

static void value_body(struct coro *handle)
{
    struct value *self = (struct value *)handle;
    CO_BEGIN(self);
    CO_RETURN(self, self->value);
    CO_END;
}

struct task *c_value(ssize_t value)
{
    struct value *self = (struct value *)task_create(sizeof *self, value_body, NULL);
    if (!self)
        return NULL;
    self->value = value;
    return &self->task;
}

struct park {
    struct value value; /* the frame */
    struct parking *parking;
};

static void park_body(struct coro *handle)
{
    struct value *self = (struct value *)handle;
    struct parking *parking = ((struct park *)handle)->parking;
    bool resumed;
    CO_BEGIN(self);
    CO_AWAIT(resumed, self, parking, parking);
    CO_RETURN(self, resumed ? self->value : -EPROTO);
    CO_END;
}

struct task *c_park(struct parking *parking, ssize_t value)
{
    struct park *self = (struct park *)task_create(sizeof *self, park_body, NULL);
    if (!self)
        return NULL;
    self->value.value = value;
    self->parking = parking;
    return &self->value.task;
}

struct relay {
    struct task task;
    struct task *child;
    ssize_t add, got;
};

static void relay_destroy(struct coro *handle)
{
    coro_destroy(&((struct relay *)handle)->child->frame.coro);
    frame_destroy(handle);
}

static void relay_body(struct coro *handle)
{
    struct relay *self = (struct relay *)handle;
    CO_BEGIN(self);
    CO_AWAIT(self->got, self, task, self->child);
    CO_RETURN(self, self->got < 0 ? self->got : self->got + self->add);
    CO_END;
}

struct task *c_relay(struct task *child, ssize_t add)
{
    if (!child)
        return NULL;
    struct relay *self = (struct relay *)task_create(sizeof *self, relay_body, relay_destroy);
    if (!self) {
        coro_destroy(&child->frame.coro);
        return NULL;
    }
    self->child = child;
    self->add = add;
    return &self->task;
}

struct repeat {
    struct task task;
    struct task *(*make)(ssize_t);
    struct task *child;
    ssize_t times, made, got, sum;
};

static void repeat_body(struct coro *handle)
{
    struct repeat *self = (struct repeat *)handle;
    CO_BEGIN(self);
    while (self->made < self->times) {
        self->child = self->make(self->made++);
        if (!self->child)
            CO_RETURN(self, -ENOMEM);
        CO_AWAIT(self->got, self, task, self->child);
        coro_destroy(&self->child->frame.coro);
        if (self->got < 0)
            CO_RETURN(self, self->got);
        self->sum += self->got;
    }
    CO_RETURN(self, self->sum);
    CO_END;
}

struct task *c_repeat(struct task *(*make)(ssize_t), ssize_t times)
{
    struct repeat *self = (struct repeat *)task_create(sizeof *self, repeat_body, NULL);
    if (!self)
        return NULL;
    self->make = make;
    self->times = times;
    self->made = self->sum = 0;
    return &self->task;
}

/* ---- Launching ---- */

static void ended(struct run_async *launch, ssize_t result)
{
    CONTAINER_OF(launch, struct c_launch, launch)->result = result;
}

ssize_t c_start(struct c_launch *self, struct task *task, const struct io_env *env)
{
    self->result = -EINPROGRESS;
    run_async(&self->launch, task, env, ended);
    return self->result;
}

void c_abandon(struct c_launch *self)
{
    run_async_abandon(&self->launch);
}

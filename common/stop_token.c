#include "common/stop_token.h"

#include <sched.h>

/* Takes the lock, unless one of the bits `unless` is set; returns the state before. */
static unsigned char lock_unless(struct stop_source *source, unsigned char unless)
{
    unsigned char state = atomic_load_explicit(&source->state, memory_order_acquire);
    while (!(state & unless)) {
        if (state & STOP_LOCKED) {
            sched_yield();
            state = atomic_load_explicit(&source->state, memory_order_acquire);
        } else if (atomic_compare_exchange_weak_explicit(&source->state, &state, state | STOP_LOCKED,
                                                         memory_order_acquire, memory_order_acquire)) {
            break;
        }
    }
    return state;
}

/* Gives the lock back. Nobody else changes the state of a locked source. */
static void unlock(struct stop_source *source, unsigned char state)
{
    atomic_store_explicit(&source->state, state, memory_order_release);
}

bool stop_source_request_stop(struct stop_source *source)
{
    if (lock_unless(source, STOP_REQUESTED) & STOP_REQUESTED)
        return false;
    atomic_store_explicit(&source->state, STOP_REQUESTED | STOP_LOCKED, memory_order_release);
    source->runner = pthread_self();
    struct stop_callback *callback;
    while ((callback = source->callbacks)) {
        source->callbacks = callback->next;
        if (callback->next)
            callback->next->link = &source->callbacks;
        callback->link = NULL;
        source->running = callback;
        unlock(source, STOP_REQUESTED);
        /* The callback may deregister itself, and its operation may be gone when it returns. */
        callback->invoke(callback);
        lock_unless(source, 0);
        source->running = NULL;
    }
    unlock(source, STOP_REQUESTED);
    return true;
}

void stop_callback_register(struct stop_callback *callback, struct stop_token token)
{
    struct stop_source *source = token.source;
    callback->source = source;
    callback->link = NULL;
    if (!source)
        return;
    if (lock_unless(source, STOP_REQUESTED) & STOP_REQUESTED) {
        callback->source = NULL;
        callback->invoke(callback);
        return;
    }
    callback->next = source->callbacks;
    if (callback->next)
        callback->next->link = &callback->next;
    callback->link = &source->callbacks;
    source->callbacks = callback;
    unlock(source, 0);
}

void stop_callback_deregister(struct stop_callback *callback)
{
    struct stop_source *source = callback->source;
    if (!source)
        return;
    callback->source = NULL;
    unsigned char state = lock_unless(source, 0);
    if (callback->link) {
        *callback->link = callback->next;
        if (callback->next)
            callback->next->link = callback->link;
    } else if (!pthread_equal(source->runner, pthread_self())) {
        while (source->running == callback) {
            unlock(source, state);
            sched_yield();
            state = lock_unless(source, 0);
        }
    }
    unlock(source, state);
}

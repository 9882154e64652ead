#include "common/stop_token.h"

void stop_source_init(struct stop_source *source)
{
    *source = (struct stop_source){0};
    pthread_mutex_init(&source->mutex, NULL);
    pthread_cond_init(&source->invoked, NULL);
}

void stop_source_destroy(struct stop_source *source)
{
    pthread_cond_destroy(&source->invoked);
    pthread_mutex_destroy(&source->mutex);
}

bool stop_source_request_stop(struct stop_source *source)
{
    pthread_mutex_lock(&source->mutex);
    if (atomic_load_explicit(&source->requested, memory_order_relaxed)) {
        pthread_mutex_unlock(&source->mutex);
        return false;
    }
    atomic_store_explicit(&source->requested, true, memory_order_release);
    source->runner = pthread_self();
    struct stop_callback *callback;
    while ((callback = source->callbacks)) {
        source->callbacks = callback->next;
        if (callback->next)
            callback->next->link = &source->callbacks;
        callback->link = NULL;
        source->running = callback;
        pthread_mutex_unlock(&source->mutex);
        /* The callback may deregister itself, and its operation may be gone when it returns. */
        callback->invoke(callback);
        pthread_mutex_lock(&source->mutex);
        source->running = NULL;
        pthread_cond_broadcast(&source->invoked);
    }
    pthread_mutex_unlock(&source->mutex);
    return true;
}

void stop_callback_register(struct stop_callback *callback, struct stop_token token)
{
    struct stop_source *source = token.source;
    callback->source = source;
    callback->link = NULL;
    if (!source)
        return;
    pthread_mutex_lock(&source->mutex);
    if (atomic_load_explicit(&source->requested, memory_order_relaxed)) {
        pthread_mutex_unlock(&source->mutex);
        callback->source = NULL;
        callback->invoke(callback);
        return;
    }
    callback->next = source->callbacks;
    if (callback->next)
        callback->next->link = &callback->next;
    callback->link = &source->callbacks;
    source->callbacks = callback;
    pthread_mutex_unlock(&source->mutex);
}

void stop_callback_deregister(struct stop_callback *callback)
{
    struct stop_source *source = callback->source;
    if (!source)
        return;
    callback->source = NULL;
    pthread_mutex_lock(&source->mutex);
    if (callback->link) {
        *callback->link = callback->next;
        if (callback->next)
            callback->next->link = callback->link;
    } else if (!pthread_equal(source->runner, pthread_self())) {
        while (source->running == callback)
            pthread_cond_wait(&source->invoked, &source->mutex);
    }
    pthread_mutex_unlock(&source->mutex);
}

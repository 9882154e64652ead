#include "bench/frames/crew.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

struct crew {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    void (*work)(void *context, unsigned who); /* null: none to be done */
    void *context;
    bool ending;
    _Atomic unsigned begun, ended; /* pieces of work, by the other thread */
    _Atomic unsigned released;     /* by the caller's */
};

void crew_await(const _Atomic unsigned *what, unsigned value)
{
    enum { SPINS = 1000 };
    for (unsigned spins = 0; atomic_load_explicit(what, memory_order_acquire) != value; spins++) {
        if (spins > SPINS)
            sched_yield();
    }
}

static void *serve(void *context)
{
    struct crew *crew = context;
    for (;;) {
        pthread_mutex_lock(&crew->mutex);
        while (!crew->work && !crew->ending)
            pthread_cond_wait(&crew->changed, &crew->mutex);
        void (*work)(void *, unsigned) = crew->work;
        crew->work = NULL;
        pthread_mutex_unlock(&crew->mutex);
        if (!work)
            return NULL;
        unsigned turn = ++crew->begun;
        crew_await(&crew->released, turn);
        work(crew->context, 1);
        crew->ended++;
    }
}

int crew_open(struct crew **made)
{
    struct crew *crew = calloc(1, sizeof *crew);
    if (!crew)
        return -ENOMEM;
    pthread_mutex_init(&crew->mutex, NULL);
    pthread_cond_init(&crew->changed, NULL);
    int status = pthread_create(&crew->thread, NULL, serve, crew);
    if (status) {
        pthread_cond_destroy(&crew->changed);
        pthread_mutex_destroy(&crew->mutex);
        free(crew);
        return -status;
    }
    *made = crew;
    return 0;
}

static void tell(struct crew *crew, void (*work)(void *, unsigned), void *context, bool ending)
{
    pthread_mutex_lock(&crew->mutex);
    crew->work = work;
    crew->context = context;
    crew->ending = ending;
    pthread_cond_signal(&crew->changed);
    pthread_mutex_unlock(&crew->mutex);
}

void crew_run(struct crew *crew, void (*work)(void *context, unsigned who), void *context)
{
    tell(crew, work, context, false);
    unsigned turn = crew->released + 1;
    crew_await(&crew->begun, turn);
    crew->released = turn;
    work(context, 0);
    crew_await(&crew->ended, turn);
}

void crew_close(struct crew *crew)
{
    tell(crew, NULL, NULL, true);
    pthread_join(crew->thread, NULL);
    pthread_cond_destroy(&crew->changed);
    pthread_mutex_destroy(&crew->mutex);
    free(crew);
}

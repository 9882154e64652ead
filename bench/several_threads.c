#include "bench/several_threads.h"
#include "bench/progress.h"

#include <pthread.h>
#include <string.h>

static void *nothing(void *unused)
{
    return unused;
}

int become_several_threads(void)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, nothing, NULL);
    if (!error)
        error = pthread_join(thread, NULL);
    if (error)
        complain("no thread can be started (%s): raise the limit on them (ulimit -u)", strerror(error));
    return -error;
}

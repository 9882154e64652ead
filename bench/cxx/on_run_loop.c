/* A run_loop for code in C++, which cannot have one: its members are atomic as C has it. */
#include "common/run_loop.h"

int on_run_loop(int (*run)(void *context, struct run_loop *), void *context);

int on_run_loop(int (*run)(void *context, struct run_loop *), void *context)
{
    struct run_loop loop;
    int status = run_loop_init(&loop, NULL);
    if (status)
        return status;
    status = run(context, &loop);
    run_loop_destroy(&loop);
    return status;
}

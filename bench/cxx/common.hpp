/* The parts of common/ that the cells in C++ use, made fit for C++. g++ takes coro_resume and coro_destroy for builtins
 * of its own: code in C++ calls neither. What has atomic members stays in C (on_run_loop.h). */
#ifndef ABREAST_BENCH_CXX_COMMON_HPP
#define ABREAST_BENCH_CXX_COMMON_HPP

#define _Thread_local __thread
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
extern "C" {
#include "common/executor.h"
#include "common/frame_allocator.h"
#include "common/trampoline.h"

struct run_loop;
int run_loop_run(struct run_loop *);
void run_loop_finish(struct run_loop *);
void run_loop_post_work(struct run_loop *, struct work *);
struct executor_ref run_loop_executor(struct run_loop *);

/* Calls `run` with a run_loop, which is its for the call. What that returned, or negative errno. */
int on_run_loop(int (*run)(void *context, struct run_loop *), void *context);
}
#pragma GCC diagnostic pop
#undef _Thread_local

#endif

/* Chains of bench/frames/delivery.h made of C++20 coroutines: for its cells, in C. */
#ifndef ABREAST_BENCH_CXX_DELIVERY_H
#define ABREAST_BENCH_CXX_DELIVERY_H

#include "bench/frames.h"

#if defined __cplusplus
extern "C" {
#endif

struct io_env;

void cxx_delivery_by_channel(struct order *, const struct io_env *);
void cxx_delivery_by_argument(struct order *, const struct io_env *);

#if defined __cplusplus
}
#endif

#endif

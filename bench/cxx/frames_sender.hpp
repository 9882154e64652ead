/* The chain of `frames` whose coroutines are senders (bench/cxx/frames.h). */
#ifndef ABREAST_BENCH_CXX_FRAMES_SENDER_HPP
#define ABREAST_BENCH_CXX_FRAMES_SENDER_HPP

#include "bench/cxx/frame_memory.hpp"
#include "bench/cxx/tasks.hpp"

#include "bench/cxx/frames.h"

/* A link's height is one less than the first byte of what is above it, as in frames.hpp. */
affine_task<false, from_argument> sender_link(frame_allocator *, const unsigned char *above);

#endif

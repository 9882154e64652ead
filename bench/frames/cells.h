/* The cells of chains.h, for the table in bench/frames.c.
 *
 * An allocator is one word in CHAIN_ALLOCATORS, by its name in common/frame_allocators.h (a test compares the two), and
 * a library with a malloc one line in CHAIN_LIBRARIES. */
#ifndef ABREAST_BENCH_FRAMES_CELLS_H
#define ABREAST_BENCH_FRAMES_CELLS_H

#include "bench/cxx/cells.h"
#include "bench/frames/apart.h"

/* Those that any thread may use, and those for one alone. */
#define CHAIN_SHARED_ALLOCATORS(X, ...)                                                                                \
    X("malloc", true, __VA_ARGS__)                                                                                     \
    X("recycling", false, __VA_ARGS__)                                                                                 \
    X("recycling-global", false, __VA_ARGS__)
#define CHAIN_ALLOCATORS(X, ...)                                                                                       \
    CHAIN_SHARED_ALLOCATORS(X, __VA_ARGS__)                                                                            \
    X("pool", false, __VA_ARGS__)                                                                                      \
    X("arena", false, __VA_ARGS__)

/* The name that malloc_library_name has for it, what LD_PRELOAD names, and where Debian has it. */
#define CHAIN_LIBRARIES(X, ...)                                                                                        \
    X("mimalloc", "libmimalloc.so.2", "Debian: libmimalloc2.0", __VA_ARGS__)                                           \
    X("jemalloc", "libjemalloc.so.2", "Debian: libjemalloc2", __VA_ARGS__)                                             \
    X("tcmalloc", "libtcmalloc_minimal.so.4", "Debian: libtcmalloc-minimal4", __VA_ARGS__)

#define CHAIN_CELL(mechanism_, baseline_, model_, modes_, counted_, variant_, ...)                                     \
    {                                                                                                                  \
        .model = (model_),                                                                                             \
        .mechanism = (mechanism_),                                                                                     \
        .variant = variant_,                                                                                           \
        .modes = (modes_),                                                                                             \
        .baseline = (baseline_),                                                                                       \
        .counted = (counted_),                                                                                         \
        .parameters = &(const struct chain_parameters){.allocator = (mechanism_), __VA_ARGS__},                        \
        .open = chains_open,                                                                                           \
        .run = chains_run,                                                                                             \
        .close = chains_close,                                                                                         \
        .describe = chains_describe,                                                                                   \
    },

/* `threads` is SINGLE or SEVERAL: what the process has had. */
#define APART_CELL_(model_, mechanism_, baseline_, allocator_, library_, needs_, modes_, counted_, threads, variant_,  \
                    ...)                                                                                               \
    {                                                                                                                  \
        .model = (model_),                                                                                             \
        .mechanism = (mechanism_),                                                                                     \
        .variant = variant_ APART_KEY_##threads,                                                                       \
        .modes = (modes_),                                                                                             \
        .baseline = (baseline_),                                                                                       \
        .counted = (counted_),                                                                                         \
        .single_threaded = !APART_##threads,                                                                           \
        .preload = (library_),                                                                                         \
        .needs = (needs_),                                                                                             \
        .parameters = &(const struct chain_parameters){.allocator = (allocator_),                                      \
                                                       .several_threads = APART_##threads,                             \
                                                       __VA_ARGS__},                                                   \
        .open = apart_open,                                                                                            \
        .run = apart_run,                                                                                              \
        .close = apart_close,                                                                                          \
        .describe = chains_describe,                                                                                   \
    },
#define APART_KEY_SINGLE ",process=child"
#define APART_KEY_SEVERAL ",process=several-threads"
#define APART_SINGLE false
#define APART_SEVERAL true
#define APART_CELL(name, baseline, ...) APART_CELL_("awaitable", name, baseline, name, NULL, NULL, __VA_ARGS__)
#define APART_LIBRARY(name, library, debian, ...)                                                                      \
    APART_CELL_("awaitable", name, false, "malloc", library, library " (" debian ")", __VA_ARGS__)
#define APART_LIBRARIES(...) CHAIN_LIBRARIES(APART_LIBRARY, __VA_ARGS__)
#define APART_CELLS(...) CHAIN_ALLOCATORS(APART_CELL, __VA_ARGS__) APART_LIBRARIES(__VA_ARGS__)
#define APART_SHARED_CELLS(...) CHAIN_SHARED_ALLOCATORS(APART_CELL, __VA_ARGS__) APART_LIBRARIES(__VA_ARGS__)
/* malloc, recycling, and the other mallocs, these in some modes: what the published ratios are of. */
#define APART_MALLOCS(libraries, ...)                                                                                  \
    APART_CELL("malloc", true, CELL_BOTH, true, __VA_ARGS__)                                                           \
    APART_CELL("recycling", false, CELL_BOTH, true, __VA_ARGS__)                                                       \
    APART_LIBRARIES(libraries, true, __VA_ARGS__)
/* Where glibc's malloc depends on whether its process ever had a second thread. The libraries' do not. */
#define APART_BOTH(...) APART_MALLOCS(CELL_FULL, SINGLE, __VA_ARGS__) APART_MALLOCS(CELL_BOTH, SEVERAL, __VA_ARGS__)

#define CHAIN_OF(text, depth_, bytes_) .launch = chain_##text##_launch, .depth = (depth_), .bytes = (bytes_)

/* One group of the cross product: text stands for the frames' size. */
#define CHAINS(model, task, modes, depth, text, bytes)                                                                 \
    CHAIN_ALLOCATORS(CHAIN_CELL, #model, modes, true, "depth=" #depth ",frame=" text ",task=" task,                    \
                     CHAIN_OF(model, depth, bytes))

/* Quick mode has a line through the sizes at depth 4, and one through the depths at 256 bytes. */
#define CHAIN_DEPTHS(text, bytes, at_4, at_others)                                                                     \
    CHAINS(awaitable, "awaitable", at_others, 1, text, bytes)                                                          \
    CHAINS(awaitable, "awaitable", CELL_FULL, 2, text, bytes)                                                          \
    CHAINS(awaitable, "awaitable", at_4, 4, text, bytes)                                                               \
    CHAINS(awaitable, "awaitable", CELL_FULL, 8, text, bytes)                                                          \
    CHAINS(awaitable, "awaitable", CELL_FULL, 16, text, bytes)                                                         \
    CHAINS(awaitable, "awaitable", at_others, 32, text, bytes)

#define SENDER_CHAINS(text, bytes, at_4)                                                                               \
    CHAINS(sender, "p2300", CELL_FULL, 1, text, bytes)                                                                 \
    CHAINS(sender, "p2300", at_4, 4, text, bytes)                                                                      \
    CHAINS(sender, "p2300", CELL_FULL, 32, text, bytes)

#define TREE(launch_) .launch = (launch_), .depth = 4, .piece = TREE_FRAMES

#if defined ABREAST_CXX_UNAVAILABLE
#define CXX_TREE(mechanism, baseline)                                                                                  \
    CXX_UNAVAILABLE("cxx-awaitable", mechanism, "workload=p4003,task=cxx-awaitable", "allocs_per_op", "count")
#else
#define CXX_TREE(mechanism, baseline)                                                                                  \
    CHAIN_CELL(mechanism, baseline, "cxx-awaitable", CELL_BOTH, true, "workload=p4003,task=cxx-awaitable",             \
               TREE(cxx_call_tree_launch))
#endif

#define FRAMES_CHAIN_CELLS                                                                                             \
    APART_MALLOCS(CELL_BOTH, SINGLE, "workload=p4003,task=awaitable", TREE(call_tree_launch))                          \
    APART_MALLOCS(CELL_FULL, SEVERAL, "workload=p4003,task=awaitable", TREE(call_tree_launch))                         \
    CHAIN_CELL("malloc", true, "awaitable", CELL_BOTH, true, "workload=p4003,task=awaitable", TREE(call_tree_launch))  \
    CHAIN_CELL("recycling", false, "awaitable", CELL_BOTH, true, "workload=p4003,task=awaitable",                      \
               TREE(call_tree_launch))                                                                                 \
    CXX_TREE("malloc", true)                                                                                           \
    CXX_TREE("recycling", false)                                                                                       \
    CHAIN_DEPTHS("64", 64, CELL_BOTH, CELL_FULL)                                                                       \
    CHAIN_DEPTHS("256", 256, CELL_BOTH, CELL_BOTH)                                                                     \
    CHAIN_DEPTHS("1024", 1024, CELL_FULL, CELL_FULL)                                                                   \
    CHAIN_DEPTHS("4096", 4096, CELL_BOTH, CELL_FULL)                                                                   \
    CHAIN_DEPTHS("mixed", 0, CELL_FULL, CELL_FULL)                                                                     \
    CHAIN_SHARED_ALLOCATORS(CHAIN_CELL, "awaitable", CELL_BOTH, true, "depth=4,frame=8192,task=awaitable",             \
                            CHAIN_OF(awaitable, 4, 8192))                                                              \
    SENDER_CHAINS("256", 256, CELL_BOTH)                                                                               \
    SENDER_CHAINS("4096", 4096, CELL_FULL)                                                                             \
    SENDER_CHAINS("mixed", 0, CELL_FULL)                                                                               \
    CHAIN_SHARED_ALLOCATORS(CHAIN_CELL, "awaitable", CELL_BOTH, true, "depth=32,frame=256,state=cold,task=awaitable",  \
                            CHAIN_OF(awaitable, 32, 256), .cold = true)                                                \
    APART_BOTH("depth=4,frame=4096,task=awaitable", CHAIN_OF(awaitable, 4, 4096))                                      \
    APART_BOTH("depth=32,frame=256,task=awaitable", CHAIN_OF(awaitable, 32, 256))                                      \
    APART_MALLOCS(CELL_BOTH, SINGLE, "depth=4,frame=mixed,task=awaitable", CHAIN_OF(awaitable, 4, 0))                  \
    APART_CELLS(CELL_FULL, true, SINGLE, "depth=4,frame=256,task=awaitable", CHAIN_OF(awaitable, 4, 256))              \
    APART_SHARED_CELLS(CELL_BOTH, false, SEVERAL, "depth=4,frame=256,threads=2,task=awaitable",                        \
                       CHAIN_OF(awaitable, 4, 256), .two_threads = true)                                               \
    APART_SHARED_CELLS(CELL_BOTH, false, SEVERAL, "depth=1,frame=256,threads=2,freed=elsewhere,task=awaitable",        \
                       CHAIN_OF(awaitable, 1, 256), .two_threads = true, .handed = true)                               \
    APART_CELLS(CELL_BOTH, true, SINGLE, "depth=0,frame=256", .bytes = 256)                                            \
    APART_CELL_("awaitable", "recycling-by-table", false, "recycling", NULL, NULL, CELL_BOTH, true, SINGLE,            \
                "depth=0,frame=256", .bytes = 256, .by_table = true)                                                   \
    APART_CELL_("raw", "calls", false, "malloc", NULL, NULL, CELL_BOTH, true, SINGLE, "depth=0,frame=256",             \
                .bytes = 256, .calls = true)

#endif

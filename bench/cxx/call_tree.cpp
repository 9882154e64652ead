/* workload=p4003 (bench/frames/order.h) with C++20 coroutines, whose promise's operator new takes the frame from the
 * allocator that the channel names. As there, `noinline` keeps the compiler from leaving an allocation out. */
#include "bench/cxx/io_task.hpp"

#include "bench/frames/order.h"

#include <atomic>

namespace
{

std::atomic<std::uint64_t> counter;

[[gnu::noinline]] io_task innermost()
{
    counter.fetch_add(1, std::memory_order_relaxed);
    co_return 0;
}

[[gnu::noinline]] io_task third()
{
    for (int i = 0; i < TREE_THIRD; i++)
        co_await innermost();
    co_return 0;
}

[[gnu::noinline]] io_task second()
{
    for (int i = 0; i < TREE_SECOND; i++)
        co_await third();
    co_return 0;
}

[[gnu::noinline]] io_task first()
{
    for (int i = 0; i < TREE_FIRST; i++)
        co_await second();
    co_return 0;
}

using root_task = basic_io_task<from_storage>;

root_task root(root_storage &, chain_order *order)
{
    while (order->frames > 0) {
        unsigned frames = tree_next_frames(order);
        if (frames == TREE_FRAMES)
            co_await first();
        else
            co_await innermost();
        chain_made(order, frames);
    }
    co_return 0;
}

} // namespace

void cxx_call_tree_launch(chain_order *order)
{
    struct root_launch : io_launch<root_task> {
        chain_order *order;
    };
    std::uint64_t frames = order->frames, before = counter;
    root_storage storage;
    root_launch launch{
        {root(storage, order),
         [](io_launch<root_task> *self, ssize_t result) { static_cast<root_launch *>(self)->order->result = result; }},
        order};
    launch.start(order->env);
    if (order->result >= 0 && counter - before != tree_innermost(frames))
        order->result = -EBADMSG;
}

/* By the channel, and with the allocator as the first argument of each coroutine, which sets no channel. Unlike those
 * of bench/cxx/frames_link.cpp they are compiled with their root, as in C. */
#include "bench/cxx/delivery.h"
#include "bench/cxx/frames.hpp"

namespace
{

struct told : from_argument {
    using leaves_channel = void;
};

struct told_storage : from_storage {
    using leaves_channel = void;
};

using told_task = basic_io_task<told>;

channel_task by_channel(const unsigned char *above)
{
    FRAMES_LINK(by_channel);
}

#define BY_ARGUMENT(above) by_argument(allocator, above)
told_task by_argument(frame_allocator *allocator, const unsigned char *above)
{
    FRAMES_LINK(BY_ARGUMENT);
}

/* Awaits one chain after the other; make(above) is its first coroutine. */
template <class Storage, class Make> basic_io_task<Storage> root(root_storage &, order *order, Make make)
{
    while (order->frames > 0) {
        unsigned char above = static_cast<unsigned char>(next_depth(order) + 1);
        ssize_t got = co_await make(&above);
        got = accept_chain(order, next_depth(order), got);
        if (got < 0)
            co_return got;
    }
    co_return 0;
}

template <class Storage, class Make> void launch(order *order, const io_env *env, Make make)
{
    using root_task = basic_io_task<Storage>;
    struct root_launch : io_launch<root_task> {
        struct order *order;
    };
    root_storage storage;
    root_launch launch{
        {root<Storage>(storage, order, make),
         [](io_launch<root_task> *self, ssize_t result) { static_cast<root_launch *>(self)->order->result = result; }},
        order};
    launch.start(env);
}

} // namespace

void cxx_delivery_by_channel(order *order, const io_env *env)
{
    launch<from_storage>(order, env, by_channel);
}

void cxx_delivery_by_argument(order *order, const io_env *env)
{
    launch<told_storage>(
        order, env, [allocator = env->allocator](const unsigned char *above) { return by_argument(allocator, above); });
}

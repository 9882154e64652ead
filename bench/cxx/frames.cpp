#include "bench/cxx/frames.hpp"

namespace
{

using root_task = basic_io_task<from_storage>;

/* Awaits one chain after the other; make(above) is its first coroutine. */
template <class Make> root_task root(root_storage &, order *order, Make make)
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

template <class Make> void launch(order *order, const io_env *env, Make make)
{
    struct root_launch : io_launch<root_task> {
        struct order *order;
    };
    root_storage storage;
    root_launch launch{
        {root(storage, order, make),
         [](io_launch<root_task> *self, ssize_t result) { static_cast<root_launch *>(self)->order->result = result; }},
        order};
    launch.start(env);
}

/* Compiled with its awaiter; each height is a function of its own, so that its frame could be part of its awaiter's. */
template <unsigned height> default_task visible_link(const unsigned char *above)
{
    FRAMES_LINK(visible_link<height - 1>);
}

template <> default_task visible_link<1>(const unsigned char *above)
{
    co_return above[0] - 1;
}

/* A coroutine that is not awaited: its caller resumes it, and reads what it returned. */
struct resumed {
    struct promise_type : from_default {
        ssize_t result;

        resumed get_return_object() noexcept
        {
            return {owned_handle(std::coroutine_handle<promise_type>::from_promise(*this))};
        }
        std::suspend_always initial_suspend() noexcept
        {
            return {};
        }
        std::suspend_always final_suspend() noexcept
        {
            return {};
        }
        void return_value(ssize_t value) noexcept
        {
            result = value;
        }
        void unhandled_exception() noexcept
        {
            std::terminate();
        }
    };

    owned_handle<promise_type> coroutine;
};

resumed resumed_link(const unsigned char *above)
{
    co_return above[0] - 1;
}

ssize_t resume_link(const unsigned char *above)
{
    resumed link = resumed_link(above);
    link.coroutine.handle.resume();
    return link.coroutine.handle.promise().result;
}

/* What the resources take from malloc. */
struct counted_malloc : std::pmr::memory_resource {
    void *do_allocate(std::size_t bytes, std::size_t) override
    {
        frame_allocator_counts.fresh++;
        return ::operator new(bytes);
    }
    void do_deallocate(void *memory, std::size_t, std::size_t) override
    {
        ::operator delete(memory);
    }
    bool do_is_equal(const std::pmr::memory_resource &other) const noexcept override
    {
        return this == &other;
    }
};

struct resources {
    counted_malloc upstream;
    std::pmr::unsynchronized_pool_resource pool{&upstream};
    std::pmr::monotonic_buffer_resource monotonic{&upstream};
};

thread_local resources own;

/* A resource as a frame allocator, by which the environment brings it to the launch. */
template <auto resource> frame_allocator *as_frame_allocator(const char *name)
{
    static const frame_allocator_ops ops = {
        name,
        [](frame_allocator *, size_t bytes) { return (own.*resource).allocate(bytes); },
        [](frame_allocator *, void *memory, size_t bytes) { (own.*resource).deallocate(memory, bytes); },
        nullptr,
        nullptr,
    };
    static frame_allocator allocator = {&ops};
    return &allocator;
}

} // namespace

void cxx_channel_launch(order *order, const io_env *env)
{
    launch(order, env, channel_link);
}

void cxx_default_launch(order *order, const io_env *env)
{
    launch(order, env, default_link);
}

void cxx_visible_launch(order *order, const io_env *env)
{
    if (order->depth == 1)
        launch(order, env, visible_link<1>);
    else
        launch(order, env, visible_link<4>);
}

void cxx_resumed_launch(order *order, const io_env *)
{
    while (order->frames > 0) {
        unsigned char above = static_cast<unsigned char>(next_depth(order) + 1);
        order->result = accept_chain(order, next_depth(order), resume_link(&above));
        if (order->result < 0)
            return;
    }
}

void cxx_pmr_launch(order *order, const io_env *env)
{
    bool pool = env->allocator == cxx_pmr_pool();
    frame_resource resource = pool ? static_cast<std::pmr::memory_resource *>(&own.pool) : &own.monotonic;
    launch(order, env,
           [resource](const unsigned char *above) { return pmr_link(std::allocator_arg, resource, above); });
    if (!pool)
        own.monotonic.release();
}

frame_allocator *cxx_pmr_pool(void)
{
    return as_frame_allocator<&resources::pool>("pmr-pool");
}

frame_allocator *cxx_pmr_monotonic(void)
{
    return as_frame_allocator<&resources::monotonic>("pmr-monotonic");
}

void cxx_pmr_release(void)
{
    own.pool.release();
    own.monotonic.release();
}

#include "bench/cxx/frames_sender.hpp"

namespace
{

affine_task<false, from_storage> root(root_storage &, order *order, frame_allocator *allocator)
{
    while (order->frames > 0) {
        unsigned char above = static_cast<unsigned char>(next_depth(order) + 1);
        ssize_t got = co_await sender_link(allocator, &above);
        got = accept_chain(order, next_depth(order), got);
        if (got < 0)
            co_return got;
    }
    co_return 0;
}

struct order_receiver {
    order *told;

    void set_value(ssize_t result) && noexcept
    {
        told->result = result;
    }
    void set_error(std::exception_ptr) && noexcept
    {
        told->result = -ENOTRECOVERABLE;
    }
    void set_stopped() && noexcept
    {
        told->result = -ECANCELED;
    }
    env get_env() const noexcept
    {
        return {};
    }
};

} // namespace

void cxx_sender_launch(order *order, frame_allocator *allocator)
{
    root_storage storage;
    auto op = root(storage, order, allocator).connect(order_receiver{order});
    op.start();
}

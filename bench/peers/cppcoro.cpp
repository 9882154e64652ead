/* cppcoro, as it is, in the cells of `frames`: cppcoro::task, whose frames come from operator new. */
#include "bench/peers/cppcoro_root.hpp"
#include "bench/peers/library.h"

namespace
{

struct chains {
    unsigned depth;
};

cppcoro::task<uint64_t> link(unsigned height)
{
    unsigned char local[LIBRARY_LOCAL_BYTES];
    local[0] = static_cast<unsigned char>(height);
    if (local[0] == 1)
        co_return 1;
    uint64_t below = co_await link(local[0] - 1u);
    co_return below + local[0];
}

cppcoro::task<> root(unsigned depth, uint64_t frames, uint64_t &sum)
{
    while (frames > 0) {
        unsigned height = frames < depth ? static_cast<unsigned>(frames) : depth;
        sum += co_await link(height);
        frames -= height;
    }
}

int chains_open(unsigned depth, void **state)
{
    *state = new (std::nothrow) chains{depth};
    return *state ? 0 : -ENOMEM;
}

int chains_run(void *state, uint64_t frames, uint64_t *sum)
try {
    *sum = 0;
    return cppcoro_root::run(root(static_cast<chains *>(state)->depth, frames, *sum));
} catch (const std::bad_alloc &) {
    return -ENOMEM;
}

void chains_close(void *state)
{
    delete static_cast<chains *>(state);
}

} // namespace

extern const library_chains cppcoro_chains;
const library_chains cppcoro_chains = {chains_open, chains_run, chains_close};

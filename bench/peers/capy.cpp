/* Capy, as it is, in the cells of `frames`: boost::capy::task, whose frames come from the recycling memory resource
 * that run_async takes from the execution context. */
#include "bench/peers/capy_context.hpp"
#include "bench/peers/library.h"

namespace
{

using boost::capy::task;

struct chains {
    unsigned depth;
    capy_context context;

    explicit chains(unsigned given) : depth(given)
    {
    }
};

task<uint64_t> link(unsigned height)
{
    unsigned char local[LIBRARY_LOCAL_BYTES];
    local[0] = static_cast<unsigned char>(height);
    if (local[0] == 1)
        co_return 1;
    uint64_t below = co_await link(local[0] - 1u);
    co_return below + local[0];
}

task<> root(unsigned depth, uint64_t frames, uint64_t &sum)
{
    while (frames > 0) {
        unsigned height = frames < depth ? static_cast<unsigned>(frames) : depth;
        sum += co_await link(height);
        frames -= height;
    }
}

int chains_open(unsigned depth, void **state)
try {
    *state = new chains(depth);
    return 0;
} catch (const std::bad_alloc &) {
    return -ENOMEM;
}

int chains_run(void *state, uint64_t frames, uint64_t *sum)
{
    chains &self = *static_cast<chains *>(state);
    *sum = 0;
    return self.context.run([&self, frames, sum] { return root(self.depth, frames, *sum); });
}

void chains_close(void *state)
{
    delete static_cast<chains *>(state);
}

} // namespace

extern const library_chains capy_chains;
const library_chains capy_chains = {chains_open, chains_run, chains_close};

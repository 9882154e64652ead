#include "bench/cxx/frames_sender.hpp"

affine_task<false, from_argument> sender_link(frame_allocator *allocator, const unsigned char *above)
{
    unsigned char local[LOCAL_BYTES];
    local[0] = static_cast<unsigned char>(above[0] - 1);
    if (local[0] == 1)
        co_return 1;
    ssize_t got = co_await sender_link(allocator, local);
    co_return got < 0 ? got : got + local[0];
}

#include "bench/cxx/frames.hpp"

channel_task channel_link(const unsigned char *above)
{
    FRAMES_LINK(channel_link);
}

default_task default_link(const unsigned char *above)
{
    FRAMES_LINK(default_link);
}

pmr_task pmr_link(std::allocator_arg_t, frame_resource allocator, const unsigned char *above)
{
    auto next = [allocator](const unsigned char *local) { return pmr_link(std::allocator_arg, allocator, local); };
    FRAMES_LINK(next);
}

#include "bench/cxx/frames.hpp"

channel_task channel_link(unsigned depth)
{
    FRAMES_LINK(depth, channel_link);
}

default_task default_link(unsigned depth)
{
    FRAMES_LINK(depth, default_link);
}

pmr_task pmr_link(std::allocator_arg_t, frame_resource allocator, unsigned depth)
{
    FRAMES_LINK(depth, [allocator](unsigned height) { return pmr_link(std::allocator_arg, allocator, height); });
}

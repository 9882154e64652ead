/* What C++ libraries allocate frames with, replaced as [replacement.functions] permits, and counted. aligned_alloc,
 * which Asio calls, is defined here in place of libc's. */
#include "bench/peers/library.h"

#include <cerrno>
#include <cstdlib>
#include <malloc.h>
#include <new>

static thread_local uint64_t allocations;

uint64_t library_allocations()
{
    return allocations;
}

extern "C" void *aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept
{
    allocations++;
    return memalign(alignment, bytes);
}

void *operator new(std::size_t bytes)
{
    allocations++;
    void *memory = std::malloc(bytes ? bytes : 1);
    if (!memory)
        throw std::bad_alloc();
    return memory;
}

void operator delete(void *memory) noexcept
{
    std::free(memory);
}

void operator delete(void *memory, std::size_t) noexcept
{
    std::free(memory);
}

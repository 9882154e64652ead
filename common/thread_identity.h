/* What tells one thread from another in an atomic word: std::thread::id as the sender libraries use it. */
#ifndef ABREAST_COMMON_THREAD_IDENTITY_H
#define ABREAST_COMMON_THREAD_IDENTITY_H

#include <stdint.h>

/* An address that no other living thread has; never 0, which may stand for nobody. */
static inline uintptr_t this_thread_identity(void)
{
    static _Thread_local uint64_t anchor;
    return (uintptr_t)&anchor;
}

/* To be called in a loop that waits for another thread's next few instructions. */
static inline void spin_pause(void)
{
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}

#endif

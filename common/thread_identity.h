/* What tells one thread from another in an atomic word. */
#ifndef ABREAST_COMMON_THREAD_IDENTITY_H
#define ABREAST_COMMON_THREAD_IDENTITY_H

#include <pthread.h>
#include <stdint.h>

/* std::this_thread::get_id(), which libstdc++ and libc++ have of pthread_self. glibc and musl never give 0, which
 * stands for nobody. */
static inline uintptr_t this_thread_id(void)
{
    return (uintptr_t)pthread_self();
}

/* For algorithms of our own: the address of a variable of the thread's, which takes no function call. Never 0. */
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

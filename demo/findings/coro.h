/* A coroutine in C: a frame that starts with the function that goes on, as in C++, and keeps the loop's variable. */
#ifndef ABREAST_FINDINGS_CORO_H
#define ABREAST_FINDINGS_CORO_H

struct coro {
    void (*resume)(struct coro *);
    int number; /* of completions */
};

/* Symmetric transfer. clang promises that this call is a jump; gcc can be asked to from version 15 on. */
#if __has_attribute(musttail)
#define TRANSFER_TO(next) __attribute__((musttail)) return (next)->resume(next)
#else
#define TRANSFER_TO(next) return (next)->resume(next)
#endif

#endif

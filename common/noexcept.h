/* The boundary of a noexcept function: what a C++ compiler puts around a call that may throw, inside a function that
 * may not.
 *
 * P2300's completion functions and start are noexcept, and coroutine_handle::resume() is not. A C++ compiler must
 * therefore call std::terminate should an exception come out of that call; the frame of the noexcept function has to
 * stand until the call returns, and the call cannot become a jump. In C the same is said by a variable whose cleanup
 * aborts while it is armed. It costs nothing, and holds nothing up, where exceptions are off (no -fexceptions), as in
 * C++ with -fno-exceptions.
 *
 * Compiled with -DABREAST_NOEXCEPT_BOUNDARY, NOEXCEPT_CALL has the boundary; otherwise it is the bare call.
 */
#ifndef ABREAST_COMMON_NOEXCEPT_H
#define ABREAST_COMMON_NOEXCEPT_H

#if defined ABREAST_NOEXCEPT_BOUNDARY
#include <stdlib.h>

static inline void noexcept_terminate(const int *armed)
{
    if (*armed)
        abort();
}

#define NOEXCEPT_CALL(call)                                                                                            \
    do {                                                                                                               \
        __attribute__((cleanup(noexcept_terminate))) int armed_ = 1;                                                   \
        call;                                                                                                          \
        armed_ = 0;                                                                                                    \
    } while (0)
#else
#define NOEXCEPT_CALL(call) call
#endif

#endif

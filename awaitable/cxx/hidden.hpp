/* What hides a coroutine handle from the optimiser on its way from one language to the other: handle.hpp tells why.
 *
 * Owns: nothing.
 */
#ifndef ABREAST_AWAITABLE_CXX_HIDDEN_HPP
#define ABREAST_AWAITABLE_CXX_HIDDEN_HPP

namespace abreast
{

template <class T> T *hidden(T *pointer) noexcept
{
    asm("" : "+r"(pointer));
    return pointer;
}

} // namespace abreast

#endif

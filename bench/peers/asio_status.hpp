/* What came of a run of Asio, as cells want it: 0 or negative errno. */
#ifndef ABREAST_BENCH_PEERS_ASIO_STATUS_HPP
#define ABREAST_BENCH_PEERS_ASIO_STATUS_HPP

#include <asio/error.hpp>

#include <cerrno>
#include <new>
#include <system_error>

/* Only the system's own values are errno; those of Asio (its end of file is 2) and of others are of a kind with them.
 */
inline int asio_status(const std::error_code &code)
{
    if (!code)
        return 0;
    bool system = code.category() == std::system_category() || code.category() == std::generic_category() ||
                  code.category() == asio::error::get_system_category();
    return system ? -code.value() : code == asio::error::eof ? -ECONNRESET : -EPROTO;
}

template <class Action> int asio_guarded(Action action)
try {
    return action();
} catch (const std::bad_alloc &) {
    return -ENOMEM;
} catch (const std::system_error &error) {
    return asio_status(error.code());
} catch (...) {
    return -EPROTO;
}

#endif

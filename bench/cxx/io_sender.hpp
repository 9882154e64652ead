/* read_some and write_some as senders in C++: sender/io.h. What a receiver's get_env answers points to an io_env.
 *
 * Values: the number of bytes moved (0 from a read: end of stream). Errors: an errno. Stopped: after a stop request.
 *
 * Threads: the reactor's thread.
 */
#ifndef ABREAST_BENCH_CXX_IO_SENDER_HPP
#define ABREAST_BENCH_CXX_IO_SENDER_HPP

#include "awaitable/cxx/c.hpp"

#include "bench/cxx/sender.hpp"

template <io_kind kind> struct io_sender {
    using sender_concept = void;
    using wording = as_written;
    using value_types = std::tuple<ssize_t>;
    static constexpr bool may_fail = true, may_stop = true;
    static constexpr bool completes_inline = false;

    template <class Rcvr> struct operation : io_request {
        Rcvr rcvr;

        operation(const io_sender &sender, Rcvr &&rcvr) : rcvr(std::move(rcvr))
        {
            io_op_prepare(&op, sender.stream, sender.buffer, sender.size);
        }
        operation(operation &&) = delete;

        void start() & noexcept
        {
            if (io_request_begin(this, kind, rcvr.get_env(), complete))
                deliver();
        }

      private:
        void deliver() noexcept
        {
            ssize_t result = op.result;
            if (result >= 0)
                std::move(rcvr).set_value(result);
            else if (result == -ECANCELED)
                std::move(rcvr).set_stopped();
            else
                std::move(rcvr).set_error(static_cast<int>(-result));
        }
        static void complete(io_op *op) noexcept
        {
            auto *self = static_cast<operation *>(CONTAINER_OF(op, io_request, op));
            io_request_finish(self);
            self->deliver();
        }
    };

    struct stream *stream;
    void *buffer;
    std::size_t size;

    template <class Rcvr> operation<Rcvr> connect(Rcvr rcvr) const
    {
        return {*this, std::move(rcvr)};
    }
};

using read_some_sender = io_sender<IO_READ>;
using write_some_sender = io_sender<IO_WRITE>;

#endif

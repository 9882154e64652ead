/* One turn of the loop as a sender that is compiled in one place: for `compile`. What it is made of shows neither in
 * its type nor in its operation state, which has the turn's own behind a pointer, with a virtual start and virtual
 * completion functions: as turn_task.hpp's coroutine has its frame behind its handle.
 */
#ifndef ABREAST_BENCH_CXX_COMPILE_TURN_SENDER_HPP
#define ABREAST_BENCH_CXX_COMPILE_TURN_SENDER_HPP

#include "bench/cxx/echo.h"
#include "bench/cxx/sender.hpp"

#include <memory>

struct turn_receiver {
    virtual void set_value(bool end) noexcept = 0;
    virtual void set_error(int error) noexcept = 0;
    virtual void set_stopped() noexcept = 0;
    virtual const io_env *get_env() const noexcept = 0;

  protected:
    ~turn_receiver() = default;
};

struct turn_operation {
    virtual ~turn_operation() = default;
    virtual void start() noexcept = 0;
};

std::unique_ptr<turn_operation> connect_turn(loop_job *, turn_receiver &);

struct erased_turn_sender {
    using sender_concept = void;
    using wording = as_written;
    using value_types = std::tuple<bool>;
    static constexpr bool may_fail = true, may_stop = true;
    static constexpr bool completes_inline = false;

    template <class Rcvr> struct operation final : turn_receiver {
        Rcvr rcvr;
        std::unique_ptr<turn_operation> op;

        operation(loop_job *job, Rcvr &&rcvr) : rcvr(std::move(rcvr)), op(connect_turn(job, *this))
        {
        }
        operation(operation &&) = delete;

        void start() & noexcept
        {
            op->start();
        }
        void set_value(bool end) noexcept override
        {
            std::move(rcvr).set_value(end);
        }
        void set_error(int error) noexcept override
        {
            std::move(rcvr).set_error(error);
        }
        void set_stopped() noexcept override
        {
            std::move(rcvr).set_stopped();
        }
        const io_env *get_env() const noexcept override
        {
            return rcvr.get_env();
        }
    };

    loop_job *job;

    template <class Rcvr> operation<Rcvr> connect(Rcvr rcvr) const
    {
        return {job, std::move(rcvr)};
    }
};

#endif

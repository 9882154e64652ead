/* The join of `fanout` whose children complete inline, by a C++ compiler: when_all as P2300R10 writes it, of children
 * just(value), and the loop of bench/fanout/consumer.h around it. */
#include "awaitable/cxx/c.hpp"
#include "bench/cxx/just.hpp"
/* C has a function of that name. */
#define when_all when_all_senders
#include "bench/cxx/when_all.hpp"

#include <new>

extern "C" {
#include "bench/fanout/job.h"

extern const fanout_form fanout_cxx_written_2, fanout_cxx_written_8;
}

namespace
{

using child = just<as_written, ssize_t>;

template <class Indices> struct join;
template <unsigned... indices> struct join<std::integer_sequence<unsigned, indices...>> {
    enum class turn { starting, suspended, again, end };

    struct end {
        fanout_job *job;

        template <class... Ts> void set_value(Ts... values) && noexcept
        {
            fanout_record(job, (static_cast<uint64_t>(values) + ...));
            completed(job, job->made == job->total ? turn::end : turn::again);
        }
        template <class Error> void set_error(Error) && noexcept
        {
            job->status = -ENOTRECOVERABLE;
            completed(job, turn::end);
        }
        void set_stopped() && noexcept
        {
            job->status = -ECANCELED;
            completed(job, turn::end);
        }
        env get_env() const noexcept
        {
            return {{reinterpret_cast<inplace_stop_source *>(job->env.stop.source)}, job->env.executor};
        }
    };

    static auto make(uint64_t number)
    {
        return when_all(child{fanout_value(number, indices)}...);
    }

    using operation = connect_result_t<decltype(make(0)), end>;

    struct state {
        turn now;
        alignas(operation) unsigned char op[sizeof(operation)];
    };

    static void go(fanout_job *job) noexcept
    {
        state *self = static_cast<state *>(job->storage);
        do {
            self->now = turn::starting;
            auto *op = new (self->op) operation(make(job->made).connect(end{job}));
            op->start();
            if (self->now == turn::starting) {
                self->now = turn::suspended;
                return;
            }
            op->~operation();
        } while (self->now == turn::again);
        fanout_end(job, job->status);
    }
    static void completed(fanout_job *job, turn outcome) noexcept
    {
        state *self = static_cast<state *>(job->storage);
        bool suspended = self->now == turn::suspended;
        self->now = outcome;
        if (!suspended)
            return;
        std::launder(reinterpret_cast<operation *>(self->op))->~operation();
        if (outcome == turn::again)
            go(job);
        else
            fanout_end(job, job->status);
    }
    static int launch(fanout_job *job)
    {
        go(job);
        return 0;
    }

    static constexpr fanout_form form = {launch, sizeof(state), 0, sizeof(operation), 0, 0, 0};
};

} // namespace

const fanout_form fanout_cxx_written_2 = join<std::make_integer_sequence<unsigned, 2>>::form;
const fanout_form fanout_cxx_written_8 = join<std::make_integer_sequence<unsigned, 8>>::form;

/* schedule(scheduler) ([exec.schedule]), for the execution contexts of common/: a scheduler is
 *
 *     run_loop *      a queue ([exec.run.loop])
 *     trampoline *    exec::trampoline_scheduler of stdexec
 *     executor_ref    any of them, type-erased ([exec.task.scheduler] in P3552R3)
 */
#ifndef ABREAST_BENCH_CXX_SCHEDULE_HPP
#define ABREAST_BENCH_CXX_SCHEDULE_HPP

#include "bench/cxx/sender.hpp"

inline void post_work(run_loop *loop, work *item) noexcept
{
    run_loop_post_work(loop, item);
}
inline void post_work(trampoline *trampoline, work *item) noexcept
{
    trampoline_post_work(trampoline, item);
}
inline void post_work(executor_ref executor, work *item) noexcept
{
    executor_post_work(executor, item);
}

template <class Scheduler> struct schedule {
    using sender_concept = void;
    using wording = as_written;
    using value_types = std::tuple<>;
    static constexpr bool may_fail = false, may_stop = true;
    static constexpr bool completes_inline = false;

    template <class Rcvr> struct operation : work {
        Rcvr rcvr;
        Scheduler scheduler;

        operation(Rcvr &&rcvr, Scheduler scheduler) : rcvr(std::move(rcvr)), scheduler(scheduler)
        {
        }
        operation(operation &&) = delete;

        static void run(work *self) noexcept
        {
            Rcvr &rcvr = static_cast<operation *>(self)->rcvr;
            if (rcvr.get_env().stop_token.stop_requested()) {
                PROBE(SET_STOPPED);
                std::move(rcvr).set_stopped();
            } else {
                PROBE(SET_VALUE);
                std::move(rcvr).set_value();
            }
        }
        void start() & noexcept
        {
            PROBE(START);
            execute = run;
            post_work(scheduler, this);
        }
    };

    Scheduler scheduler;

    template <class Rcvr> operation<Rcvr> connect(Rcvr rcvr) const
    {
        PROBE(CONNECT);
        PROBE(OP_STATE_BUILT);
        return {std::move(rcvr), scheduler};
    }
};

#endif

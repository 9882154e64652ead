/* The bridges whose await_suspend agrees with the receiver who of them resumes: who comes second. They agree
 *
 *     exchange_awaitable     by exchanging a flag: beman.execution since 2025-11-07 (detail/sender_awaitable.hpp:111)
 *     thread_id_awaitable    by the awaiting thread's id: stdexec since 2026-04-27 (__as_awaitable.hpp:330)
 *
 * sender/handshake_awaitable.h tells more of both, and of the two that no library ships.
 */
#ifndef ABREAST_BENCH_CXX_HANDSHAKE_AWAITABLE_HPP
#define ABREAST_BENCH_CXX_HANDSHAKE_AWAITABLE_HPP

#include "bench/cxx/sender_awaitable.hpp"

#include <atomic>
#include <pthread.h>
#include <sched.h>
#include <utility>

struct exchange {
    std::atomic<bool> second = false;

    /* True when the completion has to resume. */
    bool complete() noexcept
    {
        return second.exchange(true, std::memory_order_acq_rel);
    }
    /* Whether the completion has come, as far as the awaiting thread can tell. */
    bool completed() const noexcept
    {
        return second.load(std::memory_order_acquire);
    }
    /* start has returned: true when await_suspend has to resume. */
    bool settle() noexcept
    {
        return second.exchange(true, std::memory_order_acq_rel);
    }
};

/* A pthread_t is what a std::thread::id is made of; 0 is nobody. */
struct thread_id {
    std::atomic<pthread_t> word = pthread_self();

    bool complete() noexcept
    {
        pthread_t here = pthread_self();
        if (word.load(std::memory_order_relaxed) == here) {
            word.store(0, std::memory_order_relaxed);
            return false;
        }
        if (word.exchange(here, std::memory_order_acquire) != 0)
            while (word.load(std::memory_order_acquire) != 0)
                sched_yield();
        return true;
    }
    bool completed() const noexcept
    {
        return word.load(std::memory_order_relaxed) == 0;
    }
    bool settle() noexcept
    {
        return word.exchange(0, std::memory_order_release) == 0;
    }
};

/* The same, but either side looks at the word before it exchanges it. No library ships it. */
struct thread_id_look_first : thread_id {
    bool complete() noexcept
    {
        if (word.load(std::memory_order_acquire) == 0)
            return true;
        return thread_id::complete();
    }
    bool settle() noexcept
    {
        return word.load(std::memory_order_relaxed) == 0 || thread_id::settle();
    }
};

/* A flag, where the operation completes on the awaiting thread. */
struct one_thread {
    bool second = false;

    bool complete() noexcept
    {
        return std::exchange(second, true);
    }
    bool completed() const noexcept
    {
        return second;
    }
    bool settle() noexcept
    {
        return std::exchange(second, true);
    }
};

/* `early`: the operation is started before the coroutine suspends, and await_ready says whether it has completed, as
 * sender/ready_flag_awaitable.h does it. */
template <class By, class Sndr, class Promise, bool early = false>
class handshake_awaitable : stored_outcome<single_value_t<Sndr>, Promise>
{
    using receiver = storing_receiver<handshake_awaitable>;
    friend receiver;

    By by;
    connect_result_t<Sndr, receiver> state;

    void completed() noexcept
    {
        if (!by.complete())
            return;
        PROBE(NESTED_RESUME);
        this->next().resume();
    }

  public:
    handshake_awaitable(Sndr &&sndr, Promise &promise)
        : stored_outcome<single_value_t<Sndr>, Promise>{{}, std::coroutine_handle<Promise>::from_promise(promise)},
          state(std::move(sndr).connect(receiver{this}))
    {
        PROBE(RECEIVER_BUILT);
    }
    static constexpr bool await_ready() noexcept
        requires(!early)
    {
        PROBE(READINESS);
        return false;
    }
    bool await_ready() noexcept
        requires early
    {
        PROBE(READINESS);
        state.start();
        return by.completed() && this->result.index() != 0;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise>) noexcept
    {
        PROBE(SUSPEND);
        if constexpr (!early)
            state.start();
        if (by.settle())
            return transferring(this->next());
        return std::noop_coroutine();
    }
    single_value_t<Sndr> await_resume()
    {
        PROBE(RESUME);
        PROBE(EXTRACT);
        return take_result(this->result);
    }
};

template <class Sndr, class Promise> using exchange_awaitable = handshake_awaitable<exchange, Sndr, Promise>;
template <class Sndr, class Promise> using thread_id_awaitable = handshake_awaitable<thread_id, Sndr, Promise>;
template <class Sndr, class Promise>
using look_first_awaitable = handshake_awaitable<thread_id_look_first, Sndr, Promise>;
template <class Sndr, class Promise>
using early_exchange_awaitable = handshake_awaitable<exchange, Sndr, Promise, true>;
template <class Sndr, class Promise>
using early_one_thread_awaitable = handshake_awaitable<one_thread, Sndr, Promise, true>;
template <class Sndr, class Promise>
using early_thread_id_awaitable = handshake_awaitable<thread_id, Sndr, Promise, true>;

#endif

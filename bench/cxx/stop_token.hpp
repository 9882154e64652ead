/* inplace_stop_source, inplace_stop_token and inplace_stop_callback ([stopsource.inplace], [stoptoken.inplace],
 * [stopcallback.inplace]), which C++20's library does not have: the state lies in the source and nothing is allocated.
 *
 * As in stdexec a bit of the state guards the list for a few instructions at a time, and whoever has to wait yields.
 */
#ifndef ABREAST_BENCH_CXX_STOP_TOKEN_HPP
#define ABREAST_BENCH_CXX_STOP_TOKEN_HPP

#include <atomic>
#include <cstdint>
#include <pthread.h>
#include <sched.h>
#include <utility>

class inplace_stop_source;

class stop_callback_base
{
    friend inplace_stop_source;

    stop_callback_base *next = nullptr, **link = nullptr;

  protected:
    void (*invoke)(stop_callback_base *) noexcept;

    explicit stop_callback_base(void (*invoke)(stop_callback_base *) noexcept) : invoke(invoke)
    {
    }
};

class inplace_stop_source
{
    enum : unsigned char { REQUESTED = 1, LOCKED = 2 };

    std::atomic<unsigned char> state = 0;
    stop_callback_base *callbacks = nullptr;
    std::atomic<stop_callback_base *> running = nullptr;
    pthread_t runner = {};

    unsigned char lock() noexcept
    {
        unsigned char seen;
        while ((seen = state.fetch_or(LOCKED, std::memory_order_acquire)) & LOCKED)
            sched_yield();
        return seen;
    }
    void unlock() noexcept
    {
        state.fetch_and(static_cast<unsigned char>(~LOCKED), std::memory_order_release);
    }

  public:
    inplace_stop_source() = default;
    inplace_stop_source(inplace_stop_source &&) = delete;

    bool stop_requested() const noexcept
    {
        return state.load(std::memory_order_acquire) & REQUESTED;
    }
    bool request_stop() noexcept
    {
        if (lock() & REQUESTED) {
            unlock();
            return false;
        }
        state.fetch_or(REQUESTED, std::memory_order_release);
        runner = pthread_self();
        while (stop_callback_base *callback = callbacks) {
            unlink(callback);
            running = callback;
            unlock();
            callback->invoke(callback);
            lock();
            running = nullptr;
        }
        unlock();
        return true;
    }
    /* False when stop had been requested: the callback is not registered. */
    bool add(stop_callback_base *callback) noexcept
    {
        bool requested = lock() & REQUESTED;
        if (!requested) {
            callback->next = callbacks;
            callback->link = &callbacks;
            if (callbacks)
                callbacks->link = &callback->next;
            callbacks = callback;
        }
        unlock();
        return !requested;
    }
    void remove(stop_callback_base *callback) noexcept
    {
        lock();
        bool runs = running == callback && !pthread_equal(runner, pthread_self());
        if (callback->link)
            unlink(callback);
        unlock();
        while (runs && running == callback)
            sched_yield();
    }

  private:
    static void unlink(stop_callback_base *callback) noexcept
    {
        *callback->link = callback->next;
        if (callback->next)
            callback->next->link = callback->link;
        callback->link = nullptr;
    }
};

struct inplace_stop_token {
    inplace_stop_source *source = nullptr;

    bool stop_requested() const noexcept
    {
        return source && source->stop_requested();
    }
};

template <class Fn> class inplace_stop_callback : stop_callback_base
{
    Fn fn;
    inplace_stop_source *source;

    static void call(stop_callback_base *self) noexcept
    {
        static_cast<inplace_stop_callback *>(self)->fn();
    }

  public:
    inplace_stop_callback(inplace_stop_token token, Fn fn)
        : stop_callback_base(call), fn(std::move(fn)), source(token.source)
    {
        if (source && !source->add(this)) {
            source = nullptr;
            this->fn();
        }
    }
    inplace_stop_callback(inplace_stop_callback &&) = delete;
    ~inplace_stop_callback()
    {
        if (source)
            source->remove(this);
    }
};

#endif

/* The libraries of `finals` in which not the task object alone owns the coroutine's frame, as bench/finals/<library>.c
 * has them: Boost.Cobalt, whose coroutines destroy themselves, asyncpp, whose count references, and Asio, whose thread
 * of execution keeps a stack of frames. */
#include "bench/cxx/final_asio.hpp"
#include "bench/cxx/final_shapes.hpp"
#include "bench/cxx/owned_handle.hpp"

#include <atomic>
#include <cstdint>

namespace
{

/* ---- Boost.Cobalt: task (detail/task.hpp:177, :358) and promise (detail/promise.hpp:190, :383) ---- */

struct cobalt_promise_type;

/* The result lies in the object that the call returned. */
struct cobalt_receiver {
    cobalt_promise_type *promise = nullptr; /* null: ended */
    ssize_t value = 0;
    std::exception_ptr error = {};
    bool done = false;
    std::coroutine_handle<> awaited_from = nullptr;

    explicit cobalt_receiver(cobalt_promise_type *promise);
    cobalt_receiver(cobalt_receiver &&other) noexcept;

    ssize_t result() const
    {
        if (error)
            std::rethrow_exception(error);
        return value;
    }
};

struct cobalt_promise_type : returning_promise {
    cobalt_receiver *receiver = nullptr;

    struct final_awaiter {
        cobalt_promise_type *promise;

        bool await_ready() noexcept
        {
            return !promise->receiver->awaited_from;
        }
        template <class Promise>
        [[gnu::noinline]] std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> coroutine) noexcept
        {
            std::coroutine_handle<> awaited_from = std::exchange(promise->receiver->awaited_from, nullptr);
            coroutine.destroy();
            return awaited_from;
        }
        void await_resume() noexcept
        {
        }
    };

    final_awaiter final_suspend() noexcept
    {
        return {this};
    }
    void return_value(ssize_t value) noexcept
    {
        receiver->value = value;
        receiver->done = true;
    }
    void unhandled_exception() noexcept
    {
        receiver->error = std::current_exception();
        receiver->done = true;
    }
};

cobalt_receiver::cobalt_receiver(cobalt_promise_type *promise) : promise(promise)
{
    promise->receiver = this;
}

inline cobalt_receiver::cobalt_receiver(cobalt_receiver &&other) noexcept
    : promise(other.promise), value(other.value), error(std::move(other.error)), done(other.done),
      awaited_from(other.awaited_from)
{
    if (!done)
        promise->receiver = this;
}

struct cobalt_task {
    struct promise_type : cobalt_promise_type {
        cobalt_task get_return_object()
        {
            return {cobalt_receiver(this)};
        }
        std::suspend_always initial_suspend() noexcept
        {
            return {};
        }
    };

    cobalt_receiver receiver;

    std::coroutine_handle<promise_type> handle() noexcept
    {
        return std::coroutine_handle<promise_type>::from_promise(static_cast<promise_type &>(*receiver.promise));
    }
    bool await_ready() const noexcept
    {
        return receiver.done;
    }
    [[gnu::noinline]] std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept
    {
        if (receiver.done)
            return awaiting;
        receiver.awaited_from = awaiting;
        return handle();
    }
    ssize_t await_resume()
    {
        return receiver.result();
    }
};

struct cobalt {
    using task = cobalt_task;

    struct outside : suspended_outside {
        void start(task &started)
        {
            started.receiver.awaited_from = std::noop_coroutine();
            started.handle().resume();
        }
    };

    static ssize_t result(task &ended)
    {
        return ended.receiver.result();
    }
};

/* Eager: the call runs the body until it first suspends. */
struct eager_task {
    struct promise_type : cobalt_promise_type {
        eager_task get_return_object()
        {
            return {cobalt_receiver(this)};
        }
        std::suspend_never initial_suspend() noexcept
        {
            return {};
        }
    };

    cobalt_receiver receiver;

    bool await_ready() const noexcept
    {
        return receiver.done;
    }
    bool await_suspend(std::coroutine_handle<> awaiting) noexcept
    {
        if (receiver.done)
            return false;
        receiver.awaited_from = awaiting;
        return true;
    }
    ssize_t await_resume()
    {
        return receiver.result();
    }
};

struct eager {
    using task = eager_task;

    struct outside : suspended_outside {
        void start(task &)
        {
        }
    };

    static ssize_t result(task &ended)
    {
        return ended.receiver.result();
    }
};

/* ---- asyncpp (task.hpp:22, :87-92; event.hpp:27, :125) ---- */

/* An enclosing coroutine may be of another type. */
struct resumable {
    virtual void resume() = 0;

  protected:
    ~resumable() = default;
};

struct event_awaiter {
    resumable *enclosing = nullptr;
};

class event
{
    std::atomic<event_awaiter *> awaiter = nullptr;

    static event_awaiter *closed() noexcept
    {
        return reinterpret_cast<event_awaiter *>(UINTPTR_MAX);
    }

  public:
    bool ready() const noexcept
    {
        return awaiter.load(std::memory_order_relaxed) == closed();
    }
    /* False when the event has been set by now. */
    bool await(event_awaiter *waiting) noexcept
    {
        event_awaiter *expected = nullptr;
        awaiter.compare_exchange_strong(expected, waiting);
        return expected != closed();
    }
    void set()
    {
        if (event_awaiter *waiting = awaiter.exchange(closed()))
            waiting->enclosing->resume();
    }
};

struct asyncpp_task {
    struct promise_type final : returning_promise, resumable {
        std::atomic<std::size_t> references = 1;
        std::atomic_flag started = ATOMIC_FLAG_INIT;
        bool holds_itself = false;
        event done;

        struct final_awaiter {
            bool await_ready() noexcept
            {
                return false;
            }
            void await_suspend(std::coroutine_handle<promise_type> coroutine) noexcept
            {
                promise_type &promise = coroutine.promise();
                promise.done.set();
                if (std::exchange(promise.holds_itself, false))
                    promise.release();
            }
            void await_resume() noexcept
            {
            }
        };

        asyncpp_task get_return_object()
        {
            return asyncpp_task(this);
        }
        std::suspend_always initial_suspend() noexcept
        {
            return {};
        }
        final_awaiter final_suspend() noexcept
        {
            return {};
        }
        void resume() override
        {
            std::coroutine_handle<promise_type>::from_promise(*this).resume();
        }
        void start()
        {
            if (started.test_and_set(std::memory_order_relaxed))
                return;
            references.fetch_add(1);
            holds_itself = true;
            resume();
        }
        void release() noexcept
        {
            if (references.fetch_sub(1) == 1)
                std::coroutine_handle<promise_type>::from_promise(*this).destroy();
        }
    };

    struct awaiter : event_awaiter {
        promise_type *promise;

        explicit awaiter(promise_type *promise) : promise(promise)
        {
        }
        bool await_ready() const noexcept
        {
            return promise->done.ready();
        }
        template <class Promise> bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept
        {
            enclosing = &awaiting.promise();
            return promise->done.await(this);
        }
        ssize_t await_resume()
        {
            return promise->result();
        }
    };

    promise_type *promise; /* a reference */

    explicit asyncpp_task(promise_type *promise) : promise(promise)
    {
    }
    asyncpp_task(asyncpp_task &&other) noexcept : promise(std::exchange(other.promise, nullptr))
    {
    }
    ~asyncpp_task()
    {
        if (promise)
            promise->release();
    }
    awaiter operator co_await()
    {
        promise->start();
        return awaiter(promise);
    }
};

struct asyncpp {
    using task = asyncpp_task;

    struct outside : suspended_outside {
        void start(task &started)
        {
            started.promise->start();
        }
    };

    static ssize_t result(task &ended)
    {
        return ended.promise->result();
    }
};

} // namespace

const stack_variant cobalt_variants[] = {FINAL_VARIANTS(cobalt, "", ()), last_variant};
const stack_variant cobalt_promise_variants[] = {FINAL_VARIANTS(eager, "", (RETURNS_FIRST, NOTHING)), last_variant};
const stack_variant asyncpp_variants[] = {FINAL_VARIANTS(asyncpp, "", (RETURNS_FIRST)), last_variant};
const stack_variant asio_variants[] = {FINAL_VARIANTS(asio, "", ()), last_variant};

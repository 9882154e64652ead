/* Where a boost::capy::task runs here: an execution context for one thread, and its executor, as Capy's concepts want
 * them. It inherits Capy's frame allocator, which recycles; boost::capy::run_async starts the task.
 *
 * Capy is a library with a compiled part. What of it the tasks rest on is compiled here, from the checkout, so this
 * header goes into one translation unit of an executable.
 *
 * Threads: one. Errors: 0 or negative errno, and no exception comes out.
 */
#ifndef ABREAST_BENCH_PEERS_CAPY_CONTEXT_HPP
#define ABREAST_BENCH_PEERS_CAPY_CONTEXT_HPP

#include <boost/capy/continuation.hpp>
#include <boost/capy/ex/execution_context.hpp>
#include <boost/capy/ex/frame_allocator.hpp>
#include <boost/capy/ex/run_async.hpp>
#include <boost/capy/task.hpp>

#include <../src/detail/except.cpp>
#include <../src/ex/execution_context.cpp>
#include <../src/ex/recycling_memory_resource.cpp>

#include <cerrno>
#include <coroutine>
#include <deque>
#include <exception>
#include <new>

class capy_context : public boost::capy::execution_context
{
  public:
    template <class T> using task = boost::capy::task<T>;

    class executor_type
    {
      public:
        explicit executor_type(capy_context &of) noexcept : of_(&of)
        {
        }
        bool operator==(const executor_type &) const noexcept = default;
        capy_context &context() const noexcept
        {
            return *of_;
        }
        void on_work_started() const noexcept
        {
        }
        void on_work_finished() const noexcept
        {
        }
        /* There is one thread, and this is it. */
        std::coroutine_handle<> dispatch(boost::capy::continuation &of) const
        {
            return of.h;
        }
        void post(boost::capy::continuation &of) const
        {
            of_->posted_.push_back(of.h);
        }

      private:
        capy_context *of_;
    };

    ~capy_context()
    {
        shutdown();
        destroy();
    }

    /* Runs the task that `make` makes to its end. Capy wants it made in this very expression: its frame comes from the
     * allocator that run_async has set by then. */
    template <class Make> int run(Make make)
    try {
        bool ended = false;
        std::exception_ptr thrown;
        boost::capy::run_async(
            executor_type(*this), [&ended]() noexcept { ended = true; },
            [&ended, &thrown](std::exception_ptr exception) noexcept {
                ended = true;
                thrown = exception;
            })(make());
        while (!posted_.empty()) {
            std::coroutine_handle<> next = posted_.front();
            posted_.pop_front();
            boost::capy::safe_resume(next);
        }
        if (thrown)
            std::rethrow_exception(thrown);
        return ended ? 0 : -EPROTO;
    } catch (const std::bad_alloc &) {
        return -ENOMEM;
    } catch (...) {
        return -EPROTO;
    }

  private:
    std::deque<std::coroutine_handle<>> posted_;
};

#endif

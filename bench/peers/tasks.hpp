/* The cells that every library with a task type has: in `frames` chains of tasks, in `stack` (await=task) a task that
 * awaits, in a loop, tasks that return at once. An adapter says what a task is, and how one runs to its end:
 *
 *     struct library {                              // default constructible; one lives as long as an opened cell
 *         template <class T> using task = ...;      // of uint64_t, and of void
 *         template <class Make> int run(Make make); // runs the task<void> that make() returns: 0 or negative errno
 *     };
 *     extern const library_chains library_chains_of_it;
 *     const library_chains library_chains_of_it = library_tasks<library>::chains;
 *
 * and names library_tasks<library>::run_stack in its table of variants. `run` calls make() where the library wants its
 * tasks made. No exception comes out of it.
 */
#ifndef ABREAST_BENCH_PEERS_TASKS_HPP
#define ABREAST_BENCH_PEERS_TASKS_HPP

#include "bench/peers/library.h"
#include "bench/stack/mechanism.h"

#include <cerrno>
#include <exception>
#include <new>

template <class Library> class library_tasks
{
    template <class T> using task = typename Library::template task<T>;

    struct opened {
        unsigned depth;
        Library library;

        explicit opened(unsigned given) : depth(given)
        {
        }
    };

    static task<uint64_t> link(unsigned height)
    {
        unsigned char local[LIBRARY_LOCAL_BYTES];
        local[0] = static_cast<unsigned char>(height);
        if (local[0] == 1)
            co_return 1;
        uint64_t below = co_await link(local[0] - 1u);
        co_return below + local[0];
    }

    static task<void> root(unsigned depth, uint64_t frames, uint64_t &sum)
    {
        while (frames > 0) {
            unsigned height = frames < depth ? static_cast<unsigned>(frames) : depth;
            sum += co_await link(height);
            frames -= height;
        }
    }

    static int open(unsigned depth, void **state)
    try {
        *state = new opened(depth);
        return 0;
    } catch (const std::bad_alloc &) {
        return -ENOMEM;
    } catch (...) {
        return -EPROTO;
    }

    static int run(void *state, uint64_t frames, uint64_t *sum)
    {
        opened &self = *static_cast<opened *>(state);
        *sum = 0;
        return self.library.run([&self, frames, sum] { return root(self.depth, frames, *sum); });
    }

    static void close(void *state)
    {
        delete static_cast<opened *>(state);
    }

    static task<uint64_t> at_once(uint64_t value)
    {
        co_return value;
    }

    static task<void> awaiting(stack_job *job)
    {
        while (job->made < job->completions)
            stack_job_completed(job, co_await at_once(job->made));
    }

  public:
    static constexpr library_chains chains = {open, run, close};

    static int run_stack(stack_job *job)
    {
        Library library;
        return library.run([job] { return awaiting(job); });
    }
};

#endif

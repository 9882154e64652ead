/* Coroutine frames in the other language's hands: held, resumed, asked whether they are done, and destroyed. */
#include "tests/cxx/rule.hpp"

using abreast::c_task;
using abreast::from_c;
using abreast::to_c;

namespace
{

bare count_to(unsigned last, unsigned *count, unsigned *ended)
{
    ends_with local{ended};
    while (*count < last) {
        ++*count;
        co_await std::suspend_always{};
    }
}

cxx_task<ssize_t> value(ssize_t value)
{
    co_return value;
}

cxx_task<ssize_t> relay(c_task child, unsigned *ended)
{
    ends_with local{ended};
    co_return co_await child + 1;
}

} // namespace

void rule_c_holds_and_resumes_a_cxx_frame(place)
{
    unsigned count = 0, ended = 0;
    coro *held = to_c(count_to(5, &count, &ended).handle);
    CHECK(!c_done(held));
    c_resume(held);
    CHECK_EQ(count, 1);
    CHECK(!c_done(held));
    CHECK_EQ(c_resume_until_done(held), 5);
    CHECK_EQ(count, 5);
    CHECK_EQ(ended, 1);
    CHECK(c_done(held));
    c_destroy(held);
    CHECK_EQ(ended, 1);
}

void rule_cxx_holds_and_resumes_a_c_frame(place)
{
    counting_coro frame;
    counting_coro_init(&frame, 3);
    std::coroutine_handle<> held = from_c(&frame.coro);
    for (unsigned resumed = 0; !held.done(); resumed++) {
        CHECK_EQ(frame.resumed, resumed);
        held.resume();
    }
    CHECK_EQ(frame.resumed, 4);
    CHECK(c_done(to_c(held)));
    held.destroy();
    CHECK(frame.destroyed);
}

void rule_destroying_a_held_frame_ends_its_locals(place)
{
    unsigned count = 0, ended = 0;
    coro *held = to_c(count_to(5, &count, &ended).handle);
    c_destroy(held); /* never begun: there are no locals */
    CHECK_EQ(ended, 0);
    held = to_c(count_to(5, &count, &ended).handle);
    c_resume(held);
    c_destroy(held);
    CHECK_EQ(count, 1);
    CHECK_EQ(ended, 1);
}

/* Each language resumes and destroys the other's. */
void rule_noop_coroutine_of_either_language(place)
{
    std::coroutine_handle<> c = from_c(noop_coroutine());
    c.resume();
    CHECK(!c.done());
    c.destroy();
    coro *cxx = to_c(std::noop_coroutine());
    c_resume(cxx);
    CHECK(!c_done(cxx));
    c_destroy(cxx);
}

namespace
{

/* After the suspension its children's frames come from where its own did, whatever the channel was meanwhile. */
cxx_task<ssize_t> parent(parking *parking, frame_allocator *expected)
{
    CHECK(get_current_frame_allocator() == expected);
    ssize_t got = co_await *parking;
    CHECK(get_current_frame_allocator() == expected);
    got += co_await value(10);
    got += co_await c_task(c_value(100));
    co_return got;
}

} // namespace

void rule_frame_allocator_channel_reaches_operator_new(place)
{
    frames mine, others;
    parking parking = {};
    c_launch launch;
    abreast::frame_allocator_scope outside(&others.allocator.base);
    cxx_task<ssize_t> given;
    {
        abreast::frame_allocator_scope scope(&mine.allocator.base);
        given = parent(&parking, &mine.allocator.base);
        CHECK_EQ(mine.allocator.allocated, 1);
    }
    CHECK_EQ(c_start(&launch, given.release(), &mine.env), -EINPROGRESS);
    CHECK(get_current_frame_allocator() == &others.allocator.base);
    CHECK_EQ(mine.allocator.allocated, 1);
    c_resume(parking.waiting);
    CHECK_EQ(launch.result, 111);
    CHECK(get_current_frame_allocator() == &others.allocator.base);
    CHECK_EQ(mine.allocator.allocated, 3);
    CHECK_EQ(mine.allocator.freed, 3);
    CHECK_EQ(others.allocator.allocated, 0);
}

namespace
{

cxx_task<ssize_t> without_memory(test_allocator *allocator)
{
    allocator->failing = true;
    cxx_task<ssize_t> child = value(1);
    c_task c_child(value(1).release());
    allocator->failing = false;
    CHECK(!child);
    CHECK(!c_child);
    CHECK_EQ(co_await c_child, -ENOMEM);
#if defined __cpp_exceptions
    try {
        co_await child;
    } catch (const std::bad_alloc &) {
        co_return 1;
    }
    co_return 0;
#else
    co_return 1;
#endif
}

} // namespace

void rule_failed_allocation_is_an_empty_task(place)
{
    frames frames;
    c_launch launch;
    abreast::frame_allocator_scope scope(&frames.allocator.base);
    frames.allocator.failing = true;
    CHECK(value(1).release() == nullptr);
    CHECK_EQ(frames.allocator.allocated, 0);
    frames.allocator.failing = false;
    CHECK_EQ(c_start(&launch, without_memory(&frames.allocator).release(), &frames.env), 1);
}

namespace
{

/* C awaits C++ awaits C ... `pairs` times, and the innermost is parked. */
struct chain {
    enum { pairs = 5 };

    parking parked = {};
    unsigned ended = 0;
    c_launch launch;

    void start(struct frames *frames)
    {
        abreast::frame_allocator_scope scope(&frames->allocator.base);
        task *top = c_park(&parked, 0);
        for (int i = 0; i < pairs; i++)
            top = c_relay(relay(c_task(top), &ended).release(), 1);
        CHECK(top != nullptr);
        CHECK_EQ(frames->allocator.allocated, 2 * pairs + 1);
        CHECK_EQ(c_start(&launch, top, &frames->env), -EINPROGRESS);
        CHECK(parked.waiting != nullptr);
        CHECK_EQ(ended, 0);
    }
};

} // namespace

void rule_destroying_a_mixed_chain_frees_every_frame(place)
{
    frames from_the_top, on_its_way;
    chain destroyed, resumed;

    destroyed.start(&from_the_top);
    c_abandon(&destroyed.launch);
    CHECK_EQ(destroyed.launch.result, -EINPROGRESS);
    CHECK_EQ(destroyed.ended, chain::pairs);
    CHECK_EQ(from_the_top.allocator.freed, 2 * chain::pairs + 1);

    resumed.start(&on_its_way);
    c_resume(resumed.parked.waiting);
    CHECK_EQ(resumed.launch.result, 2 * chain::pairs);
    CHECK_EQ(resumed.ended, chain::pairs);
    CHECK_EQ(on_its_way.allocator.freed, 2 * chain::pairs + 1);
}

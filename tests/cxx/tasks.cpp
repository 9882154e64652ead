/* Tasks that await tasks of the other language: results, stack, exceptions. */
#include "tests/cxx/rule.hpp"

#include <stdexcept>

using abreast::c_task;

namespace
{

cxx_task<ssize_t> value(ssize_t value)
{
    co_return value;
}

cxx_task<ssize_t> relay(c_task child, ssize_t add)
{
    co_return co_await child + add;
}

task *cxx_value(ssize_t given)
{
    return value(given).release();
}

} // namespace

void rule_cxx_frame_is_a_struct_task(place)
{
    frames frames;
    c_launch launch;
    cxx_task<ssize_t> given = value(7);
    task *frame = given.get();
    auto handle = std::coroutine_handle<cxx_task<ssize_t>::promise_type>::from_address(frame);
    CHECK(handle.promise().task() == frame);
    CHECK(!handle.done());
    CHECK(frame->continuation == nullptr);
    CHECK_EQ(c_start(&launch, given.release(), &frames.env), 7);
}

void rule_c_coroutine_awaits_a_cxx_task(place)
{
    frames frames;
    c_launch launch;
    abreast::frame_allocator_scope scope(&frames.allocator.base);
    CHECK_EQ(c_start(&launch, c_relay(cxx_value(40), 2), &frames.env), 42);
    CHECK_EQ(c_start(&launch, c_repeat(cxx_value, 101), &frames.env), 5050);
    CHECK_EQ(frames.allocator.allocated, 2 + 102);
}

void rule_cxx_coroutine_awaits_a_c_task(place)
{
    frames frames;
    c_launch launch;
    parking parking = {};
    abreast::frame_allocator_scope scope(&frames.allocator.base);
    CHECK_EQ(c_start(&launch, relay(c_task(c_value(40)), 2).release(), &frames.env), 42);
    CHECK_EQ(c_start(&launch, relay(c_task(c_park(&parking, 40)), 2).release(), &frames.env), -EINPROGRESS);
    c_resume(parking.waiting);
    CHECK_EQ(launch.result, 42);
}

void rule_result_passes_up_a_mixed_chain(place)
{
    enum { PAIRS = 100 };
    frames frames;
    c_launch launch;
    abreast::frame_allocator_scope scope(&frames.allocator.base);
    c_task top(cxx_value(0));
    for (int i = 0; i < PAIRS; i++)
        top = c_task(c_relay(relay(std::move(top), 2).release(), 1));
    CHECK_EQ(c_start(&launch, top.release(), &frames.env), 3 * PAIRS);
}

namespace
{

constexpr ssize_t TURNS = 200000;

cxx_task<ssize_t> repeat(ssize_t times)
{
    ssize_t sum = 0;
    for (ssize_t i = 0; i < times; i++)
        sum += co_await c_task(c_value(i));
    co_return sum;
}

/* A C++ loop over C tasks, and a C loop over C++ tasks. */
void *transfer_back_and_forth(void *given)
{
    const struct frames *frames = static_cast<struct frames *>(given);
    c_launch launch;
    constexpr ssize_t sum = TURNS * (TURNS - 1) / 2;
    CHECK_EQ(c_start(&launch, repeat(TURNS).release(), &frames->env), sum);
    CHECK_EQ(c_start(&launch, c_repeat(cxx_value, TURNS), &frames->env), sum);
    return nullptr;
}

} // namespace

/* Four hundred thousand transfers each way, on a stack that holds no more than some hundred calls. */
void rule_transfers_between_languages_use_no_stack(place)
{
    frames frames;
    pthread_attr_t attributes;
    pthread_t thread;
    CHECK_EQ(pthread_attr_init(&attributes), 0);
    CHECK_EQ(pthread_attr_setstacksize(&attributes, 128 << 10), 0);
    CHECK_EQ(pthread_create(&thread, &attributes, transfer_back_and_forth, &frames), 0);
    CHECK_EQ(pthread_join(thread, nullptr), 0);
    CHECK_EQ(pthread_attr_destroy(&attributes), 0);
}

namespace
{

enum class failure { runtime_error, broken_pipe, no_memory, number };

cxx_task<ssize_t> thrower(failure kind)
{
    switch (kind) {
    case failure::runtime_error:
        THROW(std::runtime_error("from below"));
    case failure::broken_pipe:
        THROW(std::system_error(EPIPE, std::generic_category()));
    case failure::no_memory:
        THROW(std::bad_alloc());
    case failure::number:
        THROW(7);
    }
    co_return 0;
}

[[maybe_unused]] cxx_task<void> rethrowing(cxx_task<ssize_t> below, unsigned *ended)
{
    ends_with local{ended};
    (void)co_await below;
}

cxx_task<ssize_t> catching(unsigned *ended)
{
#if defined __cpp_exceptions
    try {
        co_await rethrowing(thrower(failure::runtime_error), ended);
    } catch (const std::runtime_error &error) {
        CHECK_EQ(*ended, 1);
        co_return strcmp(error.what(), "from below") == 0;
    }
#endif
    (void)ended;
    co_return -1;
}

bare throws_at_second_resumption(unsigned *ended)
{
    ends_with local{ended};
    co_await std::suspend_always{};
    THROW(std::runtime_error("through C"));
}

} // namespace

void rule_exception_is_rethrown_to_its_cxx_awaiter(place)
{
    frames frames;
    c_launch launch;
    unsigned ended = 0;
    abreast::frame_allocator_scope scope(&frames.allocator.base);
    CHECK_EQ(c_start(&launch, catching(&ended).release(), &frames.env), 1);
}

/* Also where another C coroutine is between. */
void rule_exception_is_an_errno_to_its_c_awaiter(place)
{
    const struct {
        failure kind;
        int error;
    } expected[] = {{failure::runtime_error, ENOTRECOVERABLE},
                    {failure::broken_pipe, EPIPE},
                    {failure::no_memory, ENOMEM},
                    {failure::number, ENOTRECOVERABLE}};
    frames frames;
    c_launch launch;
    abreast::frame_allocator_scope scope(&frames.allocator.base);
    for (auto [kind, error] : expected)
        CHECK_EQ(c_start(&launch, c_relay(c_relay(thrower(kind).release(), 1), 1), &frames.env), -error);
}

/* A coroutine that lets an exception out of resume(), resumed by C. */
void rule_exception_passes_through_c_frames(place)
{
    unsigned ended = 0;
    bool cleaned = false;
    coro *held = abreast::to_c(throws_at_second_resumption(&ended).handle);
    c_resume_with_cleanup(held, &cleaned);
    CHECK(cleaned);
    CHECK_EQ(ended, 0);
    cleaned = false;
    check_throws<std::runtime_error>([&] { c_resume_with_cleanup(held, &cleaned); },
                                     [](const auto &error) { return strcmp(error.what(), "through C") == 0; });
    CHECK(cleaned);
    CHECK_EQ(ended, 1);
    CHECK(c_done(held));
    c_destroy(held);
}

/* C++ coroutines that read and write by the C awaitables, on each backend of the reactor. */
#include "tests/cxx/rule.hpp"

#include <array>
#include <vector>

using abreast::read_some;
using abreast::run;
using abreast::write_some;

namespace
{

using bytes = std::vector<unsigned char>;

sim_script script(unsigned delay_max)
{
    sim_script script = {};
    script.seed = 7;
    script.short_share = 300;
    script.delay_max = delay_max;
    return script;
}

/* A reactor, a run_loop, and a connection. On sim there is no far end: what is written is kept beside what was given.
 */
struct world {
    enum { TOTAL = 40000, PIECE = 16 };

    place at;
    reactor *io;
    run_loop loop;
    test_allocator allocator;
    bytes given, received;
    memory_stream sim;
    stream ends[2];
    abreast::frame_allocator_scope scope{&allocator.base};

    world(place, sim_script);
    ~world();
    world(const world &) = delete;

    stream &near()
    {
        return at.backend == REACTOR_SIM ? sim.stream : ends[0];
    }
    void close_far_end()
    {
        if (at.backend != REACTOR_SIM)
            stream_close(&ends[1]);
    }
};

world::world(place place, sim_script script) : at(place), given(TOTAL), received(TOTAL)
{
    const unsigned sync_shares[] = {0, 1000, 400};
    test_allocator_init(&allocator);
    for (std::size_t i = 0; i < given.size(); i++)
        given[i] = static_cast<unsigned char>(i * 131 + i / 251);
    script.sync_share = sync_shares[place.mode];
    reactor_options options = {};
    options.backend = place.backend;
    options.script = script;
    const char *reason;
    int status = reactor_create(&io, &options, &reason);
    if (place.backend == REACTOR_IO_URING && (status == -EPERM || status == -EACCES || status == -ENOSYS)) {
        printf("skipped: %s\n", reason);
        exit(77);
    }
    CHECK_EQ(status, 0);
    CHECK_EQ(run_loop_init(&loop, io), 0);
    if (place.backend == REACTOR_SIM)
        CHECK_EQ(sim_stream_init(&sim, io, given.data(), TOTAL, TOTAL, PIECE, received.data(), TOTAL), 0);
    else
        CHECK_EQ(stream_open_socketpair(ends, io, place.mode == 1), 0);
}

world::~world()
{
    if (at.backend != REACTOR_SIM)
        for (stream &end : ends)
            stream_close(&end);
    CHECK_EQ(reactor_in_flight(io), 0);
    CHECK_EQ(allocator.allocated, allocator.freed);
    run_loop_destroy(&loop);
    reactor_destroy(io);
}

cxx_task<std::size_t> write_all(stream &stream, std::span<const unsigned char> data)
{
    std::error_code error;
    for (std::size_t sent = 0; sent < data.size();) {
        sent += co_await write_some(stream, data.subspan(sent), error);
        CHECK(!error);
    }
    co_return data.size();
}

cxx_task<std::size_t> echo(stream &stream)
{
    std::array<unsigned char, 1000> buffer;
    std::error_code error;
    std::size_t total = 0;
    while (std::size_t n = co_await read_some(stream, buffer, error))
        total += co_await write_all(stream, std::span(buffer).first(n));
    CHECK(!error);
    co_return total;
}

/* The far end: gives everything in pieces, and reads each back. */
cxx_task<std::size_t> talk(world &world)
{
    stream &stream = world.ends[1];
    std::span<const unsigned char> given = world.given;
    std::span<unsigned char> received = world.received;
    std::error_code error;
    while (!given.empty()) {
        std::size_t piece = co_await write_all(stream, given.first(std::min<std::size_t>(given.size(), 1777)));
        given = given.subspan(piece);
        for (std::size_t got; piece > 0; piece -= got) {
            got = co_await read_some(stream, received.first(piece), error);
            CHECK(got > 0);
            received = received.subspan(got);
        }
    }
    CHECK_EQ(stream_shutdown_write(&stream), 0);
    co_return world.given.size();
}

/* Two tasks at the same time, by C's when_all, which a C++ frame destroys as a C frame's `destroy` would. */
struct owned_when_all {
    struct when_all all = {};

    ~owned_when_all()
    {
        when_all_destroy(&all);
    }
};

cxx_task<ssize_t> both(task *a, task *b)
{
    when_child children[2] = {};
    owned_when_all owned;
    children[0].task = a;
    children[1].task = b;
    when_all(&owned.all, children, 2);
    ssize_t status = co_await owned.all;
    if (status == 0)
        CHECK_EQ(children[0].result, children[1].result);
    co_return status < 0 ? status : children[0].result;
}

} // namespace

void rule_cxx_coroutine_awaits_c_read_and_write(place place)
{
    world world(place, script(5));
    std::size_t echoed;
    if (place.backend == REACTOR_SIM) {
        echoed = run(world.loop, echo(world.near()));
        CHECK_EQ(world.sim.written, world.given.size());
    } else {
        echoed = static_cast<std::size_t>(run(world.loop, both(echo(world.near()).release(), talk(world).release())));
    }
    CHECK_EQ(echoed, world.given.size());
    CHECK(world.received == world.given);
}

namespace
{

cxx_task<ssize_t> value(ssize_t value)
{
    co_return value;
}

cxx_task<ssize_t> sum(abreast::c_task a, cxx_task<ssize_t> b)
{
    auto [from_a, from_b] = co_await abreast::when_all(std::move(a), std::move(b));
    co_return from_a + from_b;
}

} // namespace

/* Of tasks of both languages. A task that could not be made is null in both. */
void rule_cxx_coroutine_awaits_c_when_all(place place)
{
    world world(place, script(5));
    CHECK_EQ(run(world.loop, both(value(3).release(), c_value(3))), 3);
    CHECK_EQ(run(world.loop, both(value(-EPIPE).release(), c_value(3))), -EPIPE);
    CHECK_EQ(run(world.loop, sum(abreast::c_task(c_value(3)), value(4))), 7);
    CHECK_EQ(run(world.loop, sum(abreast::c_task(c_value(-EPIPE)), value(0))), -EPIPE);
    {
        auto never_awaited = abreast::when_all(value(1), value(2));
    }
    world.allocator.failing = true;
    task *none = value(3).release();
    world.allocator.failing = false;
    CHECK_EQ(run(world.loop, both(none, c_value(3))), -ENOMEM);
}

namespace
{

cxx_task<std::error_code> write_until_error(stream &stream, const bytes &data)
{
    std::error_code error;
    while (!error)
        CHECK(co_await write_some(stream, data, error) > 0 || error);
    co_return error;
}

cxx_task<void> write_for_ever(stream &stream, const bytes &data)
{
    for (;;)
        co_await write_some(stream, data);
}

sim_script third_operation_fails()
{
    sim_script script = ::script(5);
    script.error = EPIPE;
    script.error_at = 3;
    return script;
}

} // namespace

void rule_io_error_is_an_error_code(place place)
{
    world world(place, third_operation_fails());
    world.close_far_end();
    std::error_code error = run(world.loop, write_until_error(world.near(), world.given));
    CHECK(error == std::errc::broken_pipe);
}

void rule_io_error_is_thrown(place place)
{
    world world(place, third_operation_fails());
    world.close_far_end();
    check_throws<std::system_error>([&] { run(world.loop, write_for_ever(world.near(), world.given)); },
                                    [](const auto &error) { return error.code() == std::errc::broken_pipe; });
}

namespace
{

struct stopper {
    work posted;
    stop_source source;
};

void stop(work *posted) noexcept
{
    CHECK(stop_source_request_stop(&CONTAINER_OF(posted, stopper, posted)->source));
}

cxx_task<std::error_code> stopped_while_reading(world &world, stopper &stopper)
{
    std::array<std::byte, 10> buffer;
    std::error_code error;
    run_loop_post_work(&world.loop, &stopper.posted);
    CHECK(!stop_requested((co_await abreast::environment).stop));
    CHECK_EQ(co_await read_some(world.near(), buffer, error), 0);
    CHECK(stop_requested((co_await abreast::environment).stop));
    co_return error;
}

} // namespace

void rule_stop_request_ends_a_read_of_cxx(place place)
{
    place.mode = 0;
    world world(place, script(1000));
    stopper stopper = {};
    stopper.posted.execute = stop;
    std::error_code error = run(world.loop, stopped_while_reading(world, stopper), stop_source_token(&stopper.source));
    CHECK(error == std::errc::operation_canceled);
}

/* The echo loop as a C++20 coroutine, and somebody who talks to it, on one connection and one run_loop.
 *
 * docs/cxx.md goes through it.
 */
#include "awaitable/cxx/io.hpp"

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

namespace
{

/* Read, write, repeat until end of stream: how many bytes. */
abreast::task<std::size_t> echo(struct stream &stream)
{
    std::array<std::byte, 4096> buffer;
    std::size_t bytes = 0;
    while (std::size_t n = co_await abreast::read_some(stream, buffer)) {
        for (std::size_t sent = 0; sent < n;)
            sent += co_await abreast::write_some(stream, std::span(buffer).subspan(sent, n - sent));
        bytes += n;
    }
    co_return bytes;
}

/* Says one thing, and listens until as much has come back. */
abreast::task<void> talk(struct stream &stream, std::string_view words, std::string &answer)
{
    std::array<char, 100> buffer;
    for (std::string_view left = words; !left.empty();)
        left.remove_prefix(co_await abreast::write_some(stream, left));
    while (answer.size() < words.size()) {
        std::size_t n = co_await abreast::read_some(stream, buffer);
        if (n == 0)
            break;
        answer.append(buffer.data(), n);
    }
    if (int error = stream_shutdown_write(&stream))
        throw std::system_error(-error, std::system_category());
}

/* Both at the same time. */
abreast::task<int> converse(struct stream (&ends)[2])
{
    std::string answer;
    auto [echoed, talked] = co_await abreast::when_all(echo(ends[0]), talk(ends[1], "hello", answer));
    std::printf("answer: %s; echoed %zd bytes\n", answer.c_str(), echoed);
    co_return answer == "hello" && echoed == 5 && talked == 0 ? 0 : 1;
}

int report(const char *what, const char *why)
{
    std::fprintf(stderr, "example: %s: %s\n", what, why);
    return 1;
}

} // namespace

int main()
{
    const reactor_options options = {};
    reactor *reactor;
    const char *reason;
    struct run_loop loop;
    struct stream ends[2];
    if (reactor_create(&reactor, &options, &reason) < 0)
        return report("there is no reactor", reason);
    int status = run_loop_init(&loop, reactor);
    if (status < 0)
        return report("there is no run_loop", std::strerror(-status));
    status = stream_open_socketpair(ends, reactor, true);
    if (status < 0)
        return report("there is no connection", std::strerror(-status));
    try {
        abreast::frame_allocator_scope frames(recycling_frame_allocator());
        status = abreast::run(loop, converse(ends));
    } catch (const std::exception &error) {
        status = report("the conversation ended", error.what());
    }
    for (struct stream &end : ends)
        stream_close(&end);
    run_loop_destroy(&loop);
    reactor_destroy(reactor);
    recycling_frame_allocator_release();
    return status;
}

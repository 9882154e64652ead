/* Asio, as it is, in the cells of `frames` and `echo`: asio::awaitable with asio::use_awaitable, and completion
 * handlers. Its types are what its manual's examples have: sockets and awaitables with any_io_executor, an io_context
 * for one thread.
 *
 * The file is compiled twice, for Asio has its reactor chosen by the preprocessor: over epoll, which is its default on
 * Linux, and over io_uring (ABREAST_ASIO_IO_URING), then with its namespace renamed.
 */
#if defined ABREAST_ASIO_IO_URING
#define ASIO_HAS_IO_URING 1
#define ASIO_DISABLE_EPOLL 1
#define asio asio_io_uring
#define asio_awaitable_echo asio_io_uring_awaitable_echo
#define asio_callback_echo asio_io_uring_callback_echo
#endif

#include "bench/peers/asio_status.hpp"
#include "bench/peers/library.h"
#include "bench/peers/tasks.hpp"

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/system_error.hpp>
#include <asio/use_awaitable.hpp>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace
{

/* The numbers of other categories, as of asio::error::eof, are no errno. */
int errno_of(const std::error_code &code)
{
    bool is_errno = code.category() == std::system_category() || code.category() == std::generic_category();
    return code && !is_errno ? EPROTO : code.value();
}

/* A machine that does not permit io_uring says so by EPERM or ENOSYS. */
template <class Action> int guarded(Action action)
{
    int status = asio_guarded([&] {
        action();
        return 0;
    });
    return status == -EPERM || status == -ENOSYS ? -ENOTSUP : status;
}

/* ---- echo ---- */

using asio::generic::stream_protocol;

struct echo;

stream_protocol::socket take_over(asio::io_context &context, int fd)
{
    stream_protocol::socket socket(context);
    socket.assign(stream_protocol(AF_UNSPEC, 0), fd);
    return socket;
}

/* Where a client's operation lies, of which there is one at a time: the client allocates nothing, so that what is
 * counted, and what Asio recycles, is the loop's alone. As the manual's example of custom memory allocation has it. */
class operation_memory
{
  public:
    template <class T> struct allocator {
        using value_type = T;
        operation_memory *of;

        explicit allocator(operation_memory *memory) noexcept : of(memory)
        {
        }
        template <class U> allocator(const allocator<U> &other) noexcept : of(other.of)
        {
        }
        bool operator==(const allocator &) const noexcept = default;
        T *allocate(size_t count)
        {
            if (of->used || count * sizeof(T) > sizeof of->bytes)
                return static_cast<T *>(::operator new(count * sizeof(T)));
            of->used = true;
            return reinterpret_cast<T *>(of->bytes);
        }
        void deallocate(T *memory, size_t) noexcept
        {
            if (reinterpret_cast<unsigned char *>(memory) == of->bytes)
                of->used = false;
            else
                ::operator delete(memory);
        }
    };

    /* A completion handler whose operation lies here. */
    template <class Function> struct handler {
        using allocator_type = allocator<std::byte>;
        operation_memory *memory;
        Function function;

        allocator_type get_allocator() const noexcept
        {
            return allocator_type(memory);
        }
        void operator()(const asio::error_code &error, size_t bytes)
        {
            function(error, bytes);
        }
    };
    template <class Function> handler<Function> wrap(Function function)
    {
        return {this, function};
    }

  private:
    alignas(std::max_align_t) unsigned char bytes[512];
    bool used = false;
};

struct client {
    echo &of;
    operation_memory memory;
    std::vector<unsigned char> reply;
    stream_protocol::socket socket;
    const unsigned char *message = nullptr;
    uint64_t window = 0;
    uint64_t left = 0;
    uint64_t bytes = 0;
    size_t moved = 0;

    client(echo &, int fd);
    void next();
    void send();
    void receive();
};

/* The loop of one connection, in the two ways. */
struct loop {
    echo &of;
    library_connection &connection;
    std::vector<unsigned char> buffer;
    stream_protocol::socket socket;
    size_t got = 0, sent = 0;

    loop(echo &, library_connection &);
    asio::awaitable<void> serve();
    void read();
    void write();
};

struct echo {
    const library_echo_plan plan;
    asio::io_context context{1};
    asio::error_code error; /* the first one; the cell is of no use after it */
    bool closing = false;
    unsigned asking = 0;
    std::vector<std::unique_ptr<loop>> loops;
    std::vector<std::unique_ptr<client>> clients;

    explicit echo(const library_echo_plan &given) : plan(given)
    {
    }
    void fail(const asio::error_code &code)
    {
        if (!error && !closing)
            error = code;
        context.stop();
    }
    void client_done()
    {
        if (--asking == 0)
            finish_when_written();
    }
    /* The last replies have arrived; the completions of the writes that sent them may be still to come. */
    void finish_when_written()
    {
        uint64_t ahead = 0;
        for (unsigned i = 0; i < plan.count; i++)
            ahead += clients[i]->bytes - plan.connections[i].bytes;
        if (ahead == 0)
            context.stop();
        else
            asio::post(context, [this] { finish_when_written(); });
    }
};

client::client(echo &owner, int fd) : of(owner), reply(owner.plan.message), socket(take_over(owner.context, fd))
{
}

void client::next()
{
    if (left-- == 0) {
        of.client_done();
        return;
    }
    message = library_next_message(&of.plan, &window);
    moved = 0;
    send();
}

void client::send()
{
    socket.async_write_some(asio::buffer(message + moved, reply.size() - moved),
                            memory.wrap([this](const asio::error_code &error, size_t bytes) {
                                if (error)
                                    return of.fail(error);
                                moved += bytes;
                                if (moved < reply.size())
                                    return send();
                                moved = 0;
                                receive();
                            }));
}

void client::receive()
{
    socket.async_read_some(asio::buffer(reply.data() + moved, reply.size() - moved),
                           memory.wrap([this](const asio::error_code &error, size_t bytes) {
                               if (error)
                                   return of.fail(error);
                               moved += bytes;
                               if (moved < reply.size())
                                   return receive();
                               if (std::memcmp(reply.data(), message, moved) != 0)
                                   return of.fail(asio::error_code(EBADMSG, asio::system_category()));
                               this->bytes += moved;
                               next();
                           }));
}

loop::loop(echo &owner, library_connection &served)
    : of(owner), connection(served), buffer(owner.plan.message), socket(take_over(owner.context, served.loop))
{
}

asio::awaitable<void> loop::serve()
{
    for (;;) {
        got = co_await socket.async_read_some(asio::buffer(buffer), asio::use_awaitable);

        process(&connection.process, buffer.data(), got);

        for (sent = 0; sent < got;)
            sent +=
                co_await socket.async_write_some(asio::buffer(buffer.data() + sent, got - sent), asio::use_awaitable);
        connection.bytes += got;
    }
}

void loop::read()
{
    socket.async_read_some(asio::buffer(buffer), [this](const asio::error_code &error, size_t bytes) {
        if (error)
            return of.fail(error);
        got = bytes;
        process(&connection.process, buffer.data(), got);
        sent = 0;
        write();
    });
}

void loop::write()
{
    socket.async_write_some(asio::buffer(buffer.data() + sent, got - sent),
                            [this](const asio::error_code &error, size_t bytes) {
                                if (error)
                                    return of.fail(error);
                                sent += bytes;
                                if (sent < got)
                                    return write();
                                connection.bytes += got;
                                read();
                            });
}

void start_awaitable(echo &of, loop &self)
{
    asio::co_spawn(of.context, self.serve(), [&of](std::exception_ptr thrown) {
        try {
            if (thrown)
                std::rethrow_exception(thrown);
        } catch (const asio::system_error &error) {
            of.fail(error.code());
        } catch (...) {
            of.fail(asio::error_code(EPROTO, asio::system_category()));
        }
    });
}

void start_callback(echo &, loop &self)
{
    self.read();
}

template <void (*start)(echo &, loop &)> int echo_open(const library_echo_plan *plan, void **state)
{
    unsigned taken = 0; /* sockets, two a connection */
    int status = guarded([&] {
        auto self = std::make_unique<echo>(*plan);
        self->loops.reserve(plan->count);
        self->clients.reserve(plan->count);
        for (; taken < 2 * plan->count; taken++) {
            library_connection &connection = plan->connections[taken / 2];
            if (taken % 2 == 0)
                self->loops.push_back(std::make_unique<loop>(*self, connection));
            else
                self->clients.push_back(std::make_unique<client>(*self, connection.client));
        }
        for (auto &each : self->loops)
            start(*self, *each);
        self->context.poll(); /* up to the first read of each loop */
        *state = self.release();
    });
    for (; taken < 2 * plan->count; taken++)
        ::close(taken % 2 == 0 ? plan->connections[taken / 2].loop : plan->connections[taken / 2].client);
    return status;
}

int echo_run(void *state, uint64_t messages)
{
    echo &self = *static_cast<echo *>(state);
    int status = guarded([&] {
        self.context.restart();
        self.asking = self.plan.count;
        for (unsigned i = 0; i < self.plan.count; i++) {
            client &asking = *self.clients[i];
            asking.window = self.plan.seed + i;
            asking.left = messages / self.plan.count + (i < messages % self.plan.count);
            asking.bytes = 0;
            asking.next();
        }
        self.context.run();
    });
    return status ? status : -errno_of(self.error);
}

/* Shutting a socket down ends what is in flight on it; closing alone does not always, with io_uring. The loops run to
 * their ends, which this does not wait for without limit. */
void end(stream_protocol::socket &socket)
{
    asio::error_code ignored; /* the other end may be closed already */
    socket.shutdown(stream_protocol::socket::shutdown_both, ignored);
    socket.close(ignored);
}

void echo_close(void *state)
{
    std::unique_ptr<echo> self(static_cast<echo *>(state));
    guarded([&] {
        self->closing = true;
        for (auto &each : self->loops)
            end(each->socket);
        for (auto &each : self->clients)
            end(each->socket);
        do
            self->context.restart();
        while (self->context.run_for(std::chrono::milliseconds(100)) > 0);
    });
}

/* ---- frames ---- */

class tasks
{
    asio::io_context context{1};

  public:
    template <class T> using task = asio::awaitable<T>;

    template <class Make> int run(Make make)
    {
        return guarded([&] {
            std::exception_ptr thrown;
            asio::co_spawn(context, make(), [&thrown](std::exception_ptr exception) { thrown = exception; });
            context.restart();
            context.run();
            if (thrown)
                std::rethrow_exception(thrown);
        });
    }
};

} // namespace

extern const library_echo asio_awaitable_echo, asio_callback_echo;
const library_echo asio_awaitable_echo = {echo_open<start_awaitable>, echo_run, echo_close};
const library_echo asio_callback_echo = {echo_open<start_callback>, echo_run, echo_close};
#if !defined ABREAST_ASIO_IO_URING
extern const library_chains asio_chains;
const library_chains asio_chains = library_tasks<tasks>::chains;
#endif

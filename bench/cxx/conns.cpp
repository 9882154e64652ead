/* The chain of `conns` as real C++20 coroutines: four nested tasks of bench/cxx/io_task.hpp, each with LOCALS_LEAST
 * bytes of locals, over the same stream and the same frame allocator channel as the tasks in C. A C++ coroutine's frame
 * has no part of a size drawn at run time, so this form runs with frames=fixed alone.
 *
 * Errors: a frame that cannot be had is -ENOMEM, as in C.
 */
#include "awaitable/cxx/io.hpp"
#include "bench/cxx/io_task.hpp"

#include <new>

extern "C" {
#include "bench/conns/forms.h"

extern const conns_form conns_cxx_task;
}

namespace
{

/* from_channel, but that without memory the coroutine's task is empty. */
struct from_channel_or_empty : from_frame_allocator {
    static void *operator new(std::size_t bytes) noexcept
    {
        frame_allocator *allocator = get_current_frame_allocator();
        void *frame = frame_allocate(allocator, bytes + sizeof allocator);
        if (frame)
            std::memcpy(static_cast<char *>(frame) + bytes, &allocator, sizeof allocator);
        return frame;
    }
    static void operator delete(void *frame, std::size_t bytes)
    {
        deallocate(frame, bytes);
    }
    static basic_io_task<from_channel_or_empty> get_return_object_on_allocation_failure() noexcept;
};

using level_task = basic_io_task<from_channel_or_empty>;

level_task from_channel_or_empty::get_return_object_on_allocation_failure() noexcept
{
    return level_task(nullptr);
}

level_task reader(struct session *session)
{
    unsigned char buffer[LOCALS_LEAST];
    struct read_some reading;
    session_enter(session, READER, buffer);
    read_some(&reading, &session->stream, buffer, session->locals[READER]);
    ssize_t got = co_await abreast::c_awaiter<struct read_some>{&reading};
    session_took(session, buffer, got);
    co_return got;
}

/* A level that awaits the next; the session goes on until its stream ends. */
#define LINK(name, level, inner)                                                                                       \
    level_task name(struct session *session)                                                                           \
    {                                                                                                                  \
        unsigned char locals[LOCALS_LEAST];                                                                            \
        ssize_t got;                                                                                                   \
        session_enter(session, level, locals);                                                                         \
        do {                                                                                                           \
            level_task child = inner(session);                                                                         \
            if (!child)                                                                                                \
                co_return -ENOMEM;                                                                                     \
            got = co_await std::move(child);                                                                           \
        } while (level == SESSION && got > 0);                                                                         \
        session_leave(session, level, locals);                                                                         \
        co_return got;                                                                                                 \
    }

LINK(parser, PARSER, reader)
LINK(handler, HANDLER, parser)
LINK(outermost, SESSION, handler)

/* A connection. Its launch is there while its chain is. */
struct task_session {
    struct session session;
    alignas(io_launch<level_task>) unsigned char launch[sizeof(io_launch<level_task>)];
};

void ended(io_launch<level_task> *launch, ssize_t status)
{
    auto *bytes = reinterpret_cast<unsigned char(*)[sizeof(io_launch<level_task>)]>(launch);
    struct session *session = &CONTAINER_OF(bytes, task_session, launch)->session;
    launch->~io_launch();
    session_ended(session, status);
}

int start(struct session *session)
{
    frame_allocator *saved = get_current_frame_allocator();
    set_current_frame_allocator(session->env->allocator);
    level_task task = outermost(session);
    set_current_frame_allocator(saved);
    if (!task)
        return -ENOMEM;
    void *memory = reinterpret_cast<task_session *>(session)->launch;
    (new (memory) io_launch<level_task>(std::move(task), ended))->start(session->env);
    return 0;
}

/* A promise, the two pointers before it and the allocator behind the frame. */
constexpr std::size_t promise_bytes =
    sizeof(struct coro) + sizeof(level_task::promise_type) + sizeof(frame_allocator *);

} // namespace

const conns_form conns_cxx_task = {
    .model = "cxx-awaitable",
    .mechanism = "task",
    .models = "a chain of C++20 coroutines, a frame each",
    .unavailable = nullptr,
    .fixed = true,
    .session_bytes = sizeof(task_session),
    .frames = LEVELS,
    .frame_bytes = 0,
    .parts = {.connection = sizeof(session) - sizeof(stream),
              .stream = sizeof(stream),
              .launch = sizeof(io_launch<level_task>),
              .promises = LEVELS * promise_bytes,
              .children = 0,
              .operation = sizeof(io_request),
              .bodies = 0},
    .start = start,
};

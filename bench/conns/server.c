#define _GNU_SOURCE /* mmap's MAP_ANONYMOUS, mallinfo2 */
#include "bench/conns/server.h"
#include "bench/statistics.h"
#include "common/process.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define X(name) #name,
const char *const conns_moment_names[CONNS_MOMENT_COUNT] = {CONNS_MOMENTS(X)};
#undef X

/* What the application keeps of its own: a user, a token, a parsed request. It outlives the connection that made it,
 * and goes when a later one takes its place. */
struct object {
    size_t bytes;
};

enum { OBJECT_LEAST = 32, OBJECT_DOUBLINGS = 4 /* to 512 */, LOCALS_DOUBLINGS = 6 /* to 4096 */, OBJECTS_EACH = 3 };

static void fail(struct server *server, int error)
{
    if (!server->error)
        server->error = error;
    server->transport->arrived(server);
}

/* ---- What a chain tells (session.h) ---- */

/* Any of the doublings is as likely as any other, and within it any size: small ones are frequent. */
static size_t draw_bytes(uint64_t *draws, size_t least, unsigned doublings)
{
    size_t base = least << random_below(draws, doublings);
    size_t bytes = (base + random_below(draws, base)) & ~(size_t)15;
    return bytes < LOCALS_MOST ? bytes : LOCALS_MOST;
}

void session_keep_object(struct session *session)
{
    struct server *server = session->server;
    if (!server->plan->objects)
        return;
    size_t bytes = draw_bytes(&server->object_draws, OBJECT_LEAST, OBJECT_DOUBLINGS);
    struct object **slot = &server->objects[random_below(&server->object_draws, server->object_slots)];
    struct object *object = malloc(bytes);
    if (!object) {
        fail(server, -ENOMEM);
        return;
    }
    object->bytes = bytes;
    if (*slot)
        server->object_bytes -= (*slot)->bytes;
    free(*slot);
    *slot = object;
    server->object_bytes += bytes;
}

static uint64_t checksum(const unsigned char *bytes, size_t size)
{
    struct process process = {0};
    process_checksum(&process, (unsigned char *)bytes, size);
    return process.checksum;
}

void session_took(struct session *session, const unsigned char *bytes, ssize_t got)
{
    struct server *server = session->server;
    if (bytes[session->locals[READER] - 1] != READER + 1)
        session_spoiled(session);
    if (got > 0)
        server->received += checksum(bytes, (size_t)got);
    if (++server->taken == server->said)
        server->transport->arrived(server);
}

void session_ended(struct session *session, ssize_t status)
{
    session->ended = true;
    if (status < 0)
        fail(session->server, (int)status);
}

void session_spoiled(struct session *session)
{
    fail(session->server, -EILSEQ);
}

/* ---- Connections ---- */

static size_t bytes_of(const struct conns_form *form, const struct session *session)
{
    size_t bytes = form->session_bytes;
    for (unsigned level = 0; level < LEVELS && !form->frames; level++)
        bytes += session->locals[level];
    return bytes;
}

static int open_connection(struct server *server, size_t slot)
{
    const struct conns_form *form = server->plan->form;
    struct session drawn = {.server = server, .env = &server->env};
    for (unsigned level = 0; level < LEVELS; level++)
        drawn.locals[level] =
            (uint16_t)(server->plan->fixed ? (size_t)LOCALS_LEAST
                                           : draw_bytes(&server->draws, LOCALS_LEAST, LOCALS_DOUBLINGS));
    size_t bytes = bytes_of(form, &drawn);
    struct session *session = form->frames ? malloc(bytes) : frame_allocate(server->env.allocator, bytes);
    if (!session)
        return -ENOMEM;
    memset(session, 0, form->session_bytes);
    *session = drawn;
    if (form->frames)
        server->session_bytes += bytes;
    server->sessions[slot] = session;
    int status = server->transport->open(server, slot);
    if (!status)
        status = form->start(session);
    return status ? status : server->error;
}

/* Its chain has ended. */
static void close_connection(struct server *server, size_t slot)
{
    const struct conns_form *form = server->plan->form;
    struct session *session = server->sessions[slot];
    size_t bytes = bytes_of(form, session);
    stream_close(&session->stream);
    server->sessions[slot] = NULL;
    if (form->frames) {
        server->session_bytes -= bytes;
        free(session);
    } else {
        frame_deallocate(server->env.allocator, session, bytes);
    }
}

static int say(struct server *server, size_t slot, const void *bytes, size_t size)
{
    server->said++;
    server->sent += size ? checksum(bytes, size) : 0;
    int status = server->transport->say(server, slot, bytes, size);
    return status ? status : server->error;
}

/* Opens a connection in every slot that is free. */
static int open_all(struct server *server)
{
    int status = 0;
    for (size_t slot = 0; slot < server->plan->connections && !status; slot++)
        status = server->sessions[slot] ? 0 : open_connection(server, slot);
    return status ? status : server->transport->settle(server);
}

/* Ends all connections, or each of them with the chance of one in two. Those that have ended keep their memory until
 * `closes`. */
static int end_some(struct server *server, bool all, bool closes)
{
    int status = 0;
    for (size_t slot = 0; slot < server->plan->connections && !status; slot++)
        status = all || random_below(&server->draws, 2) ? say(server, slot, NULL, 0) : 0;
    if (!status)
        status = server->transport->settle(server);
    for (size_t slot = 0; slot < server->plan->connections && !status && closes; slot++)
        if (server->sessions[slot]->ended)
            close_connection(server, slot);
    return status;
}

static int wake_all(struct server *server)
{
    int status = 0;
    for (size_t slot = 0; slot < server->plan->connections && !status; slot++) {
        uint64_t message[MESSAGE_MOST / sizeof(uint64_t)];
        size_t words = 1 + random_below(&server->draws, MESSAGE_MOST / sizeof *message);
        for (size_t i = 0; i < words; i++)
            message[i] = random_next(&server->draws);
        status = say(server, slot, message, words * sizeof *message);
    }
    if (!status)
        status = server->transport->settle(server);
    if (status)
        return status;
    return server->taken == server->said && server->received == server->sent ? 0 : -EILSEQ;
}

/* ---- Memory ---- */

/* Resident bytes as the kernel counts them page by page; /proc/self/statm is out by what it has not yet summed up. */
static int64_t resident_bytes(void)
{
    char text[1024];
    int file = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (file >= 0)
        close(file);
    text[length > 0 ? length : 0] = '\0';
    const char *rss = strstr(text, "Rss:");
    return rss ? 1024 * strtoll(rss + strlen("Rss:"), NULL, 10) : RSS_UNKNOWN;
}

static struct footprint measure(const struct server *server)
{
    struct mallinfo2 info = mallinfo2();
    struct frame_allocator *inner = server->allocator.inner;
    struct footprint footprint = {
        .in_use = (int64_t)(info.uordblks + info.hblkhd),
        .held = (int64_t)(info.arena + info.hblkhd),
        .live = (int64_t)(server->allocator.live + server->session_bytes + server->object_bytes),
        .retained = inner && inner->ops->retained_bytes ? (int64_t)inner->ops->retained_bytes(inner) : 0,
        .rss = resident_bytes(),
    };
    return footprint;
}

static struct footprint since(struct footprint now, const struct footprint *before)
{
    now.rss = now.rss < 0 || before->rss < 0 ? RSS_UNKNOWN : now.rss - before->rss;
    now.in_use -= before->in_use;
    now.held -= before->in_use; /* what was in use before is not these connections' */
    return now;
}

/* ---- A run ---- */

static int live_through(struct server *server, const struct footprint *before, struct footprint *footprints)
{
    int status = open_all(server);
    footprints[CONNS_fresh] = since(measure(server), before);
    for (unsigned round = 0; round < CHURN_ROUNDS && !server->plan->fixed && !status; round++) {
        status = end_some(server, false, true);
        if (!status)
            status = open_all(server);
    }
    footprints[CONNS_churn] = since(measure(server), before);
    if (!status)
        status = wake_all(server);
    if (!status)
        status = end_some(server, true, false);
    footprints[CONNS_rest] = since(measure(server), before);
    for (size_t slot = 0; slot < server->plan->connections && !status; slot++)
        close_connection(server, slot);
    footprints[CONNS_closed] = since(measure(server), before);
    struct frame_allocator *inner = server->allocator.inner;
    if (inner->ops->release)
        inner->ops->release(inner);
    malloc_trim(0);
    footprints[CONNS_trimmed] = since(measure(server), before);
    return status ? status : server->error;
}

/* Room for pointers that is not malloc's, resident from the start; null: no memory. */
static void *map_table(size_t count)
{
    void *table =
        mmap(NULL, count * sizeof(void *), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    return table == MAP_FAILED ? NULL : table;
}

/* Between the first measurement and the end nothing else allocates. */
static int run(struct server *server, struct footprint *footprints)
{
    const struct conns_plan *plan = server->plan;
    enum { BLOCK_BYTES = FRAME_MOST + 64 }; /* of a pool */
    free(malloc(1));                        /* what malloc itself needs is in use from here on */
    struct footprint before = measure(server);
    size_t capacity = plan->connections * (size_t)(LEVELS * BLOCK_BYTES);
    struct frame_allocator *inner = plan->allocator->create(capacity);
    if (!inner)
        return -ENOMEM;
    counting_allocator_init(&server->allocator, inner);
    server->env.allocator = &server->allocator.base;
    int status = live_through(server, &before, footprints);
    if (!status && server->allocator.live)
        status = -EILSEQ;
    if (!status)
        plan->allocator->destroy(inner);
    return status;
}

int conns_serve(const struct conns_plan *plan, struct footprint footprints[CONNS_MOMENT_COUNT])
{
    struct server server = {.plan = plan,
                            .transport = plan->sockets ? &socket_transport : &memory_transport,
                            .object_slots = OBJECTS_EACH * plan->connections,
                            .draws = plan->seed,
                            .object_draws = ~plan->seed};
    if (plan->form->unavailable || (plan->form->fixed && !plan->fixed))
        return -EINVAL;
    server.sessions = map_table(plan->connections);
    server.objects = map_table(server.object_slots);
    if (!server.sessions || !server.objects)
        return -ENOMEM;
    int status = server.transport->begin(&server);
    if (status)
        return status;
    status = run(&server, footprints);
    /* Where connections failed, they may be in flight still: the process ends, and all with it. */
    if (!status)
        server.transport->end(&server);
    for (size_t i = 0; i < server.object_slots; i++)
        free(server.objects[i]);
    munmap(server.sessions, plan->connections * sizeof(void *));
    munmap(server.objects, server.object_slots * sizeof(void *));
    return status;
}

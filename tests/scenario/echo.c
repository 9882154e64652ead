/* The loop does its work: whatever arrives, in whatever pieces, goes back once and in order. */
#include "tests/scenario/world.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void echo(struct world *world, struct world_options options)
{
    world_open(world, options);
    CHECK_EQ(world_start(world), 0);
    world_run_to_end(world);
    check_echoed(world);
    world_close(world);
}

void scenario_end_of_stream(struct world *world)
{
    echo(world, (struct world_options){.total = 0});
    echo(world, (struct world_options){.total = 5});
    echo(world, (struct world_options){.total = 5, .tcp = true});
}

void scenario_echo_of_many_pieces(struct world *world)
{
    size_t total = world->backend == REACTOR_SIM ? 8 << 10 : 64 << 10;
    echo(world, (struct world_options){.total = total, .buffer = 1000});
    echo(world, (struct world_options){.total = total, .buffer = 1000, .tcp = true});
    echo(world, (struct world_options){.total = 999, .connections = 40});
}

/* A read gives less than the buffer holds. */
void scenario_short_reads(struct world *world)
{
    struct sim_script script = {.seed = 5, .short_share = 1000, .delay_max = 3, .sync_share = 500 * world->mode};
    echo(world, (struct world_options){.total = 3001, .send_piece = 7, .script = script});
}

/* A write takes less than it was given: the send buffer is far smaller than a message, and the peer slow. */
void scenario_short_writes(struct world *world)
{
    struct sim_script script = {.seed = 6, .short_share = 1000, .delay_max = 3, .sync_share = 500 * world->mode};
    size_t total = world->backend == REACTOR_SIM ? 4 << 10 : 150 << 10;
    world_open(world, (struct world_options){
                          .total = total, .buffer = total, .receive_piece = 500, .narrow = true, .script = script});
    CHECK_EQ(world_start(world), 0);
    world_run_to_end(world);
    check_echoed(world);
    CHECK(world->connections[0].tried > 8);
    world_close(world);
}

static volatile sig_atomic_t signals;
static volatile int signals_peer;

static void on_signal(int number)
{
    (void)number;
    signals++;
    if (signals == 10 && write(signals_peer, "x", 1) != 1)
        abort();
    if (signals == 20 && shutdown(signals_peer, SHUT_WR) != 0)
        abort();
}

/* Signals interrupt the wait in the kernel, without SA_RESTART; nothing is lost and nothing fails. */
void scenario_interrupted_wait(struct world *world)
{
    world_open(world, (struct world_options){0});
    CHECK_EQ(world_start(world), 0);
    signals = 0;
    signals_peer = world->connections[0].ends[1].fd;
    struct sigaction action = {.sa_handler = on_signal};
    struct itimerval every = {.it_interval.tv_usec = 2000, .it_value.tv_usec = 2000}, never = {0};
    CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
    CHECK_EQ(setitimer(ITIMER_REAL, &every, NULL), 0);
    world_run(world);
    CHECK_EQ(setitimer(ITIMER_REAL, &never, NULL), 0);
    CHECK(signals >= 20);
    CHECK_EQ(world->connections[0].job.status, 0);
    CHECK_EQ(world->connections[0].job.bytes, 1);
    world_close(world);
}

/* Many more operations at once than the submission queue holds. */
void scenario_full_submission_queue(struct world *world)
{
    echo(world, (struct world_options){.total = 5000, .connections = 64, .queue_entries = 2});
}

/* Beside what world_close checks of every scenario: the ends of a loop that has ended stay quiet. */
void scenario_exactly_one_completion(struct world *world)
{
    world_open(world, (struct world_options){.total = 2000, .buffer = 64, .connections = 8});
    CHECK_EQ(world_start(world), 0);
    world_run_to_end(world);
    for (unsigned i = 0; i < 100; i++)
        world_run_to_end(world);
    check_echoed(world);
    uint64_t submitted = 0;
    for (unsigned i = 0; i < 8; i++)
        submitted += world->connections[i].submitted;
    CHECK_EQ(submitted, probe_counters[PROBE_SUBMIT]);
    CHECK_EQ(probe_counters[PROBE_CONNECT], probe_counters[PROBE_OP_STATE_BUILT]);
    world_close(world);
}

/* The coroutine behind a form that is one, and a resume function of ours in front of its own. */
static struct coro *counted;
static void (*counted_body)(struct coro *);
static uint64_t resumptions;

static void count_resumption(struct coro *handle)
{
    CHECK(handle == counted);
    resumptions++;
    counted_body(handle);
}

static void count_resumptions_of(const struct world *world)
{
    counted = world->form->code->coroutine(world->connections[0].loop);
    counted_body = counted->resume;
    counted->resume = count_resumption;
    resumptions = 0;
}

/* Suspensions of the loop's own coroutine; one that awaits child tasks suspends for each, whatever the child does. */
static uint64_t suspensions_of(const struct world *world)
{
    return world->form->code->child_tasks ? world->connections[0].tried : probe_counters[PROBE_SUSPEND];
}

/* As often as it suspended, and not once more. The awaitable's task has not begun when start returns; the sender's has
 * run until an operation had to wait, and is watched from there. */
void scenario_never_resumed_twice(struct world *world)
{
    struct sim_script script = {.seed = 7, .sync_share = 400 * world->mode, .short_share = 300, .delay_max = 3};
    world_open(world, (struct world_options){.total = 4000, .buffer = 64, .send_piece = 100, .script = script});
    CHECK_EQ(world_start(world), 0);
    CHECK_EQ(world->ended, 0);
    uint64_t before = suspensions_of(world);
    count_resumptions_of(world);
    world_run_to_end(world);
    check_echoed(world);
    CHECK_EQ(resumptions, suspensions_of(world) - before + 1);
    if (world->form == &loop_forms[LOOP_FORM_p2300_task]) {
        CHECK_EQ(probe_counters[PROBE_START], probe_counters[PROBE_VARIANT_EMPLACED]);
        CHECK_EQ(probe_counters[PROBE_START], probe_counters[PROBE_NESTED_RESUME]);
    }
    if (world->form == &loop_forms[LOOP_FORM_task]) {
        CHECK_EQ(probe_counters[PROBE_READY] + probe_counters[PROBE_SUSPEND], world->connections[0].tried);
        CHECK_EQ(probe_counters[PROBE_SUSPEND], world->connections[0].submitted);
    }
    if (world->form == &loop_forms[LOOP_FORM_task_suspending]) {
        CHECK_EQ(probe_counters[PROBE_READY], 0);
        CHECK_EQ(probe_counters[PROBE_SUSPEND], world->connections[0].tried);
    }
    world_close(world);
}

struct account {
    int status;
    uint64_t bytes, checksum, written, submitted;
    unsigned char sink[1024];
};

static struct account account_of(struct world *world, const struct loop_form *form, struct sim_script script)
{
    struct world other = {.form = form, .backend = world->backend, .mode = world->mode};
    world_open(&other, (struct world_options){.total = 1000, .buffer = 50, .script = script});
    CHECK_EQ(world_start(&other), 0);
    world_run(&other);
    struct connection *connection = &other.connections[0];
    struct account account = {
        .status = connection->job.status,
        .bytes = connection->job.bytes,
        .checksum = connection->job.process.checksum,
        .written = connection->sim.written,
        .submitted = reactor_counts(other.reactor).submitted,
    };
    memcpy(account.sink, connection->received, 1000);
    world_close(&other);
    return account;
}

/* Whatever the script does to it, errors among it, each form lives through the same as the floor. */
void scenario_same_bytes_for_same_script(struct world *world)
{
    static const int errors[] = {0, 0, ECONNRESET, ENOBUFS, EIO};
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct sim_script script = {
            .seed = seed + 1000 * world->mode,
            .sync_share = (unsigned)(seed * 37 % 1001),
            .short_share = (unsigned)(seed * 91 % 1001),
            .delay_max = (unsigned)(seed % 9),
            .error = errors[seed % 5],
            .error_at = seed * 7 % 100 + 1,
        };
        struct account floor = account_of(world, &loop_forms[LOOP_FORM_floor], script);
        struct account form = account_of(world, world->form, script);
        CHECK_EQ(form.status, floor.status);
        CHECK_EQ(form.bytes, floor.bytes);
        CHECK_EQ(form.checksum, floor.checksum);
        CHECK_EQ(form.written, floor.written);
        CHECK_EQ(form.submitted, floor.submitted);
        CHECK(memcmp(form.sink, floor.sink, sizeof form.sink) == 0);
        CHECK(floor.status == (script.error ? -script.error : 0) || floor.status == 0);
    }
}

/* The soak test: checksummed messages without end through the loop of each model, under all that goes wrong in a
 * server's life.
 *
 *     soak [--messages N] [--seed N] [--backend io_uring|epoll|sim]
 *
 * N messages in all are shared out among the floor, the awaitable task, the sender pipeline and the sender task, on
 * each backend. Many sessions are under way at once on one reactor, with short reads and writes, slow readers and
 * narrow buffers; they end by half-closes, resets and stop requests (plan.h). No byte is lost, doubled or out of order,
 * each loop ends once, nothing stays in flight, and no frame, descriptor or memory is left. What must come back is the
 * same in each case: one digest.
 */
#include "bench/options.h"
#include "bench/progress.h"
#include "tests/soak/session.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SLOTS = 32,
    SILENCE_SECONDS = 30,
    IDLE_TURNS = 100,
    IDLE_NS = 50000,
    KEPT_BYTES = 8 << 10, /* that the C library may keep: a leak of a few bytes a session needs a long run to show */
    DEFAULT_MESSAGES = 200000,
};
static const uint64_t SECOND_NS = 1000000000;

static const enum loop_form_index forms[] = {LOOP_FORM_floor, LOOP_FORM_task, LOOP_FORM_pipeline, LOOP_FORM_p2300_task};
static const struct {
    const char *name;
    enum reactor_backend backend;
} backends[] = {{"io_uring", REACTOR_IO_URING}, {"epoll", REACTOR_EPOLL}, {"sim", REACTOR_SIM}};
enum { FORMS = sizeof forms / sizeof *forms, BACKENDS = sizeof backends / sizeof *backends };

struct run {
    struct soak soak;
    struct work turn;
    uint64_t wanted; /* messages */
    uint64_t next;   /* session */
    uint64_t planned;
    unsigned open;
    bool in_use[SLOTS];
    uint64_t moved, moved_ns; /* when something last moved */
    unsigned idle_turns;      /* in which nothing did */
    struct progress *progress;
    struct session slots[SLOTS];
};

static void fail(const struct run *run, const char *what, uint64_t number)
{
    complain("%s %s on %s, seed %" PRIu64 ": %s: %" PRIu64, run->soak.form->model, run->soak.form->mechanism,
             run->soak.backend_name, run->soak.seed, what, number);
    exit(EXIT_ERROR);
}

/* Whether something moved since it was last asked. */
static bool watch(struct run *run)
{
    uint64_t moved = run->soak.sessions + reactor_counts(run->soak.reactor).completed, now = clock_ns();
    for (unsigned i = 0; i < SLOTS; i++)
        moved += run->in_use[i] ? run->slots[i].got : 0;
    bool moves = moved != run->moved;
    if (moves)
        run->moved_ns = now;
    run->moved = moved;
    if (now - run->moved_ns > SILENCE_SECONDS * SECOND_NS)
        fail(run, "sessions that are stuck", run->open);
    progress_count(run->progress, run->soak.messages, run->wanted, "messages");
    return moves;
}

/* One turn: each peer does its part, then the reactor. */
static void turn(struct work *work)
{
    struct run *run = CONTAINER_OF(work, struct run, turn);
    for (unsigned i = 0; i < SLOTS; i++) {
        struct session *session = &run->slots[i];
        if (run->in_use[i] && session_step(session)) {
            run->in_use[i] = false;
            run->open--;
        }
        if (!run->in_use[i] && run->planned < run->wanted) {
            session->soak = &run->soak;
            session_open(session, run->next++);
            run->planned += session->plan.messages;
            run->in_use[i] = true;
            run->open++;
        }
    }
    int status = reactor_poll(run->soak.reactor, false);
    if (status < 0)
        fail(run, strerror(-status), run->open);
    run->idle_turns = status == 0 && !watch(run) ? run->idle_turns + 1 : 0;
    if (run->idle_turns > IDLE_TURNS && !run->soak.sim) /* what TCP holds back comes by its timers */
        nanosleep(&(struct timespec){.tv_nsec = IDLE_NS}, NULL);
    if (run->open)
        run_loop_post_work(&run->soak.run_loop, work);
    else
        run_loop_finish(&run->soak.run_loop);
}

static unsigned count_descriptors(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

/* All sessions of one form on one backend: 0, or negative errno, and why the backend is not there. */
static int run_all(struct run *run, const struct reactor_options *options, const char **reason)
{
    struct soak *soak = &run->soak;
    unsigned descriptors = count_descriptors();
    size_t held = mallinfo2().uordblks;
    int status = reactor_create(&soak->reactor, options, reason);
    if (status < 0)
        return status;
    status = run_loop_init(&soak->run_loop, soak->reactor);
    if (status < 0)
        fail(run, strerror(-status), 0);
    counting_allocator_init(&soak->allocator, recycling_frame_allocator());
    run->turn.execute = turn;
    run->moved_ns = clock_ns();
    run_loop_post_work(&soak->run_loop, &run->turn);
    status = run_loop_run(&soak->run_loop);
    if (status < 0)
        fail(run, strerror(-status), run->open);

    /* else the test would be an easy one */
    if (soak->shortened < soak->sessions)
        fail(run, "operations made shorter than asked for, too few", soak->shortened);
    if (soak->sim && soak->torn[RESET] == 0) /* nowhere else is it of the seed alone */
        fail(run, "of sessions that are reset none with bytes in hand: of all", soak->sessions);
    if (soak->sim && soak->slowed < soak->sessions)
        fail(run, "writes to slow readers, too few", soak->slowed);
    if (reactor_in_flight(soak->reactor))
        fail(run, "operations left in flight", reactor_in_flight(soak->reactor));
    if (soak->allocator.live || soak->allocator.calls != soak->allocator.frees)
        fail(run, "bytes of frames left", soak->allocator.live);
    run_loop_destroy(&soak->run_loop);
    reactor_destroy(soak->reactor);
    recycling_frame_allocator()->ops->release(recycling_frame_allocator());
    size_t holds = mallinfo2().uordblks;
    if (holds > held + KEPT_BYTES)
        fail(run, "bytes of memory left", holds - held);
    if (count_descriptors() != descriptors)
        fail(run, "descriptors, where there had been fewer or more", count_descriptors());
    return 0;
}

static void print(const struct soak *soak, double seconds)
{
    printf("%-8s %-9s %-10s %9" PRIu64 " messages, %7.1f MB, %6" PRIu64 " sessions: %6" PRIu64 " half-closed, %6" PRIu64
           " reset, %6" PRIu64 " stopped, %6" PRIu64 " with bytes in hand; %8" PRIu64
           " short operations; digest %016" PRIx64 ", %.1f s\n",
           soak->backend_name, soak->form->model, soak->form->mechanism, soak->messages, (double)soak->bytes * 1e-6,
           soak->sessions, soak->endings[HALF_CLOSE], soak->endings[RESET], soak->endings[STOP],
           soak->torn[RESET] + soak->torn[STOP], soak->shortened, soak->digest, seconds);
    fflush(stdout);
}

struct arguments {
    uint64_t messages, seed;
    const char *backend;
};

static bool parse(struct arguments *arguments, int argc, char **argv)
{
    *arguments = (struct arguments){.messages = DEFAULT_MESSAGES, .seed = 1};
    for (int i = 1; i < argc; i++) {
        const char *value;
        bool good = true;
        if ((value = option_value("--messages", argc, argv, &i))) {
            good = option_number("--messages", value, 1, UINT64_C(1) << 40, &arguments->messages);
        } else if ((value = option_value("--seed", argc, argv, &i))) {
            good = option_number("--seed", value, 0, UINT64_MAX, &arguments->seed);
        } else if ((value = option_value("--backend", argc, argv, &i))) {
            arguments->backend = value;
        } else {
            complain("unknown option '%s': give --messages N, --seed N or --backend NAME", argv[i]);
            good = false;
        }
        if (!good)
            return false;
    }
    return true;
}

/* Whether the backend is to be tested: where one is named it, and sim to compare with. */
static bool is_wanted(const struct arguments *arguments, unsigned backend)
{
    return !arguments->backend || strcmp(arguments->backend, backends[backend].name) == 0 ||
           backends[backend].backend == REACTOR_SIM;
}

/* One form on one backend: 0, or negative errno where the backend is not there. */
static int test(struct run *run, const struct arguments *arguments, unsigned backend, unsigned form, unsigned cases,
                struct progress *progress)
{
    uint64_t started = clock_ns();
    const char *reason;
    memset(run, 0, sizeof *run);
    run->soak = (struct soak){.form = &loop_forms[forms[form]],
                              .backend_name = backends[backend].name,
                              .sim = backends[backend].backend == REACTOR_SIM,
                              .seed = arguments->seed};
    run->wanted = (arguments->messages + cases - 1) / cases;
    run->progress = progress;
    progress_stage(progress, backends[backend].name, 0);
    struct reactor_options options = {
        .backend = backends[backend].backend,
        .script = {.seed = arguments->seed, .sync_share = 300, .short_share = 300, .delay_max = 8},
    };
    int status = run_all(run, &options, &reason);
    progress_pause(progress);
    if (status < 0)
        printf("%-8s skipped: %s\n", backends[backend].name, reason);
    else
        print(&run->soak, (double)(clock_ns() - started) * 1e-9);
    return status;
}

/* The exit status. */
static int test_all(struct run *run, const struct arguments *arguments)
{
    struct progress progress = {0};
    uint64_t messages = 0, digest = 0;
    unsigned cases = 0, done = 0;
    bool named = false;
    for (unsigned i = 0; i < BACKENDS; i++) {
        cases += is_wanted(arguments, i) ? FORMS : 0;
        named = named || !arguments->backend || strcmp(arguments->backend, backends[i].name) == 0;
    }
    if (!named) {
        complain("--backend '%s' is not known: give io_uring, epoll or sim", arguments->backend);
        return EXIT_ERROR;
    }
    progress_begin(&progress, cases, 0);
    for (unsigned i = 0; i < BACKENDS * FORMS; i++) {
        if (!is_wanted(arguments, i / FORMS))
            continue;
        if (test(run, arguments, i / FORMS, i % FORMS, cases, &progress) < 0) {
            if (arguments->backend)
                return EXIT_SKIPPED;
            i += FORMS - 1 - i % FORMS;
            continue;
        }
        if (done && run->soak.digest != digest)
            fail(run, "what came back is not what came back in the case before, digest", run->soak.digest);
        digest = run->soak.digest;
        messages += run->soak.messages;
        done++;
    }
    printf("%" PRIu64 " messages in %u cases: every byte came back, in order and once; one digest, nothing left\n",
           messages, done);
    return EXIT_OK;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    if (!parse(&arguments, argc, argv))
        return EXIT_ERROR;
    struct run *run = malloc(sizeof *run);
    if (!run) {
        complain("no memory");
        return EXIT_ERROR;
    }
    int exit_status = test_all(run, &arguments);
    free(run);
    return exit_status;
}

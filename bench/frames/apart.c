#define _GNU_SOURCE /* SOCK_CLOEXEC */
#include "bench/frames/apart.h"
#include "bench/commands.h"
#include "bench/progress.h"
#include "bench/several_threads.h"
#include "bench/spawn.h"
#include "bench/statistics.h"

#include <alloca.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern const struct experiment experiment_frames;

enum { POLL_MS = 200 };

/* What the stacks' places repeat after. */
enum { STACK_PERIOD = 8192 };

/* Each request has one answer; before the first comes one that says whether the cell is open. */
struct request {
    uint64_t operations;
    uint64_t stack; /* where the asking function's frame lies in its STACK_PERIOD */
};

struct answer {
    int status;
    struct outcome outcome;
};

struct apart {
    void *here; /* the cell's state, where it is in this process; else null, and: */
    pid_t process;
    int socket;
};

/* ---- The process ---- */

static double cpu_ns(void)
{
    return (double)clock() * (1e9 / CLOCKS_PER_SEC);
}

/* Whether malloc is that of the library which the cell needs. */
static bool has_malloc(const struct cell *cell)
{
    return strcmp(malloc_library_name(), cell->preload ? cell->mechanism : "malloc") == 0;
}

static uint64_t stack_place(const void *frame)
{
    return (uintptr_t)frame % STACK_PERIOD;
}

static int run_displaced(void *state, const struct request *request, struct outcome *outcome)
{
    uint64_t below = (stack_place(__builtin_frame_address(0)) - request->stack) % STACK_PERIOD;
    *(volatile char *)alloca(below + 1) = 0;
    return chains_run(state, request->operations, outcome);
}

static int open_here(const struct cell *cell, const struct run_options *options, void **state)
{
    const struct chain_parameters *parameters = cell->parameters;
    if (!has_malloc(cell))
        return -ENOTSUP;
    int status = parameters->several_threads ? become_several_threads() : 0;
    return status ? status : chains_open(cell, options, state);
}

/* A block of memory that is held for its place. */
struct held {
    struct held *next;
};

static void let_go(struct held *held)
{
    while (held) {
        struct held *next = held->next;
        free(held);
        held = next;
    }
}

/* As the runner does in its own process before each block (bench/runner.h): small blocks of memory are held, and others
 * that lay between them are free. Null: no memory. */
static struct held *use_heap(uint64_t seed)
{
    enum { STEP = 16, STEPS_MOST = 64, BLOCKS = 1024 };
    struct held *lists[2] = {NULL};
    for (size_t i = 0; i < (size_t)2 * BLOCKS; i++) {
        struct held *held = malloc(STEP * (1 + random_below(&seed, STEPS_MOST)));
        if (!held) {
            let_go(lists[0]);
            let_go(lists[1]);
            return NULL;
        }
        struct held **list = &lists[random_below(&seed, 2)];
        held->next = *list;
        *list = held;
    }
    let_go(lists[0]);
    return lists[1];
}

/* Until the other end is closed. `place` is what the layout of the heap is chosen by. */
static int serve(const struct cell *cell, const struct run_options *options, uint64_t place, int socket)
{
    struct answer answer = {0};
    void *state = NULL;
    struct held *held = use_heap(options->seed + place);
    struct request request;
    answer.status = held ? open_here(cell, options, &state) : -ENOMEM;
    bool opened = !answer.status;
    while (write(socket, &answer, sizeof answer) == sizeof answer && opened &&
           read(socket, &request, sizeof request) == sizeof request) {
        memset(&answer, 0, sizeof answer);
        double cpu = cpu_ns();
        uint64_t started = clock_ns();
        answer.status = run_displaced(state, &request, &answer.outcome);
        double took = (double)(clock_ns() - started);
        if (answer.outcome.real_ns == 0) /* else its threads have taken it */
            answer.outcome.real_ns = took;
        answer.outcome.cpu_ns = cpu_ns() - cpu;
    }
    if (opened)
        chains_close(state);
    let_go(held);
    return 0;
}

int command_frames_child(int argc, char **argv)
{
    char *end = NULL;
    unsigned long index = argc == 3 ? strtoul(argv[0], &end, 10) : ULONG_MAX;
    if (argc != 3 || *end || index >= experiment_frames.cell_count ||
        experiment_frames.cells[index].open != apart_open) {
        complain("frames-child is for this program's own use: see abreast --help");
        return 1;
    }
    struct run_options options = {.seed = strtoull(argv[1], NULL, 10)};
    return serve(&experiment_frames.cells[index], &options, strtoull(argv[2], NULL, 10), STDIN_FILENO);
}

/* ---- The cell ---- */

/* Each time that a cell is opened it lies elsewhere in a page, so that its process has another heap. */
static __attribute__((noreturn)) void become(const struct cell *cell, const struct run_options *options,
                                             const struct apart *apart, int socket)
{
    enum { PAGE = 4096 };
    char self[PATH_MAX], index[32], seed[32], place[32], preload[256];
    snprintf(index, sizeof index, "%zu", (size_t)(cell - experiment_frames.cells));
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)options->seed);
    snprintf(place, sizeof place, "%lu", (unsigned long)((uintptr_t)apart % PAGE));
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", cell->preload ? cell->preload : "");
    char *argv[] = {self, "frames-child", index, seed, place, NULL};
    char *envp[] = {preload, NULL};
    signal(SIGINT, SIG_IGN); /* the terminal's goes to both: this process ends when the other one closes its end */
    signal(SIGTERM, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int nowhere = open("/dev/null", O_WRONLY); /* what the loader says of a library that is not there */
    if (nowhere >= 0 && !spawn_self(self, sizeof self) && dup2(nowhere, STDOUT_FILENO) >= 0 &&
        dup2(nowhere, STDERR_FILENO) >= 0 && dup2(socket, STDIN_FILENO) >= 0)
        execve(self, argv, envp);
    _exit(127);
}

/* 0 or negative errno. */
static int await_answer(int socket, struct answer *answer)
{
    for (;;) {
        struct pollfd ready = {.fd = socket, .events = POLLIN};
        if (run_interrupted())
            return -EINTR;
        if (poll(&ready, 1, POLL_MS) <= 0)
            continue;
        ssize_t got = read(socket, answer, sizeof *answer);
        if (got < 0 && errno == EINTR)
            continue;
        return got < 0 ? -errno : got == sizeof *answer ? answer->status : -ECHILD;
    }
}

static int start(struct apart *apart, const struct cell *cell, const struct run_options *options)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return -errno;
    fflush(NULL);
    apart->process = fork();
    if (apart->process == 0)
        become(cell, options, apart, ends[1]);
    int status = apart->process < 0 ? -errno : 0;
    close(ends[1]);
    apart->socket = ends[0];
    if (status) {
        close(ends[0]);
        return status;
    }
    struct answer answer;
    status = await_answer(apart->socket, &answer);
    if (status) {
        close(apart->socket);
        waitpid(apart->process, NULL, 0);
    }
    return status == -ECHILD && cell->preload ? -ENOTSUP : status; /* it does not start with this library */
}

int apart_open(const struct cell *cell, const struct run_options *options, void **state)
{
    if (cell->preload && !strstr(toolchain, "san=none"))
        return -ENOTSUP;
    struct apart *apart = calloc(1, sizeof *apart);
    if (!apart)
        return -ENOMEM;
    int status;
    if (!options->counting)
        status = start(apart, cell, options);
    else
        status = open_here(cell, options, &apart->here);
    if (status)
        free(apart);
    else
        *state = apart;
    return status;
}

int apart_run(void *state, uint64_t operations, struct outcome *outcome)
{
    const struct apart *apart = state;
    const struct request request = {operations, stack_place(__builtin_frame_address(0))};
    struct answer answer = {0};
    if (apart->here)
        return chains_run(apart->here, operations, outcome);
    if (write(apart->socket, &request, sizeof request) != sizeof request)
        return -errno;
    int status = await_answer(apart->socket, &answer);
    *outcome = answer.outcome;
    return status;
}

void apart_close(void *state)
{
    struct apart *apart = state;
    if (apart->here) {
        chains_close(apart->here);
    } else {
        close(apart->socket);
        while (waitpid(apart->process, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    free(apart);
}

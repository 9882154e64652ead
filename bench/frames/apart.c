#define _GNU_SOURCE /* SOCK_CLOEXEC */
#include "bench/frames/apart.h"
#include "bench/commands.h"
#include "bench/progress.h"
#include "bench/spawn.h"

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

/* Each request, a number of operations, has one answer; before the first comes one that says whether the cell is open.
 */
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

/* Until the other end is closed. */
static int serve(const struct cell *cell, const struct run_options *options, int socket)
{
    struct answer answer = {0};
    void *state = NULL;
    uint64_t operations;
    answer.status = has_malloc(cell) ? chains_open(cell, options, &state) : -ENOTSUP;
    bool opened = !answer.status;
    while (write(socket, &answer, sizeof answer) == sizeof answer && opened &&
           read(socket, &operations, sizeof operations) == sizeof operations) {
        memset(&answer, 0, sizeof answer);
        double cpu = cpu_ns();
        uint64_t started = clock_ns();
        answer.status = chains_run(state, operations, &answer.outcome);
        answer.outcome.real_ns = (double)(clock_ns() - started);
        answer.outcome.cpu_ns = cpu_ns() - cpu;
    }
    if (opened)
        chains_close(state);
    return 0;
}

int command_frames_child(int argc, char **argv)
{
    char *end = NULL;
    unsigned long index = argc == 2 ? strtoul(argv[0], &end, 10) : ULONG_MAX;
    if (argc != 2 || *end || index >= experiment_frames.cell_count ||
        experiment_frames.cells[index].open != apart_open) {
        complain("frames-child is for this program's own use: see abreast --help");
        return 1;
    }
    struct run_options options = {.seed = strtoull(argv[1], NULL, 10)};
    return serve(&experiment_frames.cells[index], &options, STDIN_FILENO);
}

/* ---- The cell ---- */

static __attribute__((noreturn)) void become(const struct cell *cell, const struct run_options *options, int socket)
{
    char self[PATH_MAX], index[32], seed[32], preload[256];
    snprintf(index, sizeof index, "%zu", (size_t)(cell - experiment_frames.cells));
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)options->seed);
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", cell->preload ? cell->preload : "");
    char *argv[] = {self, "frames-child", index, seed, NULL};
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
        become(cell, options, ends[1]);
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
        status = has_malloc(cell) ? chains_open(cell, options, &apart->here) : -ENOTSUP;
    if (status)
        free(apart);
    else
        *state = apart;
    return status;
}

int apart_run(void *state, uint64_t operations, struct outcome *outcome)
{
    const struct apart *apart = state;
    struct answer answer = {0};
    if (apart->here)
        return chains_run(apart->here, operations, outcome);
    if (write(apart->socket, &operations, sizeof operations) != sizeof operations)
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

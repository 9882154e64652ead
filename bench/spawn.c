#define _GNU_SOURCE /* execvpe, pipe2 */
#include "bench/spawn.h"
#include "bench/cell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GRACE_MS = 5000, POLL_MS = 200 };

struct lines {
    char *text;
    size_t length, capacity;
    void (*line)(void *context, const char *line);
    void *context;
};

static __attribute__((noreturn)) void become(const char *const argv[], const char *const envp[], int out)
{
    setpgid(0, 0);
    signal(SIGTERM, SIG_DFL); /* as it will be in the program: the signal that ends it may come before that runs */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    personality(ADDR_NO_RANDOMIZE); /* refused in some containers; the figures are then as good as they can be */
    if (!run_interrupted() && dup2(out, STDOUT_FILENO) >= 0)
        execvpe(argv[0], (char *const *)argv, (char *const *)envp);
    _exit(127);
}

/* Hands over the complete lines, keeps the rest. */
static void deliver(struct lines *lines)
{
    char *start = lines->text, *end;
    while ((end = memchr(start, '\n', lines->length - (size_t)(start - lines->text)))) {
        *end = '\0';
        lines->line(lines->context, start);
        start = end + 1;
    }
    lines->length -= (size_t)(start - lines->text);
    memmove(lines->text, start, lines->length);
}

/* Reads what is there, at most once. 1: more may come, 0: end of file, or negative errno. */
static int read_some_lines(struct lines *lines, int in)
{
    if (lines->capacity - lines->length < 4096) {
        size_t capacity = 2 * lines->capacity + 8192;
        char *text = realloc(lines->text, capacity);
        if (!text)
            return -ENOMEM;
        lines->text = text;
        lines->capacity = capacity;
    }
    ssize_t got = read(in, lines->text + lines->length, lines->capacity - lines->length);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN ? 1 : -errno;
    lines->length += (size_t)got;
    return got > 0;
}

/* 0 at end of file. */
static int read_lines(struct lines *lines, int in)
{
    for (int status = 1; status > 0;) {
        if (run_interrupted())
            return -EINTR;
        struct pollfd ready = {.fd = in, .events = POLLIN};
        if (poll(&ready, 1, POLL_MS) <= 0)
            continue;
        status = read_some_lines(lines, in);
        if (status <= 0)
            return status;
        deliver(lines);
    }
    return 0;
}

/* Ends the program with all that it has started. Its standard output comes to an end with the last of them, and by then
 * they have written their last files too. */
static void end_group(pid_t child, int in)
{
    char rest[4096];
    struct pollfd ready = {.fd = in, .events = POLLIN};
    kill(-child, SIGTERM);
    while (poll(&ready, 1, GRACE_MS) > 0 && read(in, rest, sizeof rest) > 0)
        continue;
    kill(-child, SIGKILL);
}

int spawn_start(struct spawned *program, const char *const argv[], const char *const envp[])
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return -errno;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        become(argv, envp, ends[1]);
    int status = child < 0 ? -errno : 0;
    close(ends[1]);
    if (status) {
        close(ends[0]);
        return status;
    }
    setpgid(child, child); /* so does the child: whoever comes first */
    *program = (struct spawned){child, ends[0]};
    return 0;
}

/* The program's end: its exit status, 128 and a signal, or negative errno. */
static int reap(const struct spawned *program)
{
    int status;
    while (waitpid(program->pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Reads no more; a program that failed here, or that a signal to us cut short, has `status`. */
static int finish(const struct spawned *program, int status)
{
    if (status)
        end_group(program->pid, program->out);
    close(program->out);
    int ended = reap(program);
    if (!status && run_interrupted())
        status = -EINTR;
    return status ? status : ended;
}

int spawn_collect(struct spawned *program, void (*line)(void *context, const char *line), void *context)
{
    struct lines lines = {.line = line, .context = context};
    int status = read_lines(&lines, program->out);
    free(lines.text);
    return finish(program, status);
}

int spawn_lines(const char *const argv[], const char *const envp[], void (*line)(void *context, const char *line),
                void *context)
{
    struct spawned program;
    int status = spawn_start(&program, argv, envp);
    return status ? status : spawn_collect(&program, line, context);
}

/* ---- Many ---- */

/* A program of the queue, from its start until it has been handed over. */
struct slot {
    struct spawned process;
    bool running;
    int status; /* once it does not run */
    struct lines lines;
};

struct many {
    const struct spawn_queue *queue;
    struct slot *slots;      /* one a program */
    size_t started, given;   /* how many of them, in the order of their numbers */
    size_t at_once, running; /* programs */
    struct pollfd *ready;    /* of those that run */
    size_t *numbers;         /* whose they are */
};

struct giving {
    const struct spawn_queue *queue;
    size_t number;
};

static void give_line(void *context, const char *line)
{
    const struct giving *giving = context;
    giving->queue->line(giving->queue->context, giving->number, line);
}

static void start_next(struct many *many)
{
    struct slot *slot = &many->slots[many->started];
    slot->status = many->queue->start(many->queue->context, many->started++, &slot->process);
    slot->running = !slot->status;
    many->running += slot->running;
}

/* Hands over those that have ended and have nobody before them. */
static void give(struct many *many)
{
    for (; many->given < many->started && !many->slots[many->given].running; many->given++) {
        struct slot *slot = &many->slots[many->given];
        struct giving giving = {many->queue, many->given};
        slot->lines.line = give_line;
        slot->lines.context = &giving;
        if (slot->lines.text)
            deliver(&slot->lines);
        free(slot->lines.text);
        slot->lines.text = NULL;
        many->queue->ended(many->queue->context, many->given, slot->status);
    }
}

static void end_slot(struct many *many, struct slot *slot, int status)
{
    slot->status = finish(&slot->process, status);
    slot->running = false;
    many->running--;
}

/* Waits until one of the programs has printed something, or has ended, and takes it. */
static int attend(struct many *many)
{
    nfds_t count = 0;
    for (size_t i = many->given; i < many->started; i++) {
        if (!many->slots[i].running)
            continue;
        many->ready[count] = (struct pollfd){.fd = many->slots[i].process.out, .events = POLLIN};
        many->numbers[count++] = i;
    }
    if (poll(many->ready, count, POLL_MS) <= 0)
        return 0;
    for (nfds_t i = 0; i < count; i++) {
        struct slot *slot = &many->slots[many->numbers[i]];
        int status = many->ready[i].revents ? read_some_lines(&slot->lines, slot->process.out) : 1;
        if (status == -ENOMEM)
            return status;
        if (status <= 0)
            end_slot(many, slot, status);
    }
    return 0;
}

int spawn_all(const struct spawn_queue *queue)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct many many = {.queue = queue, .at_once = processors > 0 ? (size_t)processors : 1};
    many.slots = calloc(queue->count + 1, sizeof *many.slots);
    many.ready = calloc(many.at_once, sizeof *many.ready);
    many.numbers = calloc(many.at_once, sizeof *many.numbers);
    int status = many.slots && many.ready && many.numbers ? 0 : -ENOMEM;
    while (!status && many.given < queue->count) {
        while (many.running < many.at_once && many.started < queue->count)
            start_next(&many);
        give(&many);
        if (many.running)
            status = attend(&many);
        if (run_interrupted())
            status = -EINTR;
    }
    for (size_t i = many.given; many.slots && i < many.started; i++) {
        if (many.slots[i].running)
            end_slot(&many, &many.slots[i], status);
        free(many.slots[i].lines.text);
    }
    free(many.slots);
    free(many.ready);
    free(many.numbers);
    return status;
}

int spawn_self(char *buffer, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", buffer, size);
    if (length < 0)
        return -errno;
    if ((size_t)length >= size)
        return -ENAMETOOLONG;
    buffer[length] = '\0';
    return 0;
}

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

enum { GRACE_MS = 5000 };

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

/* 0 at end of file. */
static int read_lines(struct lines *lines, int in)
{
    for (;;) {
        if (run_interrupted())
            return -EINTR;
        struct pollfd ready = {.fd = in, .events = POLLIN};
        if (poll(&ready, 1, 200) <= 0)
            continue;
        if (lines->capacity - lines->length < 4096) {
            size_t capacity = 2 * lines->capacity + 8192;
            char *text = realloc(lines->text, capacity);
            if (!text)
                return -ENOMEM;
            lines->text = text;
            lines->capacity = capacity;
        }
        ssize_t got = read(in, lines->text + lines->length, lines->capacity - lines->length);
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        if (got == 0)
            return 0;
        if (got > 0) {
            lines->length += (size_t)got;
            deliver(lines);
        }
    }
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

int spawn_collect(struct spawned *program, void (*line)(void *context, const char *line), void *context)
{
    struct lines lines = {.line = line, .context = context};
    int status = read_lines(&lines, program->out);
    if (status)
        end_group(program->pid, program->out);
    close(program->out);
    free(lines.text);

    int wait_status = 0;
    while (waitpid(program->pid, &wait_status, 0) < 0) {
        if (errno != EINTR)
            return status ? status : -errno;
    }
    if (!status && run_interrupted())
        status = -EINTR;
    if (status)
        return status;
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

int spawn_lines(const char *const argv[], const char *const envp[], void (*line)(void *context, const char *line),
                void *context)
{
    struct spawned program;
    int status = spawn_start(&program, argv, envp);
    return status ? status : spawn_collect(&program, line, context);
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

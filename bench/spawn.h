/* Runs another program and reads its lines: how a run gets figures from callgrind, from other builds of itself, and
 * from the cells of the `stack` experiment.
 *
 * Errors: negative errno. Threads: one; several programs may run at once, each is collected for itself.
 */
#ifndef ABREAST_BENCH_SPAWN_H
#define ABREAST_BENCH_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

/* A program that runs; its lines wait in a pipe. */
struct spawned {
    pid_t pid;
    int out;
};

/* Starts argv (found along PATH) in a process group of its own with the environment `envp`, address randomisation off
 * where that is permitted; it does not outlive this thread. 0, and spawn_collect must follow, or negative errno. */
int spawn_start(struct spawned *, const char *const argv[], const char *const envp[]);

/* Calls `line` for every line of the program's standard output and waits for its end. Returns the exit status (0..255;
 * 128 and its number for a signal), 127 when the program is not there, -EINTR after a signal to us, or negative errno;
 * a program that was not read to its end has been ended, with all that it had started. */
int spawn_collect(struct spawned *, void (*line)(void *context, const char *line), void *context);

/* Both in one. */
int spawn_lines(const char *const argv[], const char *const envp[], void (*line)(void *context, const char *line),
                void *context);

/* The path of this executable. 0 or negative errno. */
int spawn_self(char *buffer, size_t size);

#endif

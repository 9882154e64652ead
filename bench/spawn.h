/* Runs other programs and reads their lines: how a run gets figures from callgrind, and from the cells that other
 * compilers made.
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

/* Many programs, as many at once as there are processors. What they print and how they ended is handed over in the
 * order of their numbers, whichever ends first; until then the lines are kept. */
struct spawn_queue {
    void *context;
    size_t count;
    /* Starts program `number` with spawn_start. 0; SPAWN_NOTHING: there is nothing to run; or negative errno. */
    int (*start)(void *context, size_t number, struct spawned *);
    void (*line)(void *context, size_t number, const char *line);
    /* `status` is that of spawn_collect, or what `start` returned. */
    void (*ended)(void *context, size_t number, int status);
};

enum { SPAWN_NOTHING = 256 };

/* 0, -EINTR after a signal to us, when every program has been ended, or -ENOMEM, likewise. */
int spawn_all(const struct spawn_queue *);

/* The path of this executable. 0 or negative errno. */
int spawn_self(char *buffer, size_t size);

#endif

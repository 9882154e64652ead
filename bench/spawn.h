/* Runs another program and reads its lines: how a run gets figures from callgrind and from other builds of itself. */
#ifndef ABREAST_BENCH_SPAWN_H
#define ABREAST_BENCH_SPAWN_H

#include <stddef.h>

/* Runs argv (found along PATH) in a process group of its own with the environment `envp`, address randomisation off
 * where that is permitted, and calls `line` for every line of its standard output. Returns the exit status (0..255),
 * 127 when the program is not there, -EINTR after a signal to us (the program has been ended), or negative errno. */
int spawn_lines(const char *const argv[], const char *const envp[], void (*line)(void *context, const char *line),
                void *context);

/* The path of this executable. 0 or negative errno. */
int spawn_self(char *buffer, size_t size);

#endif

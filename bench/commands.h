/* The commands of `abreast`. Each takes what follows its name and returns the exit status. */
#ifndef ABREAST_BENCH_COMMANDS_H
#define ABREAST_BENCH_COMMANDS_H

int command_list(int argc, char **argv);
int command_run(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_env(int argc, char **argv);
int command_claim(int argc, char **argv);
int command_demo(int argc, char **argv);

/* The port that both take where they are told none: that of the echo protocol, 7, and 7000. */
enum { COMMAND_SERVE_PORT = 7007 };
int command_serve(int argc, char **argv);
int command_load(int argc, char **argv);

/* Not for people: the deterministic rows on stdout, with and without what valgrind counts; see costs.c. */
int command_check(int argc, char **argv);
int command_measure(int argc, char **argv);

/* Not for people: runs under callgrind, see instructions.h. */
int command_count(int argc, char **argv);

/* The same under lackey, see writes.h. */
int command_count_writes(int argc, char **argv);

/* Not for people: one sample of one cell, for a gate that pairs two executables. CELL OPERATIONS: prints how many it
 * did and the nanoseconds that they took, separated by a tab. */
int command_time(int argc, char **argv);

/* Not for people: one run of the experiment conns, in a process of its own; see conns/child.c. */
int command_conns(int argc, char **argv);

/* Not for people: a cell of `frames` in a process of its own, see frames/apart.h. */
int command_frames_child(int argc, char **argv);

#endif

/* abreast: awaitables and senders, the same byte-I/O loop side by side. */
#include "bench/commands.h"
#include "bench/options.h"
#include "bench/progress.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "Usage: abreast COMMAND [OPTION...]\n"
    "\n"
    "Measures the same asynchronous byte-I/O loop written with awaitables and with senders, and as a bare state\n"
    "machine (the floor).\n"
    "\n"
    "  list [--tsv]                  the experiments\n"
    "  list --variants [--tsv] [FILTER...]\n"
    "                                their cells, with the modes that run them\n"
    "  list --allocators [--tsv]     what --allocator takes\n"
    "  run [FILTER...] [OPTION...]   runs experiments and writes their results\n"
    "      --quick | --full          how long to measure (default: --quick)\n"
    "      --smoke                   a few operations of each cell, no timing: only checks that they work\n"
    "      --out DIR                 where results go (default: out); one folder holds one run: run.json and\n"
    "                                results/*.tsv, *.json of an earlier one are removed first, nothing else\n"
    "      --seed N                  of everything random (default: 1)\n"
    "      --reactor=BACKEND         io_uring, epoll or sim (default: io_uring where permitted, else epoll)\n"
    "      --allocator NAME          of coroutine frames, where whole loops run: malloc, recycling, recycling-global,\n"
    "                                pool or arena (default: recycling)\n"
    "  bench [--reactor=BACKEND] [--allocator NAME] [--benchmark_...]\n"
    "                                the timed cells under Google Benchmark, to explore one of them\n"
    "  claim [ID] [--out DIR]        measures what one claim of the papers needs, in quick mode, and judges it;\n"
    "                                without ID the claims (default: --out out/claims/ID)\n"
    "  demo [SCENE] [--text]         what happens at one co_await, step by step, both models side by side\n"
    "  demo --list                   the scenes\n"
    "  env [--json]                  this machine and build, and what may disturb a measurement here\n"
    "  serve [OPTION...]             an echo server on 127.0.0.1, to try by hand: docs/serve.md\n"
    "      --model MODEL             awaitable, sender, sender-task or floor (default: awaitable)\n"
    "      --port N                  0: the kernel chooses, and the first line of stdout names it (default: 7007)\n"
    "      --connections N           at most so many at once (default: 10000, or what descriptors allow)\n"
    "      --reactor=BACKEND, --allocator NAME\n"
    "  load [OPTION...]              asks an echo server, verifies every byte, and prints throughput and latency\n"
    "      --connect 127.0.0.1:PORT  (default: 127.0.0.1:7007)\n"
    "      --connections N           (default: 1)\n"
    "      --size BYTES              of a message (default: 64)\n"
    "      --rate R                  messages a second in all, sent when they are due (default: each connection sends\n"
    "                                its next message when the one before has come back)\n"
    "      --messages N | --seconds S\n"
    "                                how much (default: --seconds 5)\n"
    "      --reactor=BACKEND, --seed N\n"
    "  help, --help, --version\n"
    "\n"
    "A FILTER is a part of experiment/model/mechanism/variant, or a pattern of the whole with * ? [].\n"
    "Results: DIR/run.json, DIR/results/EXPERIMENT.tsv and, of timed experiments, DIR/results/EXPERIMENT.json\n"
    "(Google Benchmark's schema); a summary on stdout, progress on stderr.\n"
    "\n"
    "Exit status: 0 done (parts may have been skipped: see run.json), 1 usage, environment or internal error,\n"
    "2 regression, 3 inconclusive, 4 nothing measured or incomparable, 77 skipped. (2 and 3 come from the scripts.)\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"list", command_list},       {"run", command_run},
    {"bench", command_bench},     {"env", command_env},
    {"claim", command_claim},     {"demo", command_demo},
    {"serve", command_serve},     {"load", command_load},
    {"measure", command_measure}, {"count", command_count},
    {"time", command_time},       {"count-writes", command_count_writes},
    {"conns", command_conns},     {"frames-child", command_frames_child},
};

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        complain("no command given: see abreast --help");
        return EXIT_ERROR;
    }
    const char *name = argv[1];
    bool asks = strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0;
    for (int i = 2; i < argc; i++)
        asks = asks || strcmp(argv[i], "--help") == 0;
    if (asks) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    if (strcmp(name, "--version") == 0) {
        puts("abreast " ABREAST_VERSION);
        return EXIT_OK;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    }
    complain("unknown command '%s': see abreast --help", name);
    return EXIT_ERROR;
}

int main(int argc, char **argv)
{
    int status = dispatch(argc, argv);
    if (fflush(stdout) || ferror(stdout)) {
        complain("could not write to stdout");
        return EXIT_ERROR;
    }
    return status;
}

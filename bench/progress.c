#include "bench/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const uint64_t SECOND = 1000000000;
enum { TELLING = 10 };                            /* a stage of which one part in so many is done tells what is left */
enum { TERMINAL_SECONDS = 1, PLAIN_SECONDS = 5 }; /* between lines */

/* The progress whose line is open on the terminal; null: none. */
static struct progress *open_line;

uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

void progress_begin(struct progress *progress, unsigned stages, double expected_s)
{
    *progress = (struct progress){
        .quiet = progress->quiet,
        .terminal = isatty(STDERR_FILENO),
        .stages = stages,
        .expected_s = expected_s,
        .started_ns = clock_ns(),
    };
}

static void print(struct progress *progress, const char *detail)
{
    if (progress->quiet)
        return;
    uint64_t now = clock_ns();
    double elapsed = (double)(now - progress->started_ns) / (double)SECOND;
    double left = progress->expected_s - elapsed;
    progress->printed_ns = now;
    fprintf(stderr, "%srun %u/%u: %s%s%s, %.0f s", progress->terminal ? "\r" : "", progress->stage, progress->stages,
            progress->name, detail ? " " : "", detail ? detail : "", elapsed);
    if (left >= 1 && !progress->unsure)
        fprintf(stderr, ", about %.0f s left", left);
    fputs(progress->terminal ? "\033[K" : "\n", stderr);
    fflush(stderr);
    if (progress->terminal)
        open_line = progress;
}

void progress_stage(struct progress *progress, const char *name, double expected_s)
{
    uint64_t now = clock_ns();
    if (progress->stage++) /* what the stage before was to take becomes what it took */
        progress->expected_s += (double)(now - progress->stage_started_ns) / (double)SECOND - progress->stage_s;
    progress->name = name;
    progress->stage_s = expected_s;
    progress->unsure = false;
    progress->stage_started_ns = now;
    if (progress->terminal)
        print(progress, NULL);
    else
        progress_step(progress, NULL);
}

void progress_step(struct progress *progress, const char *detail)
{
    uint64_t seconds = progress->terminal ? TERMINAL_SECONDS : PLAIN_SECONDS;
    if (!progress->printed_ns || clock_ns() - progress->printed_ns >= seconds * SECOND)
        print(progress, detail);
}

void progress_count(struct progress *progress, size_t done, size_t of, const char *what)
{
    char detail[64];
    double passed_s = (double)(clock_ns() - progress->stage_started_ns) / (double)SECOND;
    progress->unsure = done * TELLING < of;
    double stage_s = progress->unsure ? progress->stage_s : passed_s * (double)of / (double)done;
    progress->expected_s += stage_s - progress->stage_s;
    progress->stage_s = stage_s;
    snprintf(detail, sizeof detail, "%zu of %zu %s", done, of, what);
    progress_step(progress, detail);
}

void progress_pause(struct progress *progress)
{
    if (open_line == progress) {
        fputc('\n', stderr);
        open_line = NULL;
    }
}

void complain(const char *format, ...)
{
    if (open_line)
        progress_pause(open_line);
    va_list arguments;
    va_start(arguments, format);
    fputs("abreast: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

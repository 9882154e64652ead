/* The machine and the build that a run happens on, and what may disturb a measurement there. Read only: nothing is
 * changed.
 *
 * Owns: its strings are its own. What is not known is an empty string or a negative number.
 */
#ifndef ABREAST_BENCH_ENVIRONMENT_H
#define ABREAST_BENCH_ENVIRONMENT_H

#include "bench/json.h"
#include "common/reactor.h"

enum { CACHES_MAX = 8 };

struct cache {
    char type[16]; /* Data, Instruction, Unified */
    int level;
    long size; /* bytes */
    int sharing;
};

struct environment {
    char kernel[160];
    char cpu[128];
    char libc[48];
    int cores;
    int mhz;
    double load[3];
    double steal_percent; /* of all CPU time since boot */
    double others;        /* processors that other programs used just before a run, with steal */
    char governor[32];    /* of cpu0: performance, powersave ... */
    int turbo;            /* 1 on, 0 off, -1 unknown */
    int aslr;             /* kernel.randomize_va_space, or -1 */
    char huge_pages[16];  /* always, madvise, never */
    struct cache caches[CACHES_MAX];
    int cache_count;
    char reactor[16]; /* the backend that was asked for, or empty with the reason */
    char reactor_features[256];
    char reactor_note[256];
};

/* What this executable was compiled with. */
extern const char *const build_flags;
extern const char *const transfer_kind;

/* Also makes the reactor, for its backend and features, and drops it again. 0, or negative errno when the backend that
 * was asked for cannot be had: `reactor_note` then says why. */
int environment_read(struct environment *, enum reactor_backend);

/* Looks for a quarter of a second at what others use. A line on stderr where times will suffer from it, or from the
 * governor of the clock. */
void environment_watch(struct environment *);

/* The members of a JSON object; keys only for what is known. */
void environment_write(const struct environment *, struct json *);

/* For people, with advice. */
void environment_print(const struct environment *, FILE *);

#endif

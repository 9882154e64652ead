#include "bench/environment.h"
#include "bench/cell.h"
#include "bench/progress.h"
#include "common/frame_allocator.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

const char *const build_flags = ABREAST_FLAGS;
const char *const transfer_kind = TRANSFER_KIND;

/* The first line of a small file, without its end; empty when there is none. */
static bool read_line(const char *path, char *buffer, size_t size)
{
    buffer[0] = '\0';
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool got = fgets(buffer, (int)size, file) != NULL;
    fclose(file);
    buffer[strcspn(buffer, "\n")] = '\0';
    return got;
}

static long read_long(const char *path, long otherwise)
{
    char line[64], *end;
    if (!read_line(path, line, sizeof line))
        return otherwise;
    long value = strtol(line, &end, 10);
    return end == line ? otherwise : value;
}

static void read_cpu(struct environment *environment)
{
    environment->cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    environment->mhz = -1;
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (!file)
        return;
    char line[512];
    while (fgets(line, sizeof line, file)) {
        char *value = strstr(line, ": ");
        if (!value)
            continue;
        value[strcspn(value, "\n")] = '\0';
        if (strncmp(line, "model name", 10) == 0)
            snprintf(environment->cpu, sizeof environment->cpu, "%.*s", (int)sizeof environment->cpu - 1, value + 2);
        if (strncmp(line, "cpu MHz", 7) == 0)
            environment->mhz = atoi(value + 2);
    }
    fclose(file);
}

static void read_caches(struct environment *environment)
{
    for (int i = 0; i < CACHES_MAX; i++) {
        struct cache *cache = &environment->caches[environment->cache_count];
        char path[96], line[64];
        const char *base = "/sys/devices/system/cpu/cpu0/cache/index";
        snprintf(path, sizeof path, "%s%d/type", base, i);
        if (!read_line(path, line, sizeof line))
            return;
        snprintf(cache->type, sizeof cache->type, "%.15s", line);
        snprintf(path, sizeof path, "%s%d/level", base, i);
        cache->level = (int)read_long(path, 0);
        snprintf(path, sizeof path, "%s%d/size", base, i);
        read_line(path, line, sizeof line);
        cache->size = atol(line) * (strchr(line, 'K') ? 1024 : strchr(line, 'M') ? 1024 * 1024 : 1);
        snprintf(path, sizeof path, "%s%d/shared_cpu_list", base, i);
        read_line(path, line, sizeof line);
        cache->sharing = 0;
        for (char *at = line; *at;) {
            long first = strtol(at, &at, 10);
            long last = *at == '-' ? strtol(at + 1, &at, 10) : first;
            cache->sharing += (int)(last - first + 1);
            at += *at != '\0';
        }
        environment->cache_count++;
    }
}

/* Processor time since boot, in clock ticks, of all, and of it that nobody used. */
struct usage {
    double total, idle, steal;
};

static bool read_usage(struct usage *usage)
{
    enum { IDLE = 3, IOWAIT = 4, STEAL = 7 };
    char line[256];
    *usage = (struct usage){0};
    if (!read_line("/proc/stat", line, sizeof line) || strncmp(line, "cpu ", 4) != 0)
        return false;
    char *at = line + 4, *end;
    for (int field = 0; field <= STEAL; field++, at = end) {
        double value = strtod(at, &end);
        if (end == at)
            return false;
        usage->total += value;
        usage->idle += field == IDLE || field == IOWAIT ? value : 0;
        usage->steal += field == STEAL ? value : 0;
    }
    return usage->total > 0;
}

static void read_steal(struct environment *environment)
{
    struct usage usage;
    environment->steal_percent = read_usage(&usage) ? 100 * usage.steal / usage.total : -1;
}

static void read_noise(struct environment *environment)
{
    if (getloadavg(environment->load, 3) != 3)
        environment->load[0] = -1;
    read_steal(environment);
    const char *cpufreq = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
    read_line(cpufreq, environment->governor, sizeof environment->governor);
    long no_turbo = read_long("/sys/devices/system/cpu/intel_pstate/no_turbo", -1);
    environment->turbo = no_turbo >= 0 ? no_turbo == 0 : (int)read_long("/sys/devices/system/cpu/cpufreq/boost", -1);
    environment->aslr = (int)read_long("/proc/sys/kernel/randomize_va_space", -1);
    char line[64];
    read_line("/sys/kernel/mm/transparent_hugepage/enabled", line, sizeof line);
    char *chosen = strchr(line, '[');
    if (chosen)
        snprintf(environment->huge_pages, sizeof environment->huge_pages, "%.*s", (int)strcspn(chosen + 1, "]"),
                 chosen + 1);
}

static int read_reactor(struct environment *environment, enum reactor_backend backend)
{
    struct reactor *reactor;
    const char *reason = NULL;
    int status = reactor_create(&reactor, &(struct reactor_options){.backend = backend}, &reason);
    if (status) {
        snprintf(environment->reactor_note, sizeof environment->reactor_note, "%s",
                 reason ? reason : strerror(-status));
        return status;
    }
    snprintf(environment->reactor, sizeof environment->reactor, "%s", reactor_backend_name(reactor));
    snprintf(environment->reactor_features, sizeof environment->reactor_features, "%s", reactor_features(reactor));
    reactor_destroy(reactor);
    if (backend != REACTOR_DEFAULT || strcmp(environment->reactor, "io_uring") == 0)
        return 0;

    int refused = reactor_create(&reactor, &(struct reactor_options){.backend = REACTOR_IO_URING}, &reason);
    if (refused == 0) {
        reactor_destroy(reactor);
        return 0;
    }
    snprintf(environment->reactor_note, sizeof environment->reactor_note, "using %s instead of io_uring: %s",
             environment->reactor, reason ? reason : strerror(-refused));
    return 0;
}

int environment_read(struct environment *environment, enum reactor_backend backend)
{
    *environment = (struct environment){.others = -1};
    struct utsname names;
    if (uname(&names) == 0)
        snprintf(environment->kernel, sizeof environment->kernel, "%.40s %.60s %.40s", names.sysname, names.release,
                 names.machine);
#ifdef __GLIBC__
    snprintf(environment->libc, sizeof environment->libc, "glibc %s", gnu_get_libc_version());
#endif
    read_cpu(environment);
    read_caches(environment);
    read_noise(environment);
    return read_reactor(environment, backend);
}

void environment_watch(struct environment *environment)
{
    static const struct timespec quarter = {.tv_nsec = 250000000};
    static const double most = 0.5; /* processors */
    struct usage before, after;
    if (read_usage(&before) && nanosleep(&quarter, NULL) == 0 && read_usage(&after) && after.total > before.total)
        environment->others = environment->cores * (1 - (after.idle - before.idle) / (after.total - before.total));
    bool busy = environment->others > most;
    bool unsteady = environment->governor[0] && strcmp(environment->governor, "performance") != 0;
    char use[64] = "", clock[96] = "";
    if (busy)
        snprintf(use, sizeof use, "other programs use %.1f of %d processors", environment->others, environment->cores);
    if (unsteady)
        snprintf(clock, sizeof clock, "the governor is '%s', 'performance' is steadier", environment->governor);
    if (busy || unsteady)
        complain("%s%s%s: times will be longer and their intervals wider", use, busy && unsteady ? ", and " : "",
                 clock);
}

static void write_known(struct json *json, const char *key, const char *value)
{
    if (value[0])
        json_string(json, key, value);
}

void environment_write(const struct environment *environment, struct json *json)
{
    json_open(json, "machine", '{');
    write_known(json, "cpu_model", environment->cpu);
    json_count(json, "cores", (uint64_t)environment->cores);
    json_close(json, '}');
    write_known(json, "kernel", environment->kernel);
    write_known(json, "libc", environment->libc);
    char file[NAME_MAX + 1];
    json_string(json, "malloc", malloc_library_name());
    if (malloc_library_file(NULL, file, sizeof file))
        json_string(json, "malloc_file", file);
    json_open(json, "reactor", '{');
    write_known(json, "backend", environment->reactor);
    write_known(json, "features", environment->reactor_features);
    write_known(json, "note", environment->reactor_note);
    json_close(json, '}');
    json_string(json, "transfer", transfer_kind);
    json_open(json, "noise", '{');
    json_string(json, "governor", environment->governor[0] ? environment->governor : "unknown");
    json_string(json, "turbo", environment->turbo < 0 ? "unknown" : environment->turbo ? "on" : "off");
    json_string(json, "aslr", environment->aslr < 0 ? "unknown" : environment->aslr ? "on" : "off");
    json_string(json, "transparent_huge_pages", environment->huge_pages[0] ? environment->huge_pages : "unknown");
    if (environment->load[0] >= 0) {
        json_open(json, "load_average", '[');
        for (int i = 0; i < 3; i++)
            json_number(json, NULL, environment->load[i]);
        json_close(json, ']');
    }
    if (environment->steal_percent >= 0)
        json_number(json, "steal_percent", environment->steal_percent);
    if (environment->others >= 0)
        json_number(json, "other_programs_processors", environment->others);
    json_close(json, '}');
}

static void advise(FILE *file, const char *what, const char *state, const char *advice)
{
    fprintf(file, "  %-16s %-12s %s\n", what, state, advice);
}

void environment_print(const struct environment *environment, FILE *file)
{
    const char *unknown = "unknown";
    fprintf(file, "build       %s\n            flags: %s\n            symmetric transfer: %s\n", toolchain, build_flags,
            transfer_kind);
    fprintf(file, "machine     %s, %d cores\n", environment->cpu[0] ? environment->cpu : unknown, environment->cores);
    fprintf(file, "kernel      %s\n", environment->kernel);
    fprintf(file, "libc        %s\n", environment->libc[0] ? environment->libc : unknown);
    fprintf(file, "malloc      %s\n", strcmp(malloc_library_name(), "malloc") ? malloc_library_name() : "libc's");
    fprintf(file, "reactor     %s\n", environment->reactor[0] ? environment->reactor_features : "none");
    if (environment->reactor_note[0])
        fprintf(file, "            %s\n", environment->reactor_note);

    fputs("noise (nothing here is changed)\n", file);
    const char *governor = environment->governor;
    bool steady = strcmp(governor, "performance") == 0;
    advise(file, "governor", governor[0] ? governor : unknown,
           !governor[0] ? "the system does not tell; ratios of interleaved samples are what to read"
           : steady     ? "good"
                        : "the clock may change during a run: 'performance' is steadier");
    advise(file, "turbo",
           environment->turbo < 0 ? unknown
           : environment->turbo   ? "on"
                                  : "off",
           environment->turbo == 1 ? "the clock depends on heat and on the other cores: compare ratios" : "");
    advise(file, "ASLR",
           environment->aslr < 0 ? unknown
           : environment->aslr   ? "on"
                                 : "off",
           environment->aslr ? "addresses differ between runs: 'setarch -R' pins them" : "");
    advise(file, "huge pages", environment->huge_pages[0] ? environment->huge_pages : unknown, "");
    char state[32];
    snprintf(state, sizeof state, "%.2f", environment->load[0]);
    advise(file, "load average", environment->load[0] < 0 ? unknown : state,
           environment->load[0] > 0.5 * environment->cores ? "the machine is busy: intervals will be wide" : "");
    snprintf(state, sizeof state, "%.1f %%", environment->steal_percent);
    advise(file, "steal time", environment->steal_percent < 0 ? unknown : state,
           environment->steal_percent > 1 ? "other machines take this one's time (share since boot)" : "since boot");
}

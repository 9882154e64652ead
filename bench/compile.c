/* compile: what the two forms of the loop cost a C++ compiler: its time, the object, and what has to be compiled again
 * when a turn of the loop changes.
 *
 * The forms are those that `echo` runs, each in one translation unit: task, a coroutine (bench/cxx/echo_task.cpp), and
 * pipeline, an expression of senders (echo_pipeline.cpp). For rebuild_ms the turn is apart: as a coroutine it has a
 * translation unit of its own, and only that is compiled again; as a sender its type is part of the operation state of
 * everything that connects it, and all users are. That is the boundary's doing, not the model's: pipeline-erased is the
 * same turn as a sender whose operation state is behind a virtual start, in a translation unit of its own too
 * (compile/turn_sender.cpp), and is what a coroutine's frame behind its handle is to be compared with. All end by
 * linking the objects into one.
 *
 * The jobs of a compiler are interleaved, in an order that changes from round to round. From ROUNDS_FOR_INTERVAL rounds
 * on the interval is that of the median over the rounds, at 99 %; fewer, as in quick mode, do not make one, and each
 * round has its own row. What is measured is one process at a time, from its start to its end.
 */
#define _GNU_SOURCE /* environ */
#include "bench/cell.h"
#include "bench/progress.h"
#include "bench/runner.h"
#include "bench/spawn.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of 8 samples all lie on one side of their median once in 2^7. */
enum { USERS = 2, ROUNDS_LEAST = 1, ROUNDS_FOR_INTERVAL = 8, ROUNDS_MOST = 30, ARGUMENTS = 16 };

static const double QUICK_SECONDS = 2; /* of a compiler */
static const double FULL_SECONDS = 60;

struct form {
    const char *model;
    const char *mechanism;
    bool full;             /* not in quick mode */
    const char *loop;      /* the translation unit with the whole loop; null: not compiled as a whole */
    const char *user;      /* one that uses a turn */
    const char *user_name; /* the one name that it defines; each user has another */
    const char *turn;      /* the translation unit of the turn; null: it is compiled into the users */
};

static const struct form forms[] = {
    {"cxx-awaitable", "task", false, "bench/cxx/echo_task.cpp", "bench/cxx/compile/user_task.cpp", "user_task",
     "bench/cxx/compile/turn_task.cpp"},
    {"cxx-sender", "pipeline", false, "bench/cxx/echo_pipeline.cpp", "bench/cxx/echo_pipeline.cpp", "loop_cxx_pipeline",
     NULL},
    {"cxx-sender", "pipeline-erased", true, NULL, "bench/cxx/compile/user_sender.cpp", "user_sender",
     "bench/cxx/compile/turn_sender.cpp"},
};

enum { FORMS = sizeof forms / sizeof *forms };

/* A job is a form, and what is done to it. */
enum { COMPILE, REBUILD, KINDS, JOBS = FORMS * KINDS };

/* Of all compilers; `of` grows while there is time for more rounds. */
struct tally {
    struct progress *progress;
    size_t done, of;
};

struct bench {
    const char *cxx;
    const char *directory;
    unsigned users; /* USERS, or one in smoke mode */
    struct tally *tally;
    double samples[JOBS][ROUNDS_MOST];
    size_t rounds;
};

static void ignore(void *context, const char *line)
{
    (void)context;
    (void)line;
}

static void object_path(const struct bench *bench, const struct form *form, const char *what, unsigned number,
                        char *path)
{
    snprintf(path, PATH_MAX, "%s/%s-%s%u.o", bench->directory, form->mechanism, what, number);
}

/* 0, or negative errno; the compiler's messages are on stderr. */
static int spawn(const char *const argv[])
{
    int status = spawn_lines(argv, (const char *const *)environ, ignore, NULL);
    if (status > 0) {
        complain("compile: %s failed: its messages are above", argv[0]);
        return -ECHILD;
    }
    return status;
}

/* `rename` gives the user of that number a name of its own. */
static int compile(const struct bench *bench, const char *source, const char *rename, unsigned number,
                   const char *object)
{
    char path[PATH_MAX], define[128];
    snprintf(path, sizeof path, "%s/%s", ABREAST_SOURCES, source);
    snprintf(define, sizeof define, "-D%s=%s_%u", rename ? rename : "ABREAST_LOOP", rename ? rename : "", number);
    const char *argv[] = {
        bench->cxx, "-std=gnu++20", "-O2", "-fno-exceptions", ("-I" ABREAST_SOURCES), define, "-c", path,
        "-o",       object,         NULL};
    return spawn(argv);
}

static int compile_users(const struct bench *bench, const struct form *form)
{
    int status = 0;
    for (unsigned i = 0; i < bench->users && !status; i++) {
        char object[PATH_MAX];
        object_path(bench, form, "user", i, object);
        status = compile(bench, form->user, form->user_name, i, object);
    }
    return status;
}

static int rebuild(const struct bench *bench, const struct form *form)
{
    char objects[USERS + 2][PATH_MAX];
    const char *argv[ARGUMENTS] = {bench->cxx, "-r", "-nostdlib", "-o", objects[USERS + 1]};
    size_t n = 5;
    int status;
    object_path(bench, form, "turn", 0, objects[USERS]);
    object_path(bench, form, "program", 0, objects[USERS + 1]);
    if (form->turn) {
        status = compile(bench, form->turn, NULL, 0, objects[USERS]);
        argv[n++] = objects[USERS];
    } else {
        status = compile_users(bench, form);
    }
    for (unsigned i = 0; i < bench->users; i++) {
        object_path(bench, form, "user", i, objects[i]);
        argv[n++] = objects[i];
    }
    return status ? status : spawn(argv);
}

/* Smoke mode, which shows no times, compiles each source once. */
static bool wanted(const struct form *form, int kind, const struct run_options *options)
{
    if (kind == COMPILE)
        return form->loop;
    return options->smoke ? form->full : !form->full || options->full;
}

static int run_job(struct bench *bench, size_t job, const struct run_options *options, bool keep)
{
    const struct form *form = &forms[job / KINDS];
    if (!wanted(form, job % KINDS, options))
        return 0;
    char object[PATH_MAX];
    object_path(bench, form, "loop", 0, object);
    uint64_t before = clock_ns();
    int status = job % KINDS == REBUILD ? rebuild(bench, form) : compile(bench, form->loop, NULL, 0, object);
    if (keep)
        bench->samples[job][bench->rounds] = 1e-6 * (double)(clock_ns() - before);
    bench->tally->done++;
    progress_count(bench->tally->progress, bench->tally->done, bench->tally->of, "measurements");
    return status;
}

/* Symbols of an object file, negative errno when it is none. */
static long count_symbols(const char *path)
{
    FILE *file = fopen(path, "re");
    Elf64_Ehdr header;
    long symbols = -ENOEXEC;
    if (!file)
        return -errno;
    if (fread(&header, sizeof header, 1, file) == 1 && memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
        header.e_ident[EI_CLASS] == ELFCLASS64) {
        for (unsigned i = 0; i < header.e_shnum; i++) {
            Elf64_Shdr section;
            if (fseek(file, (long)(header.e_shoff + (uint64_t)i * header.e_shentsize), SEEK_SET) ||
                fread(&section, sizeof section, 1, file) != 1)
                break;
            if (section.sh_type == SHT_SYMTAB)
                symbols = (long)(section.sh_size / section.sh_entsize) - 1; /* the first is no symbol */
        }
    }
    fclose(file);
    return symbols;
}

static long count_bytes(const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    long bytes = fseek(file, 0, SEEK_END) ? -errno : ftell(file);
    fclose(file);
    return bytes;
}

/* One row of the median, or, of few rounds, one of each. */
static int add_times(struct bench *bench, struct row row, size_t job, uint64_t seed, struct results *results)
{
    const char *variant = row.variant;
    row.unit = "ms";
    for (size_t i = 0; bench->rounds < ROUNDS_FOR_INTERVAL && i < bench->rounds; i++) {
        char round[64];
        bool named = strcmp(variant, "-") != 0;
        snprintf(round, sizeof round, "%s%sround=%zu", named ? variant : "", named ? "," : "", i + 1);
        row.variant = round;
        results_add_exact(results, row, bench->samples[job][i]);
    }
    if (bench->rounds < ROUNDS_FOR_INTERVAL)
        return 0;
    struct interval interval;
    int status = bootstrap_median(bench->samples[job], (struct blocks){bench->rounds, 1}, seed, &interval);
    if (status)
        return status;
    row.value = interval.value;
    row.low = interval.low;
    row.high = interval.high;
    row.samples = bench->rounds;
    results_add(results, &row);
    return 0;
}

static int add_sizes(struct row row, const char *object, struct results *results)
{
    long bytes = count_bytes(object), symbols = count_symbols(object);
    if (bytes < 0 || symbols < 0)
        return (int)(bytes < 0 ? bytes : symbols);
    row.metric = "object_bytes";
    row.unit = "B";
    results_add_exact(results, row, (double)bytes);
    row.metric = "symbols_count";
    row.unit = "count";
    results_add_exact(results, row, (double)symbols);
    return 0;
}

static int add_rows(struct bench *bench, const char *toolchain, const struct run_options *options,
                    struct results *results)
{
    int status = 0;
    for (size_t i = 0; i < FORMS && !status; i++) {
        char object[PATH_MAX], users[32];
        struct row row = {.experiment = "compile",
                          .model = forms[i].model,
                          .mechanism = forms[i].mechanism,
                          .variant = "-",
                          .toolchain = toolchain};
        object_path(bench, &forms[i], "loop", 0, object);
        status = wanted(&forms[i], COMPILE, options) ? add_sizes(row, object, results) : 0;
        if (options->smoke)
            continue;
        row.metric = "compile_ms";
        if (!status && wanted(&forms[i], COMPILE, options))
            status = add_times(bench, row, i * KINDS + COMPILE, options->seed, results);
        snprintf(users, sizeof users, "users=%d", USERS);
        row.variant = users;
        row.metric = "rebuild_ms";
        if (!status && wanted(&forms[i], REBUILD, options))
            status = add_times(bench, row, i * KINDS + REBUILD, options->seed, results);
    }
    return status;
}

static size_t jobs_wanted(const struct run_options *options)
{
    size_t count = 0;
    for (size_t job = 0; job < JOBS; job++)
        count += wanted(&forms[job / KINDS], job % KINDS, options);
    return count;
}

static size_t rounds_least(const struct run_options *options)
{
    return options->smoke ? 0 : options->full ? ROUNDS_FOR_INTERVAL : ROUNDS_LEAST;
}

/* In smoke mode that is all there is. */
static bool warms(const struct run_options *options)
{
    return options->smoke || options->full;
}

/* The objects that stay, whose compilation also brings the compiler and its headers into memory; all jobs once, but for
 * quick mode, which has a build just before it; then rounds. */
static int measure(struct bench *bench, const struct run_options *options)
{
    double seconds = options->full ? FULL_SECONDS : QUICK_SECONDS;
    size_t least = rounds_least(options);
    int status = 0;
    for (size_t i = 0; i < FORMS && !status; i++)
        status = forms[i].turn && wanted(&forms[i], REBUILD, options) ? compile_users(bench, &forms[i]) : 0;
    for (size_t job = 0; job < JOBS && !status && warms(options); job++)
        status = run_job(bench, job, options, false);
    uint64_t started = clock_ns();
    while (!status && !options->smoke && bench->rounds < ROUNDS_MOST &&
           (bench->rounds < least || 1e-9 * (double)(clock_ns() - started) < seconds)) {
        size_t order[JOBS];
        runner_order(order, JOBS, options->seed, (unsigned)bench->rounds);
        bench->tally->of += bench->rounds < least ? 0 : jobs_wanted(options);
        for (size_t i = 0; i < JOBS && !status; i++)
            status = run_job(bench, order[i], options, true);
        bench->rounds++;
    }
    return status;
}

static void remove_directory(const char *directory)
{
    DIR *entries = opendir(directory);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        char path[PATH_MAX + sizeof entry->d_name];
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    if (entries)
        closedir(entries);
    rmdir(directory);
}

static int run_compiler(const char *id, const char *cxx, const struct run_options *options, struct results *results,
                        struct tally *tally)
{
    char directory[PATH_MAX / 2], toolchain[128];
    const char *parent = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/abreast-XXXXXX", parent && *parent ? parent : "/tmp");
    if (!mkdtemp(directory)) {
        results_add_skipped(results, "compile", id, "no temporary directory: set TMPDIR to one that can be written");
        return 0;
    }
    struct bench *bench = calloc(1, sizeof *bench);
    int status = bench ? 0 : -ENOMEM;
    snprintf(toolchain, sizeof toolchain, "%s O2 sib=on exc=off san=none", id);
    if (bench) {
        bench->cxx = cxx;
        bench->directory = directory;
        bench->users = options->smoke ? 1 : USERS;
        bench->tally = tally;
        status = measure(bench, options);
    }
    if (!status)
        status = add_rows(bench, toolchain, options, results);
    free(bench);
    remove_directory(directory);
    return status;
}

static int compile_run(const struct experiment *experiment, const struct run_options *options, struct results *results,
                       struct progress *progress)
{
    char *list = strdup(ABREAST_CXX_COMPILERS), *rest = list; /* "id=path|id=path": what CMake found */
    int status = list ? 0 : -ENOMEM;
    if (list && !*list)
        results_add_skipped(results, experiment->name, "all", "no compiler with C++20 coroutines was found");
    if (list && access(ABREAST_SOURCES "/bench/cxx/echo_task.cpp", R_OK) < 0) {
        results_add_skipped(results, experiment->name, "all", "the sources are not where this was built from");
        rest = NULL;
    }
    struct tally tally = {.progress = progress};
    for (const char *at = rest; at; at = strchr(at + 1, '|'))
        tally.of += jobs_wanted(options) * (warms(options) + rounds_least(options));
    for (char *cxx; !status && (cxx = strsep(&rest, "|"));) {
        char *id = strsep(&cxx, "=");
        if (cxx)
            status = run_compiler(id, cxx, options, results, &tally);
    }
    free(list);
    return status;
}

static const struct listed listed[] = {
    {"cxx-awaitable", "task", "the loop as a coroutine"},
    {"cxx-sender", "pipeline", "the loop as a pipeline of senders"},
    {"cxx-sender", "pipeline-erased", "a turn of it behind a virtual start, in a translation unit of its own"},
    {NULL, NULL, NULL},
};

const struct experiment experiment_compile = {
    .name = "compile",
    .title = "what each form of the loop costs a C++ compiler: time, object, symbols, and what a change rebuilds",
    .published = "-",
    .operation = "translation unit",
    .listed = listed,
    .run = compile_run,
};

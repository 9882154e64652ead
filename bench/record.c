#include "bench/record.h"
#include "bench/cell.h"
#include "bench/output.h"
#include "common/frame_allocator.h"

#include <limits.h>
#include <string.h>

enum { CELL_TOOLCHAINS_MAX = 1024 }; /* four times all compilers, levels, flags and sanitizers */

static void format_time(struct timespec time, char *buffer, size_t size)
{
    struct tm parts;
    gmtime_r(&time.tv_sec, &parts);
    strftime(buffer, size, "%Y-%m-%dT%H:%M:%S+00:00", &parts);
}

/* The flags that a cell has beside its language (cmake/cells.cmake); its name says them. */
static void write_cell_flags(const char *name, struct json *json)
{
    char level[8] = "", flags[128];
    const char *sanitizer = strstr(name, " san=");
    bool sanitized = sanitizer && strcmp(sanitizer, " san=none") != 0;
    const char *at = strstr(name, " O");
    if (at)
        snprintf(level, sizeof level, "-%.*s ", (int)strcspn(at + 1, " "), at + 1);
    snprintf(flags, sizeof flags, "%s-f%soptimize-sibling-calls -f%sexceptions%s%s", level,
             strstr(name, " sib=on") ? "" : "no-", strstr(name, " exc=on") ? "" : "no-",
             sanitized ? " -fsanitize=" : "", sanitized ? sanitizer + strlen(" san=") : "");
    json_string(json, "flags", flags);
}

/* Made with flags of its own: not by the main build, which may have the same name, and not by a compiler under test. */
static bool is_cell(const struct row *row)
{
    bool grows = strcmp(row->experiment, "stack") == 0 || strcmp(row->experiment, "finals") == 0;
    return (grows || strcmp(row->toolchain, toolchain) != 0) && strstr(row->toolchain, " san=") &&
           !strstr(row->toolchain, "=any") && strcmp(row->experiment, "compile") != 0;
}

/* Those that the rows name, in the order of their first rows. */
static void write_cell_toolchains(const struct results *results, struct json *json)
{
    const char *known[CELL_TOOLCHAINS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < results_count(results) && count < CELL_TOOLCHAINS_MAX; i++) {
        const struct row *row = results_row(results, i);
        size_t same = 0;
        while (same < count && known[same] != row->toolchain)
            same++;
        if (same < count || !is_cell(row))
            continue;
        known[count++] = row->toolchain;
        json_open(json, NULL, '{');
        json_string(json, "name", row->toolchain);
        write_cell_flags(row->toolchain, json);
        json_string(json, "role", "cells");
        json_close(json, '}');
    }
}

static void write_toolchains(const struct results *results, struct json *json)
{
    json_open(json, "toolchains", '[');
    json_open(json, NULL, '{');
    json_string(json, "name", toolchain);
    json_string(json, "flags", build_flags);
    json_string(json, "transfer", transfer_kind);
    json_string(json, "role", "main");
    json_close(json, '}');
    write_cell_toolchains(results, json);
    json_close(json, ']');
}

static void write_missing(const struct results *results, struct json *json)
{
    json_open(json, "missing", '[');
    for (size_t i = 0; i < results_count(results); i++) {
        const char *reason = results_reason(results, i);
        if (!reason)
            continue;
        const struct row *row = results_row(results, i);
        json_open(json, NULL, '{');
        json_string(json, "experiment", row->experiment);
        json_string(json, "model", row->model);
        json_string(json, "mechanism", row->mechanism);
        json_string(json, "variant", row->variant);
        json_string(json, "toolchain", row->toolchain);
        json_string(json, "metric", row->metric);
        json_string(json, "reason", reason);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_skipped(const struct results *results, struct json *json)
{
    json_open(json, "skipped", '[');
    for (size_t i = 0; i < results_skipped_count(results); i++) {
        const struct skipped *skipped = results_skipped(results, i);
        json_open(json, NULL, '{');
        json_string(json, "experiment", skipped->experiment);
        json_string(json, "what", skipped->what);
        json_string(json, "reason", skipped->reason);
        json_close(json, '}');
    }
    json_close(json, ']');
}

/* The files of the mallocs that cells take the place of the C library's with. */
static void write_malloc_libraries(struct json *json)
{
    enum { LIBRARIES_MOST = 16 };
    const char *written[LIBRARIES_MOST];
    size_t count = 0;
    char file[NAME_MAX + 1];
    json_open(json, "malloc_libraries", '{');
    for (size_t e = 0; e < experiment_count; e++) {
        for (size_t c = 0; c < experiments[e]->cell_count && count < LIBRARIES_MOST; c++) {
            const char *library = experiments[e]->cells[c].preload;
            size_t known = 0;
            while (library && known < count && strcmp(written[known], library) != 0)
                known++;
            if (!library || known < count)
                continue;
            written[count++] = library;
            if (malloc_library_file(library, file, sizeof file))
                json_string(json, library, file);
        }
    }
    json_close(json, '}');
}

int record_write_run(const struct record *record, const struct results *results, const char *path)
{
    struct output output;
    int status = output_open(&output, path);
    if (status)
        return status;
    const struct run_options *run = &record->options->run;
    char start[40];
    format_time(record->start, start, sizeof start);

    struct json json = {.file = output.file};
    json_open(&json, NULL, '{');
    json_count(&json, "schema", 1);
    json_string(&json, "program", "abreast " ABREAST_VERSION);
    json_string(&json, "mode", run->smoke ? "smoke" : run->full ? "full" : "quick");
    json_open(&json, "filters", '[');
    for (size_t i = 0; i < run->filter_count; i++)
        json_string(&json, NULL, run->filters[i]);
    json_close(&json, ']');
    json_count(&json, "seed", run->seed);
    if (run->allocator)
        json_string(&json, "allocator", run->allocator->name);
    json_string(&json, "start", start);
    revision_write(&record->revision, &json);
    environment_write(record->environment, &json);
    write_malloc_libraries(&json);
    write_toolchains(results, &json);
    json_open(&json, "stages", '[');
    for (size_t i = 0; i < record->stage_count; i++) {
        json_open(&json, NULL, '{');
        json_string(&json, "name", record->stages[i].name);
        json_number(&json, "seconds", record->stages[i].seconds);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    write_missing(results, &json);
    write_skipped(results, &json);
    json_close(&json, '}');
    return output_commit(&output);
}

static void write_context(const struct record *record, struct json *json)
{
    const struct environment *environment = record->environment;
    char start[40], seed[24];
    format_time(record->start, start, sizeof start);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)record->options->run.seed);
    json_open(json, "context", '{');
    json_string(json, "date", start);
    json_string(json, "executable", "abreast");
    json_count(json, "num_cpus", (uint64_t)environment->cores);
    if (environment->mhz > 0)
        json_count(json, "mhz_per_cpu", (uint64_t)environment->mhz);
    if (environment->governor[0])
        json_bool(json, "cpu_scaling_enabled", strcmp(environment->governor, "performance") != 0);
    if (environment->aslr >= 0)
        json_bool(json, "aslr_enabled", environment->aslr > 0);
    json_open(json, "caches", '[');
    for (int i = 0; i < environment->cache_count; i++) {
        const struct cache *cache = &environment->caches[i];
        json_open(json, NULL, '{');
        json_string(json, "type", cache->type);
        json_count(json, "level", (uint64_t)cache->level);
        json_count(json, "size", (uint64_t)cache->size);
        json_count(json, "num_sharing", (uint64_t)cache->sharing);
        json_close(json, '}');
    }
    json_close(json, ']');
    if (environment->load[0] >= 0) {
        json_open(json, "load_avg", '[');
        for (int i = 0; i < 3; i++)
            json_number(json, NULL, environment->load[i]);
        json_close(json, ']');
    }
    json_string(json, "library_version", "abreast " ABREAST_VERSION);
    json_string(json, "library_build_type", strstr(toolchain, " O0 ") ? "debug" : "release");
    json_count(json, "json_schema_version", 1);
    json_string(json, "compiler", toolchain);
    json_string(json, "cflags", build_flags);
    json_string(json, "kernel", environment->kernel);
    if (environment->cpu[0])
        json_string(json, "cpu_model", environment->cpu);
    json_string(json, "reactor", environment->reactor);
    json_string(json, "transfer", transfer_kind);
    json_string(json, "seed", seed);
    json_close(json, '}');
}

static void write_repetition(const struct repetition *repetition, uint64_t family, struct json *json)
{
    char name[256];
    snprintf(name, sizeof name, "%s/%s/%s/%s", repetition->experiment, repetition->model, repetition->mechanism,
             repetition->variant);
    double operations = (double)repetition->operations;
    json_open(json, NULL, '{');
    json_string(json, "name", name);
    json_count(json, "family_index", family);
    json_count(json, "per_family_instance_index", 0);
    json_string(json, "run_name", name);
    json_string(json, "run_type", "iteration");
    json_count(json, "repetitions", repetition->repetitions);
    json_count(json, "repetition_index", repetition->index);
    json_count(json, "threads", 1);
    json_count(json, "iterations", repetition->operations);
    json_number(json, "real_time", repetition->real_ns / operations);
    json_number(json, "cpu_time", repetition->cpu_ns / operations);
    json_string(json, "time_unit", "ns");
    json_number(json, "items_per_second", operations / repetition->real_ns * 1e9);
    json_close(json, '}');
}

int record_write_benchmarks(const struct record *record, const struct results *results, const char *experiment,
                            const char *path)
{
    struct output output;
    int status = output_open(&output, path);
    if (status)
        return status;
    struct json json = {.file = output.file};
    uint64_t families = 0;
    json_open(&json, NULL, '{');
    write_context(record, &json);
    json_open(&json, "benchmarks", '[');
    for (size_t i = 0; i < results_repetition_count(results); i++) {
        const struct repetition *repetition = results_repetition(results, i);
        if (strcmp(repetition->experiment, experiment) != 0)
            continue;
        families += repetition->index == 0;
        write_repetition(repetition, families - 1, &json);
    }
    json_close(&json, ']');
    json_close(&json, '}');
    if (families)
        return output_commit(&output);
    output_discard(&output);
    return 0;
}

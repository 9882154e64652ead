#include "bench/options.h"
#include "bench/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* False after a line when an option lacks its value. */
static bool has_value(const char *name, const char *value)
{
    if (!*value)
        complain("%s needs a value: see abreast --help", name);
    return *value;
}

bool option_number(const char *name, const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    if (!has_value(name, text))
        return false;
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    if (*text < '0' || *text > '9' || *end != '\0' || errno || value < least || value > most) {
        complain("%s '%s' is not a whole number from %" PRIu64 " to %" PRIu64, name, text, least, most);
        return false;
    }
    *number = value;
    return true;
}

static bool parse_reactor(const char *text, enum reactor_backend *backend)
{
    if (!has_value("--reactor", text))
        return false;
    if (strcmp(text, "io_uring") == 0)
        *backend = REACTOR_IO_URING;
    else if (strcmp(text, "epoll") == 0)
        *backend = REACTOR_EPOLL;
    else if (strcmp(text, "sim") == 0)
        *backend = REACTOR_SIM;
    else {
        complain("--reactor '%s' is not known: give io_uring, epoll or sim", text);
        return false;
    }
    return true;
}

static bool parse_allocator(const char *text, const struct frame_allocator_kind **kind)
{
    if (!has_value("--allocator", text))
        return false;
    *kind = frame_allocator_kind_named(text);
    if (*kind)
        return true;
    char names[256] = "";
    size_t length = 0;
    for (size_t i = 0; i < frame_allocator_kind_count && length < sizeof names; i++)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
                                   i == 0                                ? ""
                                   : i + 1 == frame_allocator_kind_count ? " or "
                                                                         : ", ",
                                   frame_allocator_kinds[i]->name);
    complain("--allocator '%s' is not known: give %s", text, names);
    return false;
}

const char *option_value(const char *name, int argc, char **argv, int *at)
{
    size_t length = strlen(name);
    const char *argument = argv[*at];
    if (strncmp(argument, name, length) != 0)
        return NULL;
    if (argument[length] == '=')
        return argument + length + 1;
    if (argument[length] != '\0')
        return NULL;
    return *at + 1 < argc && argv[*at + 1] ? argv[++*at] : "";
}

/* As parse_option. `*mode` is the one given before, or null. */
static int parse_mode(const char *argument, const char **mode, struct run_options *run)
{
    bool full = strcmp(argument, "--full") == 0, smoke = strcmp(argument, "--smoke") == 0;
    if (!full && !smoke && strcmp(argument, "--quick") != 0)
        return 0;
    if (*mode && strcmp(*mode, argument) != 0) {
        complain("%s and %s exclude each other: give one", *mode, argument);
        return -1;
    }
    *mode = argument;
    run->full = full;
    run->smoke = smoke;
    return 1;
}

/* 1: it was an option, 0: it is none that this command takes, -1: its value is wrong. */
static int parse_option(struct options *options, int argc, char **argv, int *at, unsigned accept, const char **mode)
{
    const char *value;
    int taken = accept & ACCEPT_MODE ? parse_mode(argv[*at], mode, &options->run) : 0;
    if (taken)
        return taken;
    if (accept & ACCEPT_SEED && (value = option_value("--seed", argc, argv, at)))
        return option_number("--seed", value, 0, UINT64_MAX, &options->run.seed) ? 1 : -1;
    if (accept & ACCEPT_REACTOR && (value = option_value("--reactor", argc, argv, at)))
        return parse_reactor(value, &options->run.backend) ? 1 : -1;
    if (accept & ACCEPT_ALLOCATOR && (value = option_value("--allocator", argc, argv, at)))
        return parse_allocator(value, &options->run.allocator) ? 1 : -1;
    if (accept & ACCEPT_OUT && (value = option_value("--out", argc, argv, at))) {
        options->out = value;
        return has_value("--out", value) ? 1 : -1;
    }
    return 0;
}

int options_parse(struct options *options, int argc, char **argv, unsigned accept)
{
    *options = (struct options){.run = {.seed = 1, .backend = REACTOR_DEFAULT}, .out = "out"};
    size_t filters = 0;
    const char *mode = NULL;
    for (int i = 0; i < argc; i++) {
        int taken = parse_option(options, argc, argv, &i, accept, &mode);
        if (taken < 0)
            return EXIT_ERROR;
        if (taken)
            continue;
        if (argv[i][0] == '-') {
            complain("unknown option '%s': see abreast --help", argv[i]);
            return EXIT_ERROR;
        }
        if (argv[i][0] == '\0') {
            complain("an empty filter selects nothing: see abreast list");
            return EXIT_ERROR;
        }
        argv[filters++] = argv[i];
    }
    options->run.filters = (const char *const *)argv;
    options->run.filter_count = filters;
    return EXIT_OK;
}

bool options_select(const struct run_options *run)
{
    for (size_t i = 0; i < experiment_count; i++) {
        if (experiment_selected(experiments[i], run))
            return true;
    }
    return false;
}

int options_check_filters(const struct run_options *run)
{
    if (!options_select(run) && run->filter_count == 0) {
        complain("there are no experiments in this build");
        return EXIT_NOTHING;
    }
    for (size_t i = 0; i < run->filter_count; i++) {
        struct run_options one = *run;
        one.filters = &run->filters[i];
        one.filter_count = 1;
        if (options_select(&one))
            continue;
        one.full = !one.full;
        if (options_select(&one)) {
            complain("'%s' selects only cells of the %s mode: add --%s", run->filters[i], one.full ? "full" : "quick",
                     one.full ? "full" : "quick");
            return EXIT_NOTHING;
        }
        if (strpbrk(run->filters[i], "*?[/=,")) {
            complain("'%s' selects no cell: 'abreast list --variants' shows them all", run->filters[i]);
            return EXIT_NOTHING;
        }
        complain("unknown experiment '%s': 'abreast list' shows them", run->filters[i]);
        return EXIT_ERROR;
    }
    return EXIT_OK;
}

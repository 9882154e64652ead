/* scenario NAME FORM BACKEND: runs one scenario in each mode of the backend. Exit status 0, 1, or 77: skipped. */
#include "tests/scenario/world.h"

#include <string.h>

#define SCENARIO(name, forms, backends) void scenario_##name(struct world *);
#include "tests/scenario/scenarios.def"
#undef SCENARIO

static const struct {
    const char *name;
    void (*run)(struct world *);
} scenarios[] = {
#define SCENARIO(name, forms, backends) {#name, scenario_##name},
#include "tests/scenario/scenarios.def"
#undef SCENARIO
};

static const struct {
    const char *name;
    enum reactor_backend backend;
    unsigned modes;
} backends[] = {
    {"io_uring", REACTOR_IO_URING, WORLD_MODES_REAL},
    {"epoll", REACTOR_EPOLL, WORLD_MODES_REAL},
    {"sim", REACTOR_SIM, WORLD_MODES_SIM},
};

_Noreturn static void usage(const char *what, const char *given)
{
    fprintf(stderr,
            "scenario: no such %s: '%s'; usage: scenario NAME FORM BACKEND, as ctest -N -R scenario lists them\n", what,
            given);
    exit(1);
}

static bool find_form(const char *name, const struct loop_form **form)
{
    *form = NULL;
    for (size_t i = 0; i < LOOP_FORM_COUNT; i++) {
        char full[64];
        snprintf(full, sizeof full, "%s-%s", loop_forms[i].model, loop_forms[i].mechanism);
        if (strcmp(name, full) == 0) {
            *form = &loop_forms[i];
            return true;
        }
    }
    return strcmp(name, "awaitable") == 0 || strcmp(name, "sender") == 0;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        usage("command", argc > 1 ? argv[1] : "");
    const struct loop_form *form;
    size_t scenario = 0, backend = 0;
    while (scenario < sizeof scenarios / sizeof *scenarios && strcmp(scenarios[scenario].name, argv[1]) != 0)
        scenario++;
    if (scenario == sizeof scenarios / sizeof *scenarios)
        usage("scenario", argv[1]);
    if (!find_form(argv[2], &form))
        usage("form", argv[2]);
    while (backend < sizeof backends / sizeof *backends && strcmp(backends[backend].name, argv[3]) != 0)
        backend++;
    if (backend == sizeof backends / sizeof *backends)
        usage("backend", argv[3]);

    if (form && form->code->unavailable)
        skip(form->code->unavailable);
    for (unsigned mode = 0; mode < backends[backend].modes; mode++) {
        struct world world = {.form = form, .backend = backends[backend].backend, .mode = mode};
        scenarios[scenario].run(&world);
    }
    return 0;
}

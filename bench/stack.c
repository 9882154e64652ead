/* The experiment `stack`: bytes of stack per synchronous completion, for every mechanism and every toolchain. */
#include "bench/growth.h"
#include "bench/peers/cells.h"

#define LISTED_LIBRARY(model, name) {model, name, ""},
#define MECHANISM(experiment, model, file, name, rests_on, ...) MECHANISM_##experiment(model, name, "" __VA_ARGS__)
#define BOUNDARY_MECHANISM MECHANISM
#define MECHANISM_stack(model, name, models) {#model, name, models},
#define MECHANISM_finals(model, name, models)
static const struct listed mechanisms[] = {
#include "bench/stack/mechanisms.def"
#undef MECHANISM_stack
#define MECHANISM_stack(model, name, models) LISTED_CXX(model, name)
#include "bench/stack/mechanisms.def"
    LIBRARY_STACK(LISTED_LIBRARY){NULL, NULL, NULL},
};

const struct experiment experiment_stack = {
    .name = "stack",
    .title = "bytes of stack per synchronous completion, and the completions that overflow a stack",
    .published = "P2583R0 4, 6, 7, 7.1",
    .operation = "completion",
    .listed = mechanisms,
    .run = growth_run,
};

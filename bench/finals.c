/* The experiment `finals`: the same measure as `stack` for a task that awaits a task, with the final_suspend and the
 * co_await of each library of P2583R0's survey. */
#include "bench/growth.h"

#define MECHANISM(experiment, model, file, name, rests_on, ...) MECHANISM_##experiment(model, name, "" __VA_ARGS__)
#define BOUNDARY_MECHANISM MECHANISM
#define MECHANISM_finals(model, name, models) {#model, name, models},
#define MECHANISM_stack(model, name, models)
static const struct listed mechanisms[] = {
#include "bench/stack/mechanisms.def"
#undef MECHANISM_finals
#define MECHANISM_finals(model, name, models) LISTED_CXX(model, name)
#include "bench/stack/mechanisms.def"
    {NULL, NULL, NULL},
};

const struct experiment experiment_finals = {
    .name = "finals",
    .title = "bytes of stack per task awaited, by how each library's final_suspend goes to the continuation",
    .published = "P2583R0 3",
    .operation = "completion",
    .listed = mechanisms,
    .run = growth_run,
};

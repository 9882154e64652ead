/* The table of C mechanisms. */
#include "bench/stack/mechanism.h"

#include <stddef.h>

#define MECHANISM(experiment, model, file, name, rests_on, ...) extern const struct stack_variant file##_variants[];
#define BOUNDARY_MECHANISM(experiment, model, file, name, rests_on, ...)                                               \
    extern const struct stack_variant file##_variants[], file##_boundary_variants[];
#include "bench/stack/mechanisms.def"
#undef MECHANISM
#undef BOUNDARY_MECHANISM

#define MECHANISM(experiment, model, file, name, rests_on, ...)                                                        \
    {#experiment, #model, name, rests_on, NULL, file##_variants},
#define BOUNDARY_MECHANISM(experiment, model, file, name, rests_on, ...)                                               \
    {#experiment, #model, name, rests_on, "boundary=yes", file##_boundary_variants},                                   \
        {#experiment, #model, name, rests_on, "boundary=no", file##_variants},
const struct stack_mechanism stack_mechanisms[] = {
#include "bench/stack/mechanisms.def"
    {.experiment = NULL},
};

const char stack_toolchain[] = ABREAST_TOOLCHAIN;

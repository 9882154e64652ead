/* The table of C mechanisms. */
#include "bench/stack/mechanism.h"

#include <stddef.h>

#define AWAITABLE(file, name, rests_on) extern const struct stack_variant file##_variants[];
#define SENDER(file, name, rests_on) extern const struct stack_variant file##_variants[], file##_boundary_variants[];
#include "bench/stack/mechanisms.def"
#undef AWAITABLE
#undef SENDER

#define AWAITABLE(file, name, rests_on) {"awaitable", name, rests_on, NULL, file##_variants},
#define SENDER(file, name, rests_on)                                                                                   \
    {"sender", name, rests_on, "boundary=yes", file##_boundary_variants},                                              \
        {"sender", name, rests_on, "boundary=no", file##_variants},
const struct stack_mechanism stack_mechanisms[] = {
#include "bench/stack/mechanisms.def"
    {NULL, NULL, NULL, NULL, NULL},
};

const char stack_toolchain[] = ABREAST_TOOLCHAIN;

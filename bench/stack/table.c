/* The table of C mechanisms. */
#include "bench/stack/mechanism.h"

#include <stddef.h>

#define AWAITABLE(file, name) extern const struct stack_variant file##_variants[];
#define SENDER(file, name) extern const struct stack_variant file##_variants[], file##_boundary_variants[];
#include "bench/stack/mechanisms.def"
#undef AWAITABLE
#undef SENDER

#define AWAITABLE(file, name) {"awaitable", name, NULL, file##_variants},
#define SENDER(file, name)                                                                                             \
    {"sender", name, "boundary=yes", file##_boundary_variants}, {"sender", name, "boundary=no", file##_variants},
const struct stack_mechanism stack_mechanisms[] = {
#include "bench/stack/mechanisms.def"
    {NULL, NULL, NULL, NULL},
};

const char stack_toolchain[] = ABREAST_TOOLCHAIN;

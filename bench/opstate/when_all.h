/* The forms of when_all. */
#ifndef ABREAST_BENCH_OPSTATE_WHEN_ALL_H
#define ABREAST_BENCH_OPSTATE_WHEN_ALL_H

#include "bench/opstate/forms.h"

#define WHEN_ALL_FORM(count, modes)                                                                                    \
    extern const struct form when_all_floor_##count, when_all_pipeline_##count, when_all_as_written_##count,           \
        when_all_known_##count, when_all_array_##count, when_all_ready_##count, when_all_nested_##count;
OPSTATE_WHEN_ALL_GROUPS(WHEN_ALL_FORM)

#endif

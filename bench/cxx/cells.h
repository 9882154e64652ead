/* What the tables of cells say where this build has no C++ compiler for them: ABREAST_CXX_UNAVAILABLE is then defined,
 * as the reason (bench/CMakeLists.txt). A cell is a row that lacks its value.
 */
#ifndef ABREAST_BENCH_CXX_CELLS_H
#define ABREAST_BENCH_CXX_CELLS_H

#include "bench/cell.h"

#if defined ABREAST_CXX_UNAVAILABLE

/* The metric that stands for all of the cell's. */
struct cxx_unavailable {
    const char *metric;
    const char *unit;
};

static void cxx_unavailable_describe(const struct cell *cell, const struct row *blank, struct results *results)
{
    const struct cxx_unavailable *missing = cell->parameters;
    struct row row = *blank;
    row.metric = missing->metric;
    row.unit = missing->unit;
    results_add_missing(results, &row, ABREAST_CXX_UNAVAILABLE);
}

#define CXX_UNAVAILABLE(model_, mechanism_, variant_, metric_, unit_)                                                  \
    {                                                                                                                  \
        .model = model_,                                                                                               \
        .mechanism = mechanism_,                                                                                       \
        .variant = variant_,                                                                                           \
        .modes = CELL_BOTH,                                                                                            \
        .parameters = &(const struct cxx_unavailable){metric_, unit_},                                                 \
        .describe = cxx_unavailable_describe,                                                                          \
    },

#endif

#endif

#include "bench/cell.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

/* An executable of cells has some of them (cmake/costs.cmake). */
#if !defined ABREAST_EXPERIMENTS
#define ABREAST_EXPERIMENTS "bench/experiments.def"
#endif

#define EXPERIMENT(name) extern const struct experiment experiment_##name;
#include ABREAST_EXPERIMENTS
#undef EXPERIMENT

#define EXPERIMENT(name) &experiment_##name,
const struct experiment *const experiments[] = {
#include ABREAST_EXPERIMENTS
};
#undef EXPERIMENT

const size_t experiment_count = sizeof experiments / sizeof *experiments;

const char *const toolchain = ABREAST_TOOLCHAIN;

static bool matches(const char *filter, const char *name)
{
    if (strpbrk(filter, "*?["))
        return fnmatch(filter, name, 0) == 0;
    return strstr(name, filter) != NULL;
}

/* The name of an experiment, be it in this executable or not, is no substring of others' cells. */
static bool names_experiment(const char *filter)
{
#define EXPERIMENT(name) #name,
    static const char *const names[] = {
#include "bench/experiments.def"
    };
#undef EXPERIMENT
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(filter, names[i]) == 0)
            return true;
    }
    return false;
}

bool name_selected(const char *name, const struct run_options *options)
{
    for (size_t i = 0; i < options->filter_count; i++) {
        const char *filter = options->filters[i];
        size_t length = strlen(filter);
        if (names_experiment(filter) ? strncmp(name, filter, length) == 0 && name[length] == '/'
                                     : matches(filter, name))
            return true;
    }
    return options->filter_count == 0;
}

bool cell_selected(const struct experiment *experiment, const struct cell *cell, const struct run_options *options)
{
    char name[256];
    snprintf(name, sizeof name, "%s/%s/%s/%s", experiment->name, cell->model, cell->mechanism, cell->variant);
    return cell->modes & (options->full ? CELL_FULL : CELL_QUICK) && (cell->counted || !options->counted) &&
           name_selected(name, options) && (!cell->wanted || cell->wanted(cell, options));
}

/* What comes before the first slash of a filter decides about an experiment whose cells are not known here. */
static bool named(const struct experiment *experiment, const struct run_options *options)
{
    for (size_t i = 0; i < options->filter_count; i++) {
        char head[128];
        snprintf(head, sizeof head, "%.*s", (int)strcspn(options->filters[i], "/"), options->filters[i]);
        if (names_experiment(head) ? strcmp(head, experiment->name) == 0 : head[0] && matches(head, experiment->name))
            return true;
    }
    return options->filter_count == 0;
}

bool experiment_selected(const struct experiment *experiment, const struct run_options *options)
{
    if (!experiment->cell_count)
        return named(experiment, options);
    for (size_t i = 0; i < experiment->cell_count; i++) {
        if (cell_selected(experiment, &experiment->cells[i], options))
            return true;
    }
    return false;
}

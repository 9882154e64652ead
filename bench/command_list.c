#include "bench/commands.h"
#include "bench/options.h"
#include "bench/progress.h"

#include <stdio.h>
#include <string.h>

/* In the place of a variant, where an experiment has no table of cells; "*" in the TSV, as in a filter. */
static const char every_variant[] = "all of it";

static const char *modes(const struct cell *cell)
{
    static const char *const names[] = {"-", "quick", "full", "quick,full"};
    return names[cell->modes & CELL_BOTH];
}

/* What has nothing to run is measured beside the cells, and listed so that a filter can name it. */
static const char *kind(const struct cell *cell)
{
    if (!cell->run)
        return "described";
    return cell->counted ? "timed,counted" : "timed";
}

static void list_experiments(bool tsv)
{
    puts(tsv ? "experiment\tcells\tpublished\ttitle" : "experiment  cells  measures");
    for (size_t i = 0; i < experiment_count; i++) {
        const struct experiment *experiment = experiments[i];
        char cells[24];
        snprintf(cells, sizeof cells, experiment->cell_count ? "%zu" : "-", experiment->cell_count);
        if (tsv) {
            printf("%s\t%s\t%s\t%s\n", experiment->name, cells, experiment->published, experiment->title);
            continue;
        }
        printf("%-10s  %5s  %s\n", experiment->name, cells, experiment->title);
        if (strcmp(experiment->published, "-") != 0)
            printf("%19spublished: %s\n", "", experiment->published);
    }
}

struct widths {
    int model, mechanism, variant;
};

static void widen(int *width, const char *text)
{
    int length = (int)strlen(text);
    if (length > *width)
        *width = length;
}

static struct widths widths_of(const struct experiment *experiment)
{
    struct widths widths = {(int)strlen("model"), (int)strlen("mechanism"), (int)strlen("variant")};
    for (size_t c = 0; c < experiment->cell_count; c++) {
        widen(&widths.model, experiment->cells[c].model);
        widen(&widths.mechanism, experiment->cells[c].mechanism);
        widen(&widths.variant, experiment->cells[c].variant);
    }
    for (const struct listed *listed = experiment->listed; listed && listed->model; listed++) {
        widen(&widths.model, listed->model);
        widen(&widths.mechanism, listed->mechanism);
        widen(&widths.variant, every_variant);
    }
    return widths;
}

/* One line, tabular: a header, a cell, or a mechanism whose variants its own programs know. */
static void print_columns(const struct widths *widths, const char *model, const char *mechanism, const char *variant,
                          const char *modes, const char *kind)
{
    printf("  %-*s  %-*s  %-*s  %-10s  %s\n", widths->model, model, widths->mechanism, mechanism, widths->variant,
           variant, modes, kind);
}

static bool wanted(const struct experiment *experiment, const char *model, const char *mechanism, const char *variant,
                   const struct run_options *options)
{
    char name[512];
    snprintf(name, sizeof name, "%s/%s/%s/%s", experiment->name, model, mechanism, variant);
    return name_selected(name, options);
}

static bool wanted_cell(const struct experiment *experiment, const struct cell *cell, const struct run_options *options)
{
    return wanted(experiment, cell->model, cell->mechanism, cell->variant, options);
}

static size_t count_wanted(const struct experiment *experiment, const struct run_options *options)
{
    size_t count = 0;
    for (size_t c = 0; c < experiment->cell_count; c++)
        count += wanted_cell(experiment, &experiment->cells[c], options);
    for (const struct listed *listed = experiment->listed; listed && listed->model; listed++)
        count += wanted(experiment, listed->model, listed->mechanism, "*", options);
    return count;
}

static void list_aligned(const struct experiment *experiment, const struct run_options *options)
{
    struct widths widths = widths_of(experiment);
    printf("%s: %s\n", experiment->name, experiment->title);
    print_columns(&widths, "model", "mechanism", "variant", "modes", "kind");
    for (size_t c = 0; c < experiment->cell_count; c++) {
        const struct cell *cell = &experiment->cells[c];
        if (!wanted_cell(experiment, cell, options))
            continue;
        char text[40];
        snprintf(text, sizeof text, "%s%s", kind(cell), cell->baseline ? ", baseline" : "");
        print_columns(&widths, cell->model, cell->mechanism, cell->variant, modes(cell), text);
    }
    for (const struct listed *listed = experiment->listed; listed && listed->model; listed++) {
        if (wanted(experiment, listed->model, listed->mechanism, "*", options))
            print_columns(&widths, listed->model, listed->mechanism, every_variant, "quick,full", "metered");
    }
    if (experiment->listed)
        printf("  %s: this experiment makes its variants as it runs; results/%s.tsv names each\n", every_variant,
               experiment->name);
}

static void list_as_tsv(const struct experiment *experiment, const struct run_options *options)
{
    for (size_t c = 0; c < experiment->cell_count; c++) {
        const struct cell *cell = &experiment->cells[c];
        if (wanted_cell(experiment, cell, options))
            printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", experiment->name, cell->model, cell->mechanism, cell->variant,
                   modes(cell), kind(cell), cell->baseline ? "yes" : "no");
    }
    for (const struct listed *listed = experiment->listed; listed && listed->model; listed++) {
        if (wanted(experiment, listed->model, listed->mechanism, "*", options))
            printf("%s\t%s\t%s\t*\tquick,full\tmetered\tno\n", experiment->name, listed->model, listed->mechanism);
    }
}

static int list_cells(bool tsv, const struct run_options *options)
{
    size_t count = 0;
    for (size_t i = 0; i < experiment_count; i++)
        count += count_wanted(experiments[i], options);
    if (!count) {
        complain("no cell is selected: 'abreast list --variants' shows them all");
        return EXIT_NOTHING;
    }
    if (tsv)
        puts("experiment\tmodel\tmechanism\tvariant\tmodes\tkind\tbaseline");
    for (size_t i = 0; i < experiment_count; i++) {
        if (count_wanted(experiments[i], options))
            (tsv ? list_as_tsv : list_aligned)(experiments[i], options);
    }
    return EXIT_OK;
}

static void list_allocators(bool tsv)
{
    puts(tsv ? "allocator\tmodels" : "allocator         is");
    for (size_t i = 0; i < frame_allocator_kind_count; i++)
        printf(tsv ? "%s\t%s\n" : "%-16s  %s\n", frame_allocator_kinds[i]->name, frame_allocator_kinds[i]->models);
}

int command_list(int argc, char **argv)
{
    bool tsv = false, variants = false, allocators = false;
    struct run_options options = {.filters = (const char *const *)argv};
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--tsv") == 0) {
            tsv = true;
        } else if (strcmp(argv[i], "--variants") == 0) {
            variants = true;
        } else if (strcmp(argv[i], "--allocators") == 0) {
            allocators = true;
        } else if (argv[i][0] && argv[i][0] != '-') {
            argv[options.filter_count++] = argv[i];
        } else {
            complain("list does not take '%s': see abreast --help", argv[i]);
            return EXIT_ERROR;
        }
    }
    if (allocators && (variants || options.filter_count)) {
        complain("--allocators lists what --allocator takes, and takes no filter and no --variants");
        return EXIT_ERROR;
    }
    if (variants)
        return list_cells(tsv, &options);
    if (options.filter_count) {
        complain("'%s' selects cells: give --variants too", options.filters[0]);
        return EXIT_ERROR;
    }
    (allocators ? list_allocators : list_experiments)(tsv);
    return EXIT_OK;
}

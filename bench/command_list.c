#include "bench/commands.h"
#include "bench/options.h"
#include "bench/progress.h"

#include <stdio.h>
#include <string.h>

static const char *modes(const struct cell *cell)
{
    static const char *const names[] = {"-", "quick", "full", "quick,full"};
    return names[cell->modes & CELL_BOTH];
}

static const char *kind(const struct cell *cell)
{
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

/* Of an experiment whose variants its own programs know. */
static void list_mechanisms(const struct experiment *experiment, bool tsv)
{
    for (const struct listed *listed = experiment->listed; listed && listed->model; listed++) {
        if (tsv)
            printf("%s\t%s\t%s\t*\tquick,full\tmetered\tno\n", experiment->name, listed->model, listed->mechanism);
        else
            printf("  %-13s %-13s %-44s %-10s metered\n", listed->model, listed->mechanism, "*", "quick,full");
    }
}

static void list_cells(bool tsv)
{
    if (tsv)
        puts("experiment\tmodel\tmechanism\tvariant\tmodes\tkind\tbaseline");
    for (size_t i = 0; i < experiment_count; i++) {
        const struct experiment *experiment = experiments[i];
        if (!tsv)
            printf("%s: %s\n", experiment->name, experiment->title);
        for (size_t c = 0; c < experiment->cell_count; c++) {
            const struct cell *cell = &experiment->cells[c];
            if (tsv)
                printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", experiment->name, cell->model, cell->mechanism, cell->variant,
                       modes(cell), kind(cell), cell->baseline ? "yes" : "no");
            else
                printf("  %-13s %-13s %-44s %-10s %s%s\n", cell->model, cell->mechanism, cell->variant, modes(cell),
                       kind(cell), cell->baseline ? ", baseline" : "");
        }
        list_mechanisms(experiment, tsv);
    }
}

int command_list(int argc, char **argv)
{
    bool tsv = false, variants = false;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--tsv") == 0) {
            tsv = true;
        } else if (strcmp(argv[i], "--variants") == 0) {
            variants = true;
        } else {
            complain("list does not take '%s': see abreast --help", argv[i]);
            return EXIT_ERROR;
        }
    }
    if (variants)
        list_cells(tsv);
    else
        list_experiments(tsv);
    return EXIT_OK;
}

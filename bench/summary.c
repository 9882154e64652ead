#include "bench/cell.h"
#include "bench/record.h"

#include <string.h>

/* The metrics that a summary shows, in this order, those that the experiment has. */
static const char *const columns[] = {
    "stack_growth",        "stack_bytes_per_completion",
    "op_state_bytes",      "frame_bytes",
    "instructions_per_op", "ns_per_op",
    "msgs_per_s",          "ratio_to_floor",
    "ratio_to_malloc",     "allocs_fresh_per_op",
};

enum { COLUMNS = sizeof columns / sizeof *columns, LINES_MAX = 14, LINES_SHOWN = 12 };

static bool same_cell(const struct row *a, const struct row *b)
{
    return strcmp(a->model, b->model) == 0 && strcmp(a->mechanism, b->mechanism) == 0 &&
           strcmp(a->variant, b->variant) == 0;
}

/* Rows of this build, or, in an experiment that has none, of the toolchain that comes first. */
static const char *shown_toolchain(const struct results *results, const char *experiment)
{
    const char *first = NULL;
    for (size_t i = 0; i < results_count(results); i++) {
        const struct row *row = results_row(results, i);
        if (strcmp(row->experiment, experiment) != 0)
            continue;
        if (strcmp(row->toolchain, toolchain) == 0)
            return toolchain;
        if (!first)
            first = row->toolchain;
    }
    return first;
}

struct table {
    const struct results *results;
    const char *experiment;
    const char *toolchain;
    bool present[COLUMNS];
};

static bool in_table(const struct table *table, const struct row *row)
{
    return strcmp(row->experiment, table->experiment) == 0 && strcmp(row->toolchain, table->toolchain) == 0;
}

static bool leads_line(const struct table *table, size_t index)
{
    const struct row *row = results_row(table->results, index);
    if (!in_table(table, row))
        return false;
    for (size_t i = 0; i < index; i++) {
        const struct row *earlier = results_row(table->results, i);
        if (in_table(table, earlier) && same_cell(earlier, row))
            return false;
    }
    return true;
}

static void print_value(const struct table *table, const struct row *line, size_t column)
{
    char text[64] = "";
    for (size_t i = 0; i < results_count(table->results); i++) {
        const struct row *row = results_row(table->results, i);
        if (!in_table(table, row) || !same_cell(row, line) || strcmp(row->metric, columns[column]) != 0)
            continue;
        if (results_reason(table->results, i))
            snprintf(text, sizeof text, "?");
        else if (row->text)
            snprintf(text, sizeof text, "%s", row->text);
        else if (strncmp(row->metric, "ratio_", 6) == 0)
            snprintf(text, sizeof text, "%.3f (%.3f-%.3f)", row->value, row->low, row->high);
        else if (row->value >= 1000)
            snprintf(text, sizeof text, "%.0f", row->value);
        else
            snprintf(text, sizeof text, "%.4g", row->value);
    }
    int width = strncmp(columns[column], "ratio_", 6) == 0 ? 22 : (int)strlen(columns[column]);
    printf("  %*s", width, text);
}

static void print_head(const struct table *table)
{
    printf("  %-9s %-13s %-38s", "model", "mechanism", "variant");
    for (size_t c = 0; c < COLUMNS; c++) {
        if (table->present[c])
            printf("  %*s", strncmp(columns[c], "ratio_", 6) == 0 ? 22 : 0, columns[c]);
    }
    putchar('\n');
}

void record_print_summary(const struct results *results, const char *experiment, const char *path)
{
    struct table table = {.results = results, .experiment = experiment};
    table.toolchain = shown_toolchain(results, experiment);
    if (!table.toolchain)
        return;
    size_t lines = 0;
    for (size_t i = 0; i < results_count(results); i++) {
        const struct row *row = results_row(results, i);
        lines += leads_line(&table, i);
        for (size_t c = 0; c < COLUMNS; c++)
            table.present[c] |= in_table(&table, row) && strcmp(row->metric, columns[c]) == 0;
    }
    printf("\n%s (%s)\n", experiment, table.toolchain);
    print_head(&table);

    /* Of a long table the beginning and the end. */
    size_t line = 0, hidden = lines > LINES_MAX ? lines - LINES_SHOWN : 0;
    for (size_t i = 0; i < results_count(results); i++) {
        if (!leads_line(&table, i))
            continue;
        const struct row *row = results_row(results, i);
        bool shown = !hidden || line < LINES_SHOWN / 2 || line >= LINES_SHOWN / 2 + hidden;
        if (hidden && line == LINES_SHOWN / 2)
            printf("  ... %zu more in %s\n", hidden, path);
        line++;
        if (!shown)
            continue;
        printf("  %-9s %-13s %-38s", row->model, row->mechanism, row->variant);
        for (size_t c = 0; c < COLUMNS; c++) {
            if (table.present[c])
                print_value(&table, row, c);
        }
        putchar('\n');
    }
}

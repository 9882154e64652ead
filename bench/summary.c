#include "bench/cell.h"
#include "bench/record.h"
#include "bench/statistics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The metrics that a summary shows, in this order, those that the experiment has; behind them, where nothing was timed,
 * those that come first. */
static const char *const preferred[] = {
    "op_state_bytes",   "frame_bytes",        "instructions_per_op", "ns_per_op",
    "msgs_per_s",       "ratio_to_floor",     "ratio_to_malloc",     "allocs_fresh_per_op",
    "phases_with_work", "suspensions_per_op", "resumptions_per_op",  "op_states_per_op",
};

/* Shown as the report shows it, upside down: how many times as fast. */
static const char to_malloc[] = "ratio_to_malloc", faster[] = "times as fast as malloc";

enum { COLUMNS = sizeof preferred / sizeof *preferred, LINES_MAX = 24 };

/* One line for each cell that has a value in some column. A group is the lines of one variant. */
struct line {
    const struct row *cell;
    char values[COLUMNS][40];
    size_t group;
    bool shown;
};

struct table {
    const struct results *results;
    const char *experiment;
    const char *toolchain;
    struct line *lines;
    size_t count;
    const char *columns[COLUMNS];
    size_t column_count;
    int mechanism_width, variant_width;
    int widths[COLUMNS]; /* 0: no line has a value */
    struct interval control;
};

static const char *head_of(const char *metric)
{
    return strcmp(metric, to_malloc) == 0 ? faster : metric;
}

static bool is_control(const struct row *row)
{
    return strstr(row->variant, "control=aa") != NULL;
}

/* This toolchain, or the same with exceptions, which another library needs. */
static bool is_shown(const struct table *table, const struct row *row)
{
    const char *exceptions = strstr(table->toolchain, " exc=");
    size_t same = exceptions ? (size_t)(exceptions - table->toolchain) : strlen(table->toolchain);
    return strncmp(row->toolchain, table->toolchain, same) == 0 && row->toolchain[same] == table->toolchain[same] &&
           strcmp(strrchr(row->toolchain, ' '), strrchr(table->toolchain, ' ')) == 0;
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

static struct line *line_of(struct table *table, const struct row *row)
{
    struct line *line = &table->lines[table->count];
    *line = (struct line){.cell = row};
    for (size_t i = 0; i < table->count; i++) {
        const struct row *cell = table->lines[i].cell;
        if (strcmp(cell->model, row->model) == 0 && strcmp(cell->mechanism, row->mechanism) == 0 &&
            strcmp(cell->variant, row->variant) == 0)
            return &table->lines[i];
    }
    table->count++;
    return line;
}

static void format_value(char *text, size_t size, const struct row *row, const char *reason)
{
    if (reason)
        snprintf(text, size, "?");
    else if (row->text)
        snprintf(text, size, "%.38s", row->text);
    else if (strcmp(row->metric, to_malloc) == 0)
        snprintf(text, size, "%.3f (%.3f-%.3f)", 1 / row->value, 1 / row->high, 1 / row->low);
    else if (strncmp(row->metric, "ratio_", 6) == 0)
        snprintf(text, size, "%.3f (%.3f-%.3f)", row->value, row->low, row->high);
    else if (row->value >= 1000)
        snprintf(text, size, "%.0f", row->value);
    else
        snprintf(text, size, "%.4g", row->value);
}

/* The row that a line of the table could be of, or null. */
static const struct row *row_of(const struct table *table, size_t i)
{
    const struct row *row = results_row(table->results, i);
    return strcmp(row->experiment, table->experiment) == 0 && is_shown(table, row) ? row : NULL;
}

static bool has(const struct table *table, const char *metric)
{
    for (size_t i = 0; i < results_count(table->results); i++) {
        const struct row *row = row_of(table, i);
        if (row && strcmp(row->metric, metric) == 0)
            return true;
    }
    return false;
}

static void add_column(struct table *table, const char *metric)
{
    for (size_t c = 0; c < table->column_count; c++) {
        if (strcmp(table->columns[c], metric) == 0)
            return;
    }
    if (table->column_count < COLUMNS)
        table->columns[table->column_count++] = metric;
}

static void choose_columns(struct table *table)
{
    for (size_t c = 0; c < COLUMNS; c++) {
        if (has(table, preferred[c]))
            add_column(table, preferred[c]);
    }
    bool timed = has(table, "ns_per_op");
    for (size_t i = 0; i < results_count(table->results) && !timed; i++) {
        const struct row *row = row_of(table, i);
        if (row)
            add_column(table, row->metric);
    }
}

/* Control rows make no line: what they say is how far from 1 the ratio of a cell with itself came out. */
static void collect(struct table *table)
{
    for (size_t i = 0; i < results_count(table->results); i++) {
        const struct row *row = row_of(table, i);
        if (!row)
            continue;
        if (is_control(row)) {
            struct interval *control = &table->control;
            control->low = !control->value || row->value < control->low ? row->value : control->low;
            control->high = !control->value || row->value > control->high ? row->value : control->high;
            control->value = 1;
            continue;
        }
        for (size_t c = 0; c < table->column_count; c++) {
            if (strcmp(row->metric, table->columns[c]) == 0) {
                struct line *line = line_of(table, row);
                format_value(line->values[c], sizeof line->values[c], row, results_reason(table->results, i));
            }
        }
    }
}

/* Whether a time stands in the line, or there are none in the table. */
static bool is_timed(const struct table *table, const struct line *line)
{
    bool times = false;
    for (size_t c = 0; c < table->column_count; c++) {
        if (strcmp(table->columns[c], "ns_per_op") != 0)
            continue;
        if (line->values[c][0])
            return true;
        times = true;
    }
    return !times;
}

/* Numbers the groups, as far as they were timed, in their order. Returns how many there are. */
static size_t number_groups(struct table *table)
{
    size_t groups = 0;
    for (size_t i = 0; i < table->count; i++)
        table->lines[i].group = SIZE_MAX;
    for (size_t i = 0; i < table->count; i++) {
        struct line *first = &table->lines[i];
        if (first->group != SIZE_MAX || !is_timed(table, first))
            continue;
        for (size_t j = i; j < table->count; j++) {
            struct line *line = &table->lines[j];
            if (strcmp(line->cell->variant, first->cell->variant) == 0 && is_timed(table, line))
                line->group = groups;
        }
        groups++;
    }
    return groups;
}

/* Shows a group, when it is not too long for the lines that are left. Returns how many are left. */
static size_t show_group(struct table *table, size_t group, size_t left)
{
    size_t lines = 0;
    for (size_t i = 0; i < table->count; i++)
        lines += table->lines[i].group == group && !table->lines[i].shown;
    for (size_t i = 0; i < table->count && lines <= left; i++)
        table->lines[i].shown = table->lines[i].shown || table->lines[i].group == group;
    return lines <= left ? left - lines : left;
}

/* All of a short table; of a long one the groups that were timed, as many as there is room for, spread over it: those
 * in the middle of its thirds, then of its ninths, and so on. A group is shown whole or not at all. */
static void choose_groups(struct table *table)
{
    size_t groups = number_groups(table), left = LINES_MAX;
    for (size_t i = 0; i < table->count; i++)
        table->lines[i].shown = table->count <= LINES_MAX;
    if (table->count <= LINES_MAX || !groups)
        return;
    for (size_t parts = 3; left && parts <= 3 * groups; parts *= 3) {
        for (size_t part = 0; part < parts && left; part++)
            left = show_group(table, (2 * part + 1) * groups / (2 * parts), left);
    }
    for (size_t i = 0; left == LINES_MAX && i < LINES_MAX; i++)
        table->lines[i].shown = true;
}

/* Returns how many lines are left out. */
static size_t choose_lines(struct table *table)
{
    size_t shown = 0;
    choose_groups(table);
    for (size_t i = 0; i < table->count; i++) {
        struct line *line = &table->lines[i];
        const char *variant = line->cell->variant;
        if (!line->shown)
            continue;
        shown++;
        int width = (int)strlen(variant);
        table->variant_width = width > table->variant_width ? width : table->variant_width;
        width = (int)strlen(line->cell->mechanism);
        table->mechanism_width = width > table->mechanism_width ? width : table->mechanism_width;
        for (size_t c = 0; c < table->column_count; c++) {
            width = (int)strlen(line->values[c]);
            if (width && width < (int)strlen(head_of(table->columns[c])))
                width = (int)strlen(head_of(table->columns[c]));
            table->widths[c] = width > table->widths[c] ? width : table->widths[c];
        }
    }
    return table->count - shown;
}

/* Which way is better, for each ratio that is shown. */
static void print_directions(const struct table *table)
{
    for (size_t c = 0; c < table->column_count; c++) {
        if (!table->widths[c])
            continue;
        if (strcmp(table->columns[c], to_malloc) == 0)
            printf("  %s: above 1 is faster (the TSV has the inverse, %s: below 1 is faster)\n", faster, to_malloc);
        else if (strcmp(table->columns[c], "ratio_to_floor") == 0)
            printf("  %s: time over the floor's, less is faster\n", table->columns[c]);
    }
}

static void print_table(const struct table *table)
{
    printf("\n%s (%s)\n", table->experiment, table->toolchain);
    print_directions(table);
    printf("  %-13s  %-*s  %-*s", "model", table->mechanism_width, "mechanism", table->variant_width, "variant");
    for (size_t c = 0; c < table->column_count; c++) {
        if (table->widths[c])
            printf("  %*s", table->widths[c], head_of(table->columns[c]));
    }
    putchar('\n');
    for (size_t i = 0; i < table->count; i++) {
        const struct line *line = &table->lines[i];
        if (!line->shown)
            continue;
        printf("  %-13s  %-*s  %-*s", line->cell->model, table->mechanism_width, line->cell->mechanism,
               table->variant_width, line->cell->variant);
        for (size_t c = 0; c < table->column_count; c++) {
            if (table->widths[c])
                printf("  %*s", table->widths[c], line->values[c]);
        }
        putchar('\n');
    }
}

int record_print_summary(const struct results *results, const char *experiment, const char *path)
{
    if (strcmp(experiment, "stack") == 0 || strcmp(experiment, "finals") == 0)
        return record_print_stack(results, experiment, path);
    if (strcmp(experiment, "conns") == 0)
        return record_print_conns(results, path);
    struct table table = {.results = results, .experiment = experiment, .mechanism_width = 9, .variant_width = 7};
    table.toolchain = shown_toolchain(results, experiment);
    if (!table.toolchain)
        return 0;
    table.lines = calloc(results_count(results) + 1, sizeof *table.lines);
    if (!table.lines)
        return -ENOMEM;
    choose_columns(&table);
    collect(&table);
    if (table.count) {
        size_t hidden = choose_lines(&table);
        print_table(&table);
        if (table.control.value)
            printf("  a cell against itself: %.3f to %.3f\n", table.control.low, table.control.high);
        if (hidden)
            printf("  and %zu cells more, in %s\n", hidden, path);
    }
    free(table.lines);
    return 0;
}

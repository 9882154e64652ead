#include "bench/record.h"
#include "bench/statistics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What a person wants to know of many connections: the bytes that each takes, by form. Less is better in all. */
static const struct {
    const char *head, *metric, *where;
} columns[] = {
    {"asked for, all open", "live_bytes_per_connection", ",moment=fresh"},
    {"resident, all open", "rss_bytes_per_connection", ",moment=fresh"},
    {"resident, after churn", "rss_bytes_per_connection", ",moment=churn"},
    {"held by malloc, after churn", "held_bytes_per_connection", ",moment=churn"},
    {"idle, locals of 64 B", "idle_bytes_per_connection", ",frames=fixed"},
};

enum { COLUMNS = sizeof columns / sizeof *columns, ROUNDS_MAX = 64 };

/* A form at one place: all rows that agree with `cell` in model, mechanism and these keys of the variant. */
struct line {
    const struct row *cell;
    bool has[COLUMNS];
    double bytes[COLUMNS];
};

static const char *const keys[] = {"stream=", "connections=", "allocator="};

enum { KEYS = sizeof keys / sizeof *keys };

/* The value of a key, and its length; "" and 0 where it is not there. */
static const char *value_of(const char *variant, const char *key, int *length)
{
    const char *at = strstr(variant, key);
    at = at ? at + strlen(key) : "";
    *length = (int)strcspn(at, ",");
    return at;
}

static unsigned long connections(const struct row *row)
{
    int length;
    return strtoul(value_of(row->variant, "connections=", &length), NULL, 10);
}

static bool is_wanted(const struct results *results, size_t i)
{
    const struct row *row = results_row(results, i);
    return strcmp(row->experiment, "conns") == 0 && !results_reason(results, i) && !row->text &&
           strstr(row->variant, ",objects=none,") && strstr(row->variant, ",library=glibc") &&
           !strstr(row->variant, ",part=");
}

static bool is_of(const struct row *row, const struct row *cell)
{
    if (strcmp(row->model, cell->model) != 0 || strcmp(row->mechanism, cell->mechanism) != 0)
        return false;
    for (size_t k = 0; k < KEYS; k++) {
        int length, other;
        const char *value = value_of(row->variant, keys[k], &length);
        const char *wanted = value_of(cell->variant, keys[k], &other);
        if (length != other || strncmp(value, wanted, (size_t)length) != 0)
            return false;
    }
    return true;
}

/* The median over the rounds, which have other seeds. */
static bool measure(const struct results *results, const struct row *cell, size_t column, double *bytes)
{
    double found[ROUNDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < results_count(results) && count < ROUNDS_MAX; i++) {
        const struct row *row = results_row(results, i);
        if (is_wanted(results, i) && strcmp(row->metric, columns[column].metric) == 0 &&
            strstr(row->variant, columns[column].where) && is_of(row, cell))
            found[count++] = row->value;
    }
    if (count)
        *bytes = median(found, count);
    return count > 0;
}

/* Where most connections were, for each kind of stream and for idle ones. Returns how many lines there are. */
static size_t collect(const struct results *results, struct line *lines)
{
    size_t count = 0;
    for (size_t i = 0; i < results_count(results); i++) {
        const struct row *row = results_row(results, i);
        bool known = !is_wanted(results, i);
        for (size_t l = 0; l < count && !known; l++)
            known = is_of(row, lines[l].cell);
        if (known)
            continue;
        struct line *line = &lines[count];
        *line = (struct line){.cell = row};
        bool any = false;
        for (size_t c = 0; c < COLUMNS; c++)
            any |= line->has[c] = measure(results, row, c, &line->bytes[c]);
        count += any;
    }
    return count;
}

/* Whether no line of the same stream is of more connections; idle ones, which were measured among few, apart. */
static bool is_shown(const struct line *lines, size_t count, const struct line *line)
{
    int length, other;
    const char *stream = value_of(line->cell->variant, "stream=", &length);
    for (size_t l = 0; l < count; l++) {
        const char *its = value_of(lines[l].cell->variant, "stream=", &other);
        if (length == other && strncmp(stream, its, (size_t)length) == 0 &&
            connections(lines[l].cell) > connections(line->cell) && !line->has[COLUMNS - 1])
            return false;
    }
    return true;
}

static void print_line(const struct line *line, const bool *has)
{
    printf("  %-13s  %-10s", line->cell->model, line->cell->mechanism);
    static const int widths[KEYS] = {6, 11, 9};
    for (size_t k = 0; k < KEYS; k++) {
        int length;
        const char *value = value_of(line->cell->variant, keys[k], &length);
        printf("  %-*.*s", widths[k], length, value);
    }
    for (size_t c = 0; c < COLUMNS; c++) {
        if (has[c] && line->has[c])
            printf("  %*.0f", (int)strlen(columns[c].head), line->bytes[c]);
        else if (has[c])
            printf("  %*s", (int)strlen(columns[c].head), "");
    }
    putchar('\n');
}

int record_print_conns(const struct results *results, const char *path)
{
    struct line *lines = calloc(results_count(results) + 1, sizeof *lines);
    if (!lines)
        return -ENOMEM;
    size_t count = collect(results, lines);
    bool has[COLUMNS] = {false};
    for (size_t l = 0; l < count; l++) {
        for (size_t c = 0; c < COLUMNS && is_shown(lines, count, &lines[l]); c++)
            has[c] |= lines[l].has[c];
    }
    if (count) {
        puts("\nconns: bytes of memory for each connection, less is better");
        printf("  %-13s  %-10s  %-6s  %-11s  %-9s", "model", "mechanism", "stream", "connections", "allocator");
        for (size_t c = 0; c < COLUMNS; c++) {
            if (has[c])
                printf("  %s", columns[c].head);
        }
        putchar('\n');
        for (size_t l = 0; l < count; l++) {
            if (is_shown(lines, count, &lines[l]))
                print_line(&lines[l], has);
        }
        printf("  other mallocs, other numbers of connections, and what is kept: %s\n", path);
    }
    free(lines);
    return 0;
}

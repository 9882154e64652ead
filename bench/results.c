#include "bench/results.h"
#include "bench/output.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct array {
    void *items;
    size_t count;
    size_t capacity;
};

struct entry {
    struct row row;
    const char *reason;
};

struct results {
    struct array entries;
    struct array skipped;
    struct array repetitions;
    struct array strings; /* every distinct string once */
    size_t *slots;        /* a hash table of them: their places plus one; 0: free */
    size_t slot_count;    /* a power of two */
    int status;
};

struct results *results_create(void)
{
    return calloc(1, sizeof(struct results));
}

void results_destroy(struct results *results)
{
    if (!results)
        return;
    char **strings = results->strings.items;
    for (size_t i = 0; i < results->strings.count; i++)
        free(strings[i]);
    free(results->strings.items);
    free(results->slots);
    free(results->entries.items);
    free(results->skipped.items);
    free(results->repetitions.items);
    free(results);
}

/* Room for one more item, zeroed; null: no memory, and remembered. */
static void *array_add(struct results *results, struct array *array, size_t size)
{
    if (array->count == array->capacity) {
        size_t capacity = array->capacity ? 2 * array->capacity : 64;
        void *items = reallocarray(array->items, capacity, size);
        if (!items) {
            results->status = -ENOMEM;
            return NULL;
        }
        array->items = items;
        array->capacity = capacity;
    }
    void *item = (char *)array->items + array->count++ * size;
    memset(item, 0, size);
    return item;
}

/* Where `text` is in the hash table, or would be. */
static size_t *slot_of(struct results *results, const char *text)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (const char *at = text; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 1099511628211u;
    char **strings = results->strings.items;
    for (size_t i = (size_t)hash;; i++) {
        size_t *slot = &results->slots[i & (results->slot_count - 1)];
        if (!*slot || strcmp(strings[*slot - 1], text) == 0)
            return slot;
    }
}

/* Keeps half of the hash table free. 0 or -ENOMEM. */
static int make_slots(struct results *results)
{
    if (2 * (results->strings.count + 1) <= results->slot_count)
        return 0;
    size_t count = results->slot_count ? 2 * results->slot_count : 256;
    size_t *slots = calloc(count, sizeof *slots);
    if (!slots)
        return -ENOMEM;
    free(results->slots);
    results->slots = slots;
    results->slot_count = count;
    char **strings = results->strings.items;
    for (size_t i = 0; i < results->strings.count; i++)
        *slot_of(results, strings[i]) = i + 1;
    return 0;
}

/* The one copy of `text`: names recur in nearly every row. Null stays null. */
static const char *intern(struct results *results, const char *text)
{
    if (!text)
        return NULL;
    size_t *slot = make_slots(results) ? NULL : slot_of(results, text);
    if (slot && *slot)
        return ((char **)results->strings.items)[*slot - 1];
    char *copy = slot ? strdup(text) : NULL;
    char **string = copy ? array_add(results, &results->strings, sizeof *string) : NULL;
    if (!string) {
        free(copy);
        results->status = -ENOMEM;
        return "";
    }
    *slot = results->strings.count;
    return *string = copy;
}

static void add(struct results *results, const struct row *row, const char *reason)
{
    struct row copy = *row;
    copy.experiment = intern(results, row->experiment);
    copy.model = intern(results, row->model);
    copy.mechanism = intern(results, row->mechanism);
    copy.variant = intern(results, row->variant);
    copy.toolchain = intern(results, row->toolchain);
    copy.metric = intern(results, row->metric);
    copy.unit = intern(results, row->unit);
    copy.text = intern(results, row->text);
    reason = intern(results, reason);
    struct entry *entry = array_add(results, &results->entries, sizeof *entry);
    if (entry)
        *entry = (struct entry){copy, reason};
}

void results_add(struct results *results, const struct row *row)
{
    bool finite = isfinite(row->value) && isfinite(row->low) && isfinite(row->high);
    add(results, row, row->text || finite ? NULL : "the measurement gave no finite number");
}

void results_add_exact(struct results *results, struct row row, double value)
{
    row.value = row.low = row.high = value;
    row.samples = 1;
    row.text = NULL;
    results_add(results, &row);
}

void results_add_missing(struct results *results, const struct row *row, const char *reason)
{
    struct row copy = *row;
    copy.text = NULL;
    copy.samples = 0;
    add(results, &copy, reason);
}

void results_add_skipped(struct results *results, const char *experiment, const char *what, const char *reason)
{
    struct skipped skipped = {intern(results, experiment), intern(results, what), intern(results, reason)};
    struct skipped *slot = array_add(results, &results->skipped, sizeof *slot);
    if (slot)
        *slot = skipped;
}

void results_add_repetition(struct results *results, const struct repetition *repetition)
{
    struct repetition copy = *repetition;
    copy.experiment = intern(results, repetition->experiment);
    copy.model = intern(results, repetition->model);
    copy.mechanism = intern(results, repetition->mechanism);
    copy.variant = intern(results, repetition->variant);
    struct repetition *slot = array_add(results, &results->repetitions, sizeof *slot);
    if (slot)
        *slot = copy;
}

static bool parse_number(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*value);
}

static bool parse_count(const char *text, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

enum { FIELDS = 11 };

int results_add_line(struct results *results, const char *line)
{
    size_t length = strcspn(line, "\n");
    char *copy = strndup(line, length);
    if (!copy)
        return results->status = -ENOMEM;

    char *fields[FIELDS + 1];
    size_t count = 0;
    for (char *rest = copy; rest && count <= FIELDS;)
        fields[count++] = strsep(&rest, "\t");
    int status = -EINVAL;
    bool empty = false;
    for (size_t i = 0; i < count; i++)
        empty = empty || fields[i][0] == '\0';
    if (count < FIELDS || empty || memchr(line, '\t', length) == NULL)
        goto out;

    struct row row = {fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6], 0, 0, 0, 0, NULL};
    if (!parse_count(fields[10], &row.samples))
        goto out;
    const char *reason = NULL;
    if (strcmp(fields[7], "?") == 0) {
        reason = count > FIELDS ? fields[FIELDS] : "the measuring program gave no reason";
    } else if (!parse_number(fields[7], &row.value)) {
        row.text = fields[7];
        if (strcmp(fields[8], row.text) != 0 || strcmp(fields[9], row.text) != 0)
            goto out;
    } else if (!parse_number(fields[8], &row.low) || !parse_number(fields[9], &row.high)) {
        goto out;
    }
    add(results, &row, reason);
    status = 0;
out:
    free(copy);
    return status;
}

size_t results_count(const struct results *results)
{
    return results->entries.count;
}

static const struct entry *entry_at(const struct results *results, size_t index)
{
    return (const struct entry *)results->entries.items + index;
}

const struct row *results_row(const struct results *results, size_t index)
{
    return &entry_at(results, index)->row;
}

const char *results_reason(const struct results *results, size_t index)
{
    return entry_at(results, index)->reason;
}

size_t results_skipped_count(const struct results *results)
{
    return results->skipped.count;
}

const struct skipped *results_skipped(const struct results *results, size_t index)
{
    return (const struct skipped *)results->skipped.items + index;
}

size_t results_repetition_count(const struct results *results)
{
    return results->repetitions.count;
}

const struct repetition *results_repetition(const struct results *results, size_t index)
{
    return (const struct repetition *)results->repetitions.items + index;
}

int results_status(const struct results *results)
{
    return results->status;
}

void results_print_line(const struct results *results, size_t index, bool reasons, FILE *file)
{
    const struct row *row = results_row(results, index);
    const char *reason = results_reason(results, index);
    fprintf(file, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t", row->experiment, row->model, row->mechanism, row->variant,
            row->toolchain, row->metric, row->unit);
    if (reason)
        fputs("?\t?\t?", file);
    else if (row->text)
        fprintf(file, "%s\t%s\t%s", row->text, row->text, row->text);
    else
        fprintf(file, "%.10g\t%.10g\t%.10g", row->value, row->low, row->high);
    fprintf(file, "\t%llu", (unsigned long long)row->samples);
    if (reason && reasons)
        fprintf(file, "\t%s", reason);
    fputc('\n', file);
}

int results_write_tsv(const struct results *results, const char *experiment, const char *path)
{
    struct output output;
    int status = output_open(&output, path);
    if (status)
        return status;
    fputs("experiment\tmodel\tmechanism\tvariant\ttoolchain\tmetric\tunit\tvalue\tlow\thigh\tsamples\n", output.file);
    for (size_t i = 0; i < results_count(results); i++) {
        if (strcmp(results_row(results, i)->experiment, experiment) == 0)
            results_print_line(results, i, false, output.file);
    }
    return output_commit(&output);
}

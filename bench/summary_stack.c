#include "bench/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* At how many of the settings measured the stack does not grow, and what a completion costs at the others. */
struct answer {
    size_t measured, held;
    double least, most; /* bytes; 0: it grows nowhere */
};

enum { C, CXX, LANGUAGES };

/* One line for each mechanism and variant, whatever its language. */
struct line {
    const struct row *cell;
    struct answer answers[LANGUAGES];
};

static bool is_stack(const struct row *row, const char *metric)
{
    return strcmp(row->experiment, "stack") == 0 && strcmp(row->metric, metric) == 0;
}

static const char *plain_model(const struct row *row)
{
    return strncmp(row->model, "cxx-", 4) == 0 ? row->model + 4 : row->model;
}

static struct answer *answer_of(struct line *lines, size_t *count, const struct row *row)
{
    size_t i = 0;
    for (; i < *count; i++) {
        const struct row *cell = lines[i].cell;
        if (strcmp(plain_model(cell), plain_model(row)) == 0 && strcmp(cell->mechanism, row->mechanism) == 0 &&
            strcmp(cell->variant, row->variant) == 0)
            break;
    }
    if (i == *count)
        lines[(*count)++] = (struct line){.cell = row};
    return &lines[i].answers[plain_model(row) == row->model ? C : CXX];
}

static size_t collect(const struct results *results, struct line *lines)
{
    size_t count = 0;
    for (size_t i = 0; i < results_count(results); i++) {
        const struct row *row = results_row(results, i);
        if (is_stack(row, "stack_growth")) {
            struct answer *answer = answer_of(lines, &count, row);
            answer->measured += row->text != NULL;
            answer->held += row->text && strcmp(row->text, "linear") != 0;
        } else if (is_stack(row, "stack_bytes_per_completion") && !results_reason(results, i) && row->value > 0) {
            struct answer *answer = answer_of(lines, &count, row);
            answer->least = !answer->most || row->value < answer->least ? row->value : answer->least;
            answer->most = row->value > answer->most ? row->value : answer->most;
        }
    }
    return count;
}

static size_t count_settings(const struct results *results)
{
    size_t settings = 0;
    for (size_t i = 0; i < results_count(results); i++) {
        const struct row *row = results_row(results, i);
        bool known = !is_stack(row, "stack_growth");
        for (size_t before = 0; before < i && !known; before++) {
            const struct row *other = results_row(results, before);
            known = is_stack(other, "stack_growth") && strcmp(other->toolchain, row->toolchain) == 0;
        }
        settings += !known;
    }
    return settings;
}

static void describe(const struct answer *answer, char *text, size_t size)
{
    int length = answer->measured ? snprintf(text, size, "%zu of %zu", answer->held, answer->measured)
                                  : snprintf(text, size, "-");
    if (answer->held == answer->measured)
        return;
    if (!answer->most)
        snprintf(text + length, size - (size_t)length, ", else ? bytes");
    else if (answer->least == answer->most)
        snprintf(text + length, size - (size_t)length, ", else %.4g bytes", answer->most);
    else
        snprintf(text + length, size - (size_t)length, ", else %.4g to %.4g bytes", answer->least, answer->most);
}

static void print_lines(const struct line *lines, size_t count)
{
    int width = (int)strlen("variant");
    for (size_t i = 0; i < count; i++) {
        int length = (int)strlen(lines[i].cell->variant);
        width = length > width ? length : width;
    }
    printf("  %-9s  %-9s  %-*s  %-31s  %s\n", "model", "mechanism", width, "variant", "C: no growth in",
           "C++: no growth in");
    for (size_t i = 0; i < count; i++) {
        char answers[LANGUAGES][64];
        for (size_t language = C; language < LANGUAGES; language++)
            describe(&lines[i].answers[language], answers[language], sizeof answers[language]);
        const struct row *cell = lines[i].cell;
        printf("  %-9s  %-9s  %-*s  %-31s  %s\n", plain_model(cell), cell->mechanism, width, cell->variant, answers[C],
               answers[CXX]);
    }
}

int record_print_stack(const struct results *results, const char *path)
{
    struct line *lines = calloc(results_count(results) + 1, sizeof *lines);
    if (!lines)
        return -ENOMEM;
    size_t count = collect(results, lines);
    if (count) {
        printf("\nstack (%zu settings: compiler, level, sibling calls, exceptions; bytes of stack a completion)\n",
               count_settings(results));
        print_lines(lines, count);
        printf("  each setting, and the completions that overflow a stack: %s\n", path);
    }
    free(lines);
    return 0;
}

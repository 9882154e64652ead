#include "bench/peers/cells.h"
#include "bench/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { C, CXX, LANGUAGES };

/* At how many of the settings measured the stack does not grow, and what a completion costs at the others. */
struct answer {
    size_t rows, measured, held;
    double least, most; /* bytes; 0: it grows nowhere */
};

/* A mechanism and variant, whatever its language; then all variants of a mechanism with the same answers. */
struct line {
    const struct row *cell;
    struct answer answers[LANGUAGES];
    char names[96]; /* of its variants, */
    size_t unnamed; /* and how many more there are */
};

enum { NAMES_WIDTH = 48 };

static bool is_cell(const struct row *row, const char *experiment, const char *metric)
{
    return strcmp(row->experiment, experiment) == 0 && strcmp(row->metric, metric) == 0;
}

static const char *plain_model(const struct row *row)
{
    return strncmp(row->model, "cxx-", 4) == 0 ? row->model + 4 : row->model;
}

/* Whether C++ made it: what is named so, and the libraries, whose completion handlers are C++ too. */
static bool made_by_cxx(const struct row *row)
{
#define LIBRARY_NAME(model, name) name,
    static const char *const libraries[] = {LIBRARY_STACK(LIBRARY_NAME) NULL};
    size_t i = 0;
    while (libraries[i] && strcmp(libraries[i], row->mechanism) != 0)
        i++;
    return libraries[i] || plain_model(row) != row->model;
}

static bool same_mechanism(const struct row *a, const struct row *b)
{
    return strcmp(plain_model(a), plain_model(b)) == 0 && strcmp(a->mechanism, b->mechanism) == 0;
}

static struct answer *answer_of(struct line *lines, size_t *count, const struct row *row)
{
    size_t i = 0;
    while (i < *count && !(same_mechanism(lines[i].cell, row) && strcmp(lines[i].cell->variant, row->variant) == 0))
        i++;
    if (i == *count)
        lines[(*count)++] = (struct line){.cell = row};
    return &lines[i].answers[made_by_cxx(row) ? CXX : C];
}

static size_t collect(const struct results *results, const char *experiment, struct line *lines)
{
    size_t count = 0;
    for (size_t i = 0; i < results_count(results); i++) {
        const struct row *row = results_row(results, i);
        if (is_cell(row, experiment, "stack_growth")) {
            struct answer *answer = answer_of(lines, &count, row);
            answer->rows++;
            answer->measured += row->text != NULL;
            answer->held += row->text && strcmp(row->text, "linear") != 0;
        } else if (is_cell(row, experiment, "stack_bytes_per_completion") && !results_reason(results, i) &&
                   row->value > 0) {
            struct answer *answer = answer_of(lines, &count, row);
            answer->least = !answer->most || row->value < answer->least ? row->value : answer->least;
            answer->most = row->value > answer->most ? row->value : answer->most;
        }
    }
    return count;
}

/* The rows of one setting are neighbours. */
static size_t count_settings(const struct results *results, const char *experiment)
{
    size_t settings = 0;
    for (size_t i = 0; i < results_count(results); i++) {
        const struct row *row = results_row(results, i);
        bool known = !is_cell(row, experiment, "stack_growth");
        for (size_t before = i; before > 0 && !known; before--) {
            const struct row *other = results_row(results, before - 1);
            known = is_cell(other, experiment, "stack_growth") && strcmp(other->toolchain, row->toolchain) == 0;
        }
        settings += !known;
    }
    return settings;
}

/* ---- Fewer lines ---- */

/* What C says without the boundary of a noexcept function is a control. */
static bool is_control(const struct line *line)
{
    return strncmp(line->cell->variant, "boundary=no", strlen("boundary=no")) == 0;
}

static void add_name(struct line *line, const char *variant)
{
    static const char boundary[] = "boundary=yes";
    if (strncmp(variant, boundary, strlen(boundary)) == 0)
        variant += strlen(boundary) + (variant[strlen(boundary)] == ',');
    size_t length = strlen(line->names);
    if (length && length + strlen(variant) > NAMES_WIDTH)
        line->unnamed++;
    else
        snprintf(line->names + length, sizeof line->names - length, "%s%s", length ? " | " : "",
                 *variant ? variant : "-");
}

static void close_names(struct line *line)
{
    size_t length = strlen(line->names);
    if (line->unnamed)
        snprintf(line->names + length, sizeof line->names - length, " and %zu more", line->unnamed);
}

static bool same_answer(const struct answer *a, const struct answer *b)
{
    return a->measured == b->measured && a->held == b->held;
}

static void merge(struct answer *into, const struct answer *from)
{
    if (from->most && (!into->most || from->least < into->least))
        into->least = from->least;
    if (from->most > into->most)
        into->most = from->most;
    if (!into->rows) {
        into->rows = from->rows;
        into->measured = from->measured;
        into->held = from->held;
    }
}

/* Joins the variants of a mechanism that give the same answers, and drops the controls. Returns how many are left. */
static size_t join(struct line *lines, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_control(&lines[i]))
            continue;
        struct line line = lines[i];
        size_t at = 0;
        while (at < kept && !(same_mechanism(lines[at].cell, line.cell) && lines[at].answers[C].rows &&
                              same_answer(&lines[at].answers[C], &line.answers[C]) &&
                              (!lines[at].answers[CXX].rows || !line.answers[CXX].rows ||
                               same_answer(&lines[at].answers[CXX], &line.answers[CXX]))))
            at++;
        if (at == kept) {
            lines[kept] = line;
            lines[kept++].names[0] = '\0';
        } else {
            for (size_t language = C; language < LANGUAGES; language++)
                merge(&lines[at].answers[language], &line.answers[language]);
        }
        add_name(&lines[at], line.cell->variant);
    }
    for (size_t i = 0; i < kept; i++)
        close_names(&lines[i]);
    return kept;
}

/* ---- Text ---- */

static void describe(const struct answer *answer, char *text, size_t size)
{
    int length = answer->measured ? snprintf(text, size, "%zu of %zu", answer->held, answer->measured)
                                  : snprintf(text, size, answer->rows ? "not available" : "-");
    if (answer->held == answer->measured)
        return;
    if (!answer->most)
        snprintf(text + length, size - (size_t)length, ", else ? bytes");
    else if (answer->least == answer->most)
        snprintf(text + length, size - (size_t)length, ", else %.4g bytes", answer->most);
    else
        snprintf(text + length, size - (size_t)length, ", else %.4g to %.4g bytes", answer->least, answer->most);
}

static int widest(const struct line *lines, size_t count, const char *(*text)(const struct line *), const char *title)
{
    size_t width = strlen(title);
    for (size_t i = 0; i < count; i++)
        width = strlen(text(&lines[i])) > width ? strlen(text(&lines[i])) : width;
    return (int)width;
}

static const char *mechanism_of(const struct line *line)
{
    return line->cell->mechanism;
}

static const char *names_of(const struct line *line)
{
    return line->names;
}

static void print_lines(const struct line *lines, size_t count)
{
    bool cxx = false;
    for (size_t i = 0; i < count; i++)
        cxx = cxx || lines[i].answers[CXX].rows;
    int mechanism_width = widest(lines, count, mechanism_of, "mechanism");
    int names_width = widest(lines, count, names_of, "variant");
    printf("  %-9s  %-*s  %-*s  %-*s%s\n", "model", mechanism_width, "mechanism", names_width, "variant", cxx ? 33 : 0,
           "C: no growth in", cxx ? "C++: no growth in" : "");
    for (size_t i = 0; i < count; i++) {
        char answers[LANGUAGES][64];
        for (size_t language = C; language < LANGUAGES; language++)
            describe(&lines[i].answers[language], answers[language], sizeof answers[language]);
        printf("  %-9s  %-*s  %-*s  %-*s%s\n", plain_model(lines[i].cell), mechanism_width, lines[i].cell->mechanism,
               names_width, lines[i].names, cxx ? 33 : 0, answers[C], cxx ? answers[CXX] : "");
    }
}

int record_print_stack(const struct results *results, const char *experiment, const char *path)
{
    struct line *lines = calloc(results_count(results) + 1, sizeof *lines);
    if (!lines)
        return -ENOMEM;
    size_t count = join(lines, collect(results, experiment, lines));
    if (count) {
        printf("\n%s (%zu settings: compiler, level, sibling calls, exceptions; bytes of stack a completion)\n",
               experiment, count_settings(results, experiment));
        print_lines(lines, count);
        printf("  each setting, the completions that overflow a stack, and the control boundary=no: %s\n", path);
    }
    free(lines);
    return 0;
}

/* Results: what is written is what was added, or nothing at all. */
#include "bench/json.h"
#include "bench/output.h"
#include "bench/record.h"
#include "bench/results.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    char directory[64];
    char path[96];
    struct results *results;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (!fixture)
        return -1;
    strcpy(fixture->directory, "/tmp/abreast-test-XXXXXX");
    if (!mkdtemp(fixture->directory))
        return -1;
    snprintf(fixture->path, sizeof fixture->path, "%s/x.tsv", fixture->directory);
    fixture->results = results_create();
    *state = fixture;
    return fixture->results ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    results_destroy(fixture->results);
    unlink(fixture->path);
    int status = rmdir(fixture->directory); /* fails when a temporary file is left */
    free(fixture);
    return status;
}

static const struct row ROW = {"x", "raw", "floor", "depth=1", "cc-1 O2", "ns_per_op", "ns", 1.5, 1.25, 2, 30, NULL};

#define HEAD "experiment\tmodel\tmechanism\tvariant\ttoolchain\tmetric\tunit\tvalue\tlow\thigh\tsamples\n"

static void read_file(const char *path, char *buffer, size_t size)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    if (!file)
        return;
    buffer[fread(buffer, 1, size - 1, file)] = '\0';
    fclose(file);
}

/* What a summary prints. */
static void print_summary(const struct fixture *fixture, const char *experiment, char *text, size_t size)
{
    fflush(stdout);
    int terminal = dup(STDOUT_FILENO);
    assert_true(terminal >= 0);
    assert_non_null(freopen(fixture->path, "w", stdout));
    int status = record_print_summary(fixture->results, experiment, "x.tsv");
    fflush(stdout);
    assert_true(dup2(terminal, STDOUT_FILENO) >= 0);
    close(terminal);
    assert_int_equal(status, 0);
    read_file(fixture->path, text, size);
}

/* As the report has it: upside down, and the head says which way is better. */
static void test_summary_of_frames_says_times_as_fast(void **state)
{
    struct fixture *fixture = *state;
    struct row row = {"frames", "awaitable", "recycling", "-", "cc-1 O2", "ratio_to_malloc",
                      "ratio",  0.5,         0.4,         0.8, 9,         NULL};
    results_add(fixture->results, &row);
    char text[4096];
    print_summary(fixture, "frames", text, sizeof text);
    assert_non_null(strstr(text, "\n  times as fast as malloc: above 1 is faster (the TSV has the inverse"));
    assert_non_null(strstr(text, " 2.000 (1.250-2.500)\n"));
}

#define MALLOC ",allocator=malloc,library=glibc"

/* A line a form where most connections were, the median of the rounds; idle ones, of fewer, beside them. */
static void test_summary_of_conns_is_bytes_by_form(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *metric, *variant;
        double bytes;
    } rows[] = {
        {"rss_bytes_per_connection", "connections=50,frames=mixed,objects=none" MALLOC ",moment=churn,round=1", 300},
        {"rss_bytes_per_connection", "connections=50,frames=mixed,objects=none" MALLOC ",moment=churn,round=2", 100},
        {"rss_bytes_per_connection", "connections=50,frames=mixed,objects=none" MALLOC ",moment=churn,round=3", 200},
        {"rss_bytes_per_connection", "connections=10,frames=mixed,objects=none" MALLOC ",moment=churn,round=1", 777},
        {"rss_bytes_per_connection", "connections=50,frames=mixed,objects=kept" MALLOC ",moment=churn,round=1", 888},
        {"idle_bytes_per_connection", "connections=9,frames=fixed,objects=none" MALLOC "", 48},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char variant[160];
        snprintf(variant, sizeof variant, "stream=memory,%s", rows[i].variant);
        struct row row = {"conns", "awaitable", "task", variant, "cc-1 O2", rows[i].metric, "B", 0, 0, 0, 0, NULL};
        results_add_exact(fixture->results, row, rows[i].bytes);
    }
    char text[4096];
    print_summary(fixture, "conns", text, sizeof text);
    assert_non_null(strstr(text, "resident, after churn  idle, locals of 64 B\n"));
    char many[24], idle[24];
    assert_int_equal(sscanf(strstr(text, "\n  awaitable "), " awaitable task memory 50 malloc %23s", many), 1);
    assert_string_equal(many, "200");
    assert_non_null(strstr(text, "memory  9 "));
    assert_int_equal(sscanf(strstr(text, "memory  9 "), "memory 9 malloc %23s", idle), 1);
    assert_string_equal(idle, "48");
    assert_null(strstr(text, "777"));
    assert_null(strstr(text, "888"));
}

/* Growth at any setting shows on the mechanism's one line, whatever the setting of this build; both languages too. */
static void test_summary_of_stack_is_over_all_settings(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *model, *toolchain, *growth;
        double bytes;
    } rows[] = {
        {"sender", "cc-1 O2 sib=on exc=off", "constant", 0},   {"sender", "cc-1 O2 sib=on exc=on", "linear", 240},
        {"sender", "cc-1 O0 sib=on exc=on", "linear", 16},     {"cxx-sender", "cc-1 O2 sib=on exc=on", "linear", 48},
        {"awaitable", "cc-1 O0 sib=on exc=on", "constant", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct row row = {.experiment = "stack",
                          .model = rows[i].model,
                          .mechanism = "m",
                          .variant = "-",
                          .toolchain = rows[i].toolchain,
                          .metric = "stack_bytes_per_completion",
                          .unit = "bytes"};
        results_add_exact(fixture->results, row, rows[i].bytes);
        row.metric = "stack_growth";
        row.text = rows[i].growth;
        results_add(fixture->results, &row);
    }
    char text[4096];
    print_summary(fixture, "stack", text, sizeof text);
    assert_non_null(strstr(text, "stack (3 settings:"));
    const char *sender = strstr(text, "\n  sender "), *awaitable = strstr(text, "\n  awaitable ");
    assert_non_null(sender);
    assert_non_null(awaitable);
    char c[64], cxx[64];
    assert_int_equal(sscanf(sender, " sender m - %63[^b]bytes %63[^\n]", c, cxx), 2);
    assert_string_equal(c, "1 of 3, else 16 to 240 ");
    assert_string_equal(cxx, "0 of 1, else 48 bytes");
    assert_int_equal(sscanf(awaitable, " awaitable m - %63[0-9of ] %63[^\n]", c, cxx), 2);
    assert_string_equal(cxx, "-");
}

static void test_tsv(void **state)
{
    struct fixture *fixture = *state;
    struct row word = ROW, other = ROW;
    word.metric = "stack_growth";
    word.unit = "-";
    word.text = "linear";
    word.samples = 1;
    other.experiment = "y";
    results_add(fixture->results, &ROW);
    results_add_exact(fixture->results, ROW, 24);
    results_add(fixture->results, &word);
    results_add(fixture->results, &other);
    assert_int_equal(results_write_tsv(fixture->results, "x", fixture->path), 0);

    char text[1024];
    read_file(fixture->path, text, sizeof text);
    assert_string_equal(text, HEAD "x\traw\tfloor\tdepth=1\tcc-1 O2\tns_per_op\tns\t1.5\t1.25\t2\t30\n"
                                   "x\traw\tfloor\tdepth=1\tcc-1 O2\tns_per_op\tns\t24\t24\t24\t1\n"
                                   "x\traw\tfloor\tdepth=1\tcc-1 O2\tstack_growth\t-\tlinear\tlinear\tlinear\t1\n");
}

static void test_missing_value_has_a_reason(void **state)
{
    struct fixture *fixture = *state;
    results_add_missing(fixture->results, &ROW, "no valgrind");
    results_add_exact(fixture->results, ROW, NAN);
    results_add_exact(fixture->results, ROW, INFINITY);
    results_add(fixture->results, &ROW);
    assert_string_equal(results_reason(fixture->results, 0), "no valgrind");
    assert_non_null(results_reason(fixture->results, 1));
    assert_non_null(results_reason(fixture->results, 2));
    assert_null(results_reason(fixture->results, 3));

    assert_int_equal(results_write_tsv(fixture->results, "x", fixture->path), 0);
    char text[1024];
    read_file(fixture->path, text, sizeof text);
    assert_non_null(strstr(text, "ns_per_op\tns\t?\t?\t?\t0\n"));
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf"));
}

static void test_lines_of_other_programs(void **state)
{
    struct fixture *fixture = *state;
    struct results *results = fixture->results;
    static const char *const good[] = {
        "x\traw\tfloor\t-\tcc-1 O2\tns_per_op\tns\t1.5\t1.25\t2\t30",
        "x\traw\tfloor\t-\tcc-1 O2\tstack_growth\t-\tnone\tnone\tnone\t1\n",
        "x\traw\tfloor\t-\tcc-1 O2\tns_per_op\tns\t?\t?\t?\t0\tno valgrind",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(results_add_line(results, good[i]), 0);
    assert_int_equal(results_count(results), 3);
    assert_true(results_row(results, 0)->low == 1.25 && results_row(results, 0)->samples == 30);
    assert_string_equal(results_row(results, 1)->text, "none");
    assert_string_equal(results_reason(results, 2), "no valgrind");

    char text[256];
    FILE *file = fmemopen(text, sizeof text, "w");
    assert_non_null(file);
    if (!file)
        return;
    results_print_line(results, 2, true, file);
    fclose(file);
    text[strcspn(text, "\n")] = '\0';
    assert_string_equal(text, good[2]);
}

static void test_malformed_lines(void **state)
{
    struct fixture *fixture = *state;
    static const char *const bad[] = {
        "",
        "x",
        "x\traw\tfloor\t-\tcc-1 O2\tns_per_op\tns\t1.5\t1.25\t2",
        "x\traw\tfloor\t-\tcc-1 O2\tns_per_op\tns\t1.5\t1.25\t2\tmany",
        "x\traw\tfloor\t-\tcc-1 O2\tns_per_op\tns\t1.5\t1.25\t2\t-1",
        "x\traw\tfloor\t-\tcc-1 O2\tns_per_op\tns\t1.5\tlow\t2\t3",
        "x\traw\tfloor\t-\tcc-1 O2\tns_per_op\tns\tnan\t1\t2\t3",
        "x\traw\t\t-\tcc-1 O2\tns_per_op\tns\t1.5\t1.25\t2\t3",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(results_add_line(fixture->results, bad[i]), -EINVAL);
    assert_int_equal(results_count(fixture->results), 0);
}

static void test_file_appears_when_complete(void **state)
{
    struct fixture *fixture = *state;
    struct output output;
    assert_int_equal(output_open(&output, fixture->path), 0);
    fputs("half", output.file);
    fflush(output.file);
    assert_int_equal(access(fixture->path, F_OK), -1);
    fputs(" and half", output.file);
    assert_int_equal(output_commit(&output), 0);
    char text[64];
    read_file(fixture->path, text, sizeof text);
    assert_string_equal(text, "half and half");

    assert_int_equal(output_open(&output, fixture->path), 0);
    fputs("not this", output.file);
    output_discard(&output);
    read_file(fixture->path, text, sizeof text);
    assert_string_equal(text, "half and half");
}

static void test_failed_write_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct output output;
    assert_int_equal(output_open(&output, fixture->path), 0);
    assert_int_equal(mkdir(fixture->path, 0700), 0); /* the rename fails on it */
    fputs("text", output.file);
    assert_int_equal(output_commit(&output), -EISDIR);
    assert_int_equal(rmdir(fixture->path), 0);
    assert_int_equal(output_open(&output, "/nowhere/at/all"), -ENOENT);
}

static void test_make_directory(void **state)
{
    struct fixture *fixture = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/a/b/", fixture->directory);
    assert_int_equal(output_make_directory(path), 0);
    assert_int_equal(output_make_directory(path), 0);
    assert_int_equal(rmdir(path), 0);
    snprintf(path, sizeof path, "%s/a", fixture->directory);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(output_make_directory("/dev/null"), -ENOTDIR);
    assert_int_equal(output_make_directory("/dev/null/a"), -ENOTDIR);
}

static void test_json(void **state)
{
    (void)state;
    char text[512];
    FILE *file = fmemopen(text, sizeof text, "w");
    assert_non_null(file);
    if (!file)
        return;
    struct json json = {.file = file};
    json_open(&json, NULL, '{');
    json_string(&json, "quote", "a\"b\\c\n");
    json_number(&json, "tenth", 0.5);
    json_number(&json, "nothing", NAN);
    json_open(&json, "list", '[');
    json_count(&json, NULL, UINT64_MAX);
    json_bool(&json, NULL, true);
    json_string(&json, NULL, NULL);
    json_close(&json, ']');
    json_open(&json, "empty", '{');
    json_close(&json, '}');
    json_close(&json, '}');
    fclose(file);
    assert_string_equal(text, "{\n"
                              "  \"quote\": \"a\\\"b\\\\c\\u000a\",\n"
                              "  \"tenth\": 0.5,\n"
                              "  \"nothing\": null,\n"
                              "  \"list\": [\n"
                              "    18446744073709551615,\n"
                              "    true,\n"
                              "    null\n"
                              "  ],\n"
                              "  \"empty\": {}\n"
                              "}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_summary_of_stack_is_over_all_settings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_summary_of_frames_says_times_as_fast, setup, teardown),
        cmocka_unit_test_setup_teardown(test_summary_of_conns_is_bytes_by_form, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tsv, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_value_has_a_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines_of_other_programs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_malformed_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_appears_when_complete, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failed_write_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_make_directory, setup, teardown),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

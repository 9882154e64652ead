#define _DEFAULT_SOURCE /* usleep */
/* Programs that a run starts: several at once, each read to its end, and none left behind after a signal. */
#include "bench/interrupt.h"
#include "bench/spawn.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const ENVIRONMENT[] = {"PATH=/usr/bin:/bin", NULL};

struct heard {
    unsigned lines;
    char text[256];
};

static void hear(void *context, const char *line)
{
    struct heard *heard = context;
    heard->lines++;
    strncat(heard->text, line, sizeof heard->text - strlen(heard->text) - 1);
}

static int start(struct spawned *program, const char *script)
{
    return spawn_start(program, (const char *[]){"sh", "-c", script, NULL}, ENVIRONMENT);
}

/* The first waits for a file that the second makes: both run, whichever is collected first. */
static void test_two_at_once(void **state)
{
    (void)state;
    struct spawned first, second;
    struct heard heard[2] = {0};
    char directory[] = "/tmp/abreast-spawn-XXXXXX", script[128];
    assert_non_null(mkdtemp(directory));
    snprintf(script, sizeof script, "echo ready; until [ -e %s/go ]; do sleep 0.01; done; echo gone; exit 3",
             directory);
    assert_int_equal(start(&first, script), 0);
    snprintf(script, sizeof script, "echo a; : > %s/go; echo b", directory);
    assert_int_equal(start(&second, script), 0);
    assert_int_equal(spawn_collect(&first, hear, &heard[0]), 3);
    assert_int_equal(spawn_collect(&second, hear, &heard[1]), 0);
    assert_string_equal(heard[0].text, "readygone");
    assert_string_equal(heard[1].text, "ab");
    assert_int_equal(heard[1].lines, 2);
    snprintf(script, sizeof script, "%s/go", directory);
    assert_int_equal(unlink(script), 0);
    assert_int_equal(rmdir(directory), 0);
}

struct crowd {
    char directory[64];
    char told[1024];
};

/* The first ends last, and says more than a pipe holds; the third has nothing to do. */
static int start_one(void *context, size_t number, struct spawned *program)
{
    const struct crowd *crowd = context;
    char script[256];
    if (number == 2)
        return SPAWN_NOTHING;
    if (number == 0)
        snprintf(script, sizeof script,
                 "head -c 200000 /dev/zero | tr '\\0' 'x'; echo; for i in $(seq 50); do [ -e %s/1 ] && break; sleep "
                 "0.01; done",
                 crowd->directory);
    else
        snprintf(script, sizeof script, "echo %zu; : > %s/%zu; exit %zu", number, crowd->directory, number, number);
    return start(program, script);
}

static void hear_one(void *context, size_t number, const char *line)
{
    struct crowd *crowd = context;
    size_t length = strlen(crowd->told);
    snprintf(crowd->told + length, sizeof crowd->told - length, "%zu said %zu bytes. ", number, strlen(line));
}

static void note_end(void *context, size_t number, int status)
{
    struct crowd *crowd = context;
    size_t length = strlen(crowd->told);
    snprintf(crowd->told + length, sizeof crowd->told - length, "%zu: %d. ", number, status);
}

static void test_many_in_order(void **state)
{
    (void)state;
    struct crowd crowd = {.directory = "/tmp/abreast-spawn-XXXXXX"};
    assert_non_null(mkdtemp(crowd.directory));
    const struct spawn_queue queue = {&crowd, 5, start_one, hear_one, note_end};
    assert_int_equal(spawn_all(&queue), 0);
    assert_string_equal(crowd.told, "0 said 200000 bytes. 0: 0. 1 said 1 bytes. 1: 1. 2: 256. 3 said 1 bytes. 3: 3. "
                                    "4 said 1 bytes. 4: 4. ");
    for (unsigned number = 1; number < 5; number++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%u", crowd.directory, number);
        assert_int_equal(unlink(path), number == 2 ? -1 : 0);
    }
    assert_int_equal(rmdir(crowd.directory), 0);
}

static void test_how_it_ended(void **state)
{
    (void)state;
    struct heard heard = {0};
    assert_int_equal(spawn_lines((const char *[]){"sh", "-c", "kill -KILL $$", NULL}, ENVIRONMENT, hear, &heard),
                     128 + SIGKILL);
    assert_int_equal(spawn_lines((const char *[]){"no-such-program", NULL}, ENVIRONMENT, hear, &heard), 127);
    assert_int_equal(heard.lines, 0);
}

/* What it has started is of its group, and ends with it. Last, for the signal stays noted. */
static void test_signal_ends_the_group(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct spawned program;
    interrupt_install();
    assert_int_equal(start(&program, "sleep 1000 & sleep 1000"), 0);
    raise(SIGTERM);
    assert_int_equal(spawn_collect(&program, hear, &heard), -EINTR);
    for (int tries = 0; tries < 1000 && kill(-program.pid, 0) == 0; tries++)
        usleep(10000);
    assert_int_equal(kill(-program.pid, 0), -1);
    assert_int_equal(errno, ESRCH);

    struct crowd crowd = {.directory = "/nowhere"};
    const struct spawn_queue queue = {&crowd, 2, start_one, hear_one, note_end};
    assert_int_equal(spawn_all(&queue), -EINTR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_at_once),
        cmocka_unit_test(test_many_in_order),
        cmocka_unit_test(test_how_it_ended),
        cmocka_unit_test(test_signal_ends_the_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Checks that stay in every build, and say what they saw. The first that fails ends the test. */
#ifndef ABREAST_TESTS_SCENARIO_CHECK_H
#define ABREAST_TESTS_SCENARIO_CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void check(bool holds, const char *what, const char *file, int line)
{
    if (holds)
        return;
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    exit(1);
}

static inline void check_equal(long long a, long long b, const char *what, const char *file, int line)
{
    if (a == b)
        return;
    fprintf(stderr, "%s:%d: %s: %lld and %lld%s%s\n", file, line, what, a, b, a < 0 ? ": " : "",
            a < 0 ? strerror((int)-a) : "");
    exit(1);
}

#define CHECK(condition) check(condition, #condition, __FILE__, __LINE__)
#define CHECK_EQ(a, b) check_equal((long long)(a), (long long)(b), #a " == " #b, __FILE__, __LINE__)

#endif

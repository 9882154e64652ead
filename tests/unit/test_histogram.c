/* The histogram against the sorted values themselves. */
#include "bench/histogram.h"
#include "bench/statistics.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

enum { VALUES = 100000 };

static const unsigned asked[] = {1, 10000, 250000, 500000, 900000, 990000, 999000, 999900, 999999, 1000000};

static struct histogram *histogram_new(void)
{
    struct histogram *histogram = calloc(1, sizeof *histogram);
    assert_non_null(histogram);
    return histogram;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Not less than the exact nearest rank, and at most 1/64 more. */
static void assert_percentiles(const struct histogram *histogram, uint64_t *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    assert_int_equal(histogram->count, count);
    assert_int_equal(histogram->min, values[0]);
    assert_int_equal(histogram->max, values[count - 1]);
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        size_t rank = (count * asked[i] + 999999) / 1000000;
        uint64_t exact = values[rank - 1], found = histogram_percentile(histogram, asked[i]);
        assert_true(found >= exact && found - exact <= exact / 64);
    }
}

static void test_nothing(void **state)
{
    (void)state;
    struct histogram *histogram = histogram_new();
    assert_int_equal(histogram_percentile(histogram, 500000), 0);
    free(histogram);
}

static void test_small_values_are_exact(void **state)
{
    (void)state;
    struct histogram *histogram = histogram_new();
    for (uint64_t i = 0; i < 100; i++)
        histogram_record(histogram, i);
    for (unsigned percent = 1; percent <= 100; percent++)
        assert_int_equal(histogram_percentile(histogram, percent * 10000), percent - 1);
    free(histogram);
}

/* Each value lies in its bucket and not in the one before; widths are at most 1/64; none beyond the last. */
static void test_buckets(void **state)
{
    (void)state;
    for (unsigned shift = 0; shift < 64; shift++) {
        for (int step = -2; step <= 2; step++) {
            uint64_t value = (UINT64_C(1) << shift) + (uint64_t)step;
            unsigned bucket = histogram_bucket(value);
            assert_true(bucket < HISTOGRAM_BUCKETS);
            uint64_t last = histogram_bucket_last(bucket);
            assert_true(last >= value && last - value <= value / 64);
            assert_true(bucket == 0 || histogram_bucket_last(bucket - 1) < value);
        }
    }
    assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
    assert_int_equal(histogram_bucket_last(HISTOGRAM_BUCKETS - 1), UINT64_MAX);
}

/* Over all magnitudes, and as latencies are: most of them alike and a few a thousand times longer. */
static void test_percentiles(void **state)
{
    (void)state;
    uint64_t seed = 5, *values = calloc(VALUES, sizeof *values);
    struct histogram *histogram = histogram_new();
    assert_non_null(values);
    for (size_t i = 0; i < VALUES; i++) {
        values[i] = random_next(&seed) >> random_below(&seed, 64);
        histogram_record(histogram, values[i]);
    }
    assert_percentiles(histogram, values, VALUES);

    histogram_reset(histogram);
    for (size_t i = 0; i < VALUES; i++) {
        values[i] = 20000 + random_below(&seed, 5000);
        if (random_below(&seed, 1000) == 0)
            values[i] *= 1000;
        histogram_record(histogram, values[i]);
    }
    assert_percentiles(histogram, values, VALUES);
    free(histogram);
    free(values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_small_values_are_exact),
        cmocka_unit_test(test_buckets),
        cmocka_unit_test(test_percentiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

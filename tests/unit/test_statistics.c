/* The runner's statistics, on cases worked by hand. */
#include "bench/statistics.h"
#include "tests/unit/unit.h"

#include <errno.h>

#define ONE(samples_) ((struct blocks){1, samples_})

static double median_of(const double *values, size_t count)
{
    double copy[16];
    for (size_t i = 0; i < count; i++)
        copy[i] = values[i];
    return median(copy, count);
}

static void test_median(void **state)
{
    (void)state;
    assert_true(median_of((double[]){7}, 1) == 7);
    assert_true(median_of((double[]){3, 1}, 2) == 2);
    assert_true(median_of((double[]){3, 1, 2}, 3) == 2);
    assert_true(median_of((double[]){4, 1, 3, 2}, 4) == 2.5);
    assert_true(median_of((double[]){5, 5, 5, 1, 9, 5}, 6) == 5);
    assert_true(median_of((double[]){9, 8, 7, 6, 5, 4, 3, 2, 1}, 9) == 5);
    assert_true(median_of((double[]){-1, 1e300, 0, -1e300}, 4) == -0.5);
}

static void test_median_of_every_order(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int round = 0; round < 2000; round++) {
        double values[15];
        size_t count = 1 + random_below(&seed, 15);
        for (size_t i = 0; i < count; i++)
            values[i] = (double)i;
        for (size_t i = count; i > 1; i--) {
            size_t other = random_below(&seed, i);
            double swap = values[i - 1];
            values[i - 1] = values[other];
            values[other] = swap;
        }
        assert_true(median(values, count) == (double)(count - 1) / 2);
    }
}

static void test_interval_of_equal_values(void **state)
{
    (void)state;
    struct interval interval;
    assert_int_equal(bootstrap_median((double[]){4, 4, 4, 4}, ONE(4), 1, &interval), 0);
    assert_true(interval.value == 4 && interval.low == 4 && interval.high == 4);
}

/* Of two values, resamples have the median 1, 2 or 3 with the chances 1/4, 1/2 and 1/4: 99 % reach from 1 to 3. */
static void test_interval_of_two_values(void **state)
{
    (void)state;
    struct interval interval;
    assert_int_equal(bootstrap_median((double[]){1, 3}, ONE(2), 1, &interval), 0);
    assert_true(interval.value == 2 && interval.low == 1 && interval.high == 3);
}

/* Binomial tables: eight values have the median between their ends in 99.2 % of all cases, twenty between the fourth
 * and the seventeenth in 99.7 %, and between the fifth and the sixteenth in 98.8 % only. */
static void test_order_statistics(void **state)
{
    (void)state;
    struct interval interval;
    double eight[] = {3, 1, 2, 8, 7, 6, 5, 4}, twenty[20];
    for (int i = 0; i < 20; i++)
        twenty[i] = (i * 7 + 3) % 20 + 1;
    assert_int_equal(order_median(eight, 7, &interval), -EINVAL);
    assert_int_equal(order_median(eight, 8, &interval), 0);
    assert_true(interval.value == 4.5 && interval.low == 1 && interval.high == 8);
    assert_int_equal(order_median(twenty, 20, &interval), 0);
    assert_true(interval.value == 10.5 && interval.low == 4 && interval.high == 17);
}

/* How often the interval really has the median in it, of a distribution with a long tail, as latencies have. */
static void test_order_statistics_cover_what_they_say(void **state)
{
    enum { TIMES = 20000 };
    (void)state;
    uint64_t seed = 11;
    unsigned covered = 0;
    for (unsigned i = 0; i < TIMES; i++) {
        double values[ORDER_LEAST];
        struct interval interval;
        for (size_t k = 0; k < ORDER_LEAST; k++) {
            double uniform = ((double)(random_next(&seed) >> 11) + 0.5) * 0x1p-53;
            values[k] = 1 / uniform; /* median 2 */
        }
        assert_int_equal(order_median(values, ORDER_LEAST, &interval), 0);
        covered += interval.low <= 2 && 2 <= interval.high;
    }
    assert_true(covered > 0.99 * TIMES);
}

/* Of 0..100 the median is 50, and by the binomial distribution its 99 % interval reaches from about 37 to about 63. */
static void test_interval_of_many_values(void **state)
{
    (void)state;
    double values[101];
    for (int i = 0; i <= 100; i++)
        values[i] = i;
    struct interval interval, again, other;
    assert_int_equal(bootstrap_median(values, ONE(101), 1, &interval), 0);
    assert_true(interval.value == 50);
    assert_true(interval.low >= 34 && interval.low <= 41);
    assert_true(interval.high >= 59 && interval.high <= 66);

    assert_int_equal(bootstrap_median(values, ONE(101), 1, &again), 0);
    assert_true(again.low == interval.low && again.high == interval.high);
    assert_int_equal(bootstrap_median(values, ONE(101), 2, &other), 0);
    assert_true(other.value == interval.value);
}

/* Three blocks of 0s, 1s and 2s: the median is that of the three blocks drawn, 0, 1 or 2 with the chances 7/27, 13/27
 * and 7/27, however many samples a block has. Were the samples independent it could only be 1. */
static void test_interval_of_blocks(void **state)
{
    (void)state;
    double values[300];
    for (int i = 0; i < 300; i++)
        values[i] = i / 100;
    struct interval interval;
    assert_int_equal(bootstrap_median(values, (struct blocks){3, 100}, 1, &interval), 0);
    assert_true(interval.value == 1 && interval.low == 0 && interval.high == 2);
    assert_int_equal(bootstrap_median(values, ONE(300), 1, &interval), 0);
    assert_true(interval.value == 1 && interval.low == 1 && interval.high == 1);
}

/* Pairs of a block are drawn too: two blocks that are alike say no more than their two samples do. */
static void test_interval_within_blocks(void **state)
{
    (void)state;
    struct interval interval;
    assert_int_equal(bootstrap_median((double[]){1, 3, 1, 3}, (struct blocks){2, 2}, 1, &interval), 0);
    assert_true(interval.value == 2 && interval.low == 1 && interval.high == 3);
    const double base[] = {1, 2, 4, 8}, value[] = {2, 4, 2, 4};
    assert_int_equal(bootstrap_ratio(value, base, (struct blocks){2, 2}, 1, &interval), 0);
    assert_float_equal(interval.value, 1, 1e-12);
    assert_float_equal(interval.low, 0.5, 1e-12);
    assert_float_equal(interval.high, 2, 1e-12);
    assert_int_equal(bootstrap_difference(value, base, (struct blocks){2, 2}, 1, &interval), 0);
    assert_true(interval.value == -0.5 && interval.low == -4 && interval.high == 2);
}

/* The machine slows down tenfold meanwhile; every pair still says twice. */
static void test_ratio_is_of_pairs(void **state)
{
    (void)state;
    const double base[] = {1, 2, 3, 5, 10}, value[] = {2, 4, 6, 10, 20};
    struct interval interval;
    assert_int_equal(bootstrap_ratio(value, base, ONE(5), 1, &interval), 0);
    assert_float_equal(interval.value, 2, 1e-12);
    assert_float_equal(interval.low, 2, 1e-12);
    assert_float_equal(interval.high, 2, 1e-12);
}

/* Ratios 1/2 and 2 cancel: the median of the logarithms is 0. */
static void test_ratio_is_symmetric(void **state)
{
    (void)state;
    const double base[] = {2, 1}, value[] = {1, 2};
    struct interval interval;
    assert_int_equal(bootstrap_ratio(value, base, ONE(2), 1, &interval), 0);
    assert_float_equal(interval.value, 1, 1e-12);
    assert_float_equal(interval.low, 0.5, 1e-12);
    assert_float_equal(interval.high, 2, 1e-12);
}

static void test_ratio_of_nothing(void **state)
{
    (void)state;
    const double base[] = {1, 0}, value[] = {1, 1};
    struct interval interval;
    assert_int_equal(bootstrap_ratio(value, base, ONE(2), 1, &interval), -EINVAL);
    assert_int_equal(bootstrap_ratio(base, value, ONE(2), 1, &interval), -EINVAL);
}

static void test_difference_is_of_pairs(void **state)
{
    (void)state;
    const double base[] = {1, 10, 100}, value[] = {4, 13, 103};
    struct interval interval;
    assert_int_equal(bootstrap_difference(value, base, ONE(3), 1, &interval), 0);
    assert_true(interval.value == 3 && interval.low == 3 && interval.high == 3);
}

static void test_random_below(void **state)
{
    (void)state;
    uint64_t seed = 1;
    int seen[5] = {0};
    for (int i = 0; i < 1000; i++)
        seen[random_below(&seed, 5)]++;
    for (int i = 0; i < 5; i++)
        assert_in_range(seen[i], 140, 260);
    assert_int_equal(random_below(&seed, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_median),
        cmocka_unit_test(test_median_of_every_order),
        cmocka_unit_test(test_interval_of_equal_values),
        cmocka_unit_test(test_interval_of_two_values),
        cmocka_unit_test(test_order_statistics),
        cmocka_unit_test(test_order_statistics_cover_what_they_say),
        cmocka_unit_test(test_interval_of_many_values),
        cmocka_unit_test(test_interval_of_blocks),
        cmocka_unit_test(test_interval_within_blocks),
        cmocka_unit_test(test_ratio_is_of_pairs),
        cmocka_unit_test(test_ratio_is_symmetric),
        cmocka_unit_test(test_ratio_of_nothing),
        cmocka_unit_test(test_difference_is_of_pairs),
        cmocka_unit_test(test_random_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

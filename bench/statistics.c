#include "bench/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

size_t random_below(uint64_t *state, size_t bound)
{
    return (size_t)(((unsigned __int128)random_next(state) * bound) >> 64);
}

/* Puts the k-th smallest at its place, nothing greater before it and nothing smaller behind (Hoare's quickselect). */
static void select_kth(double *values, size_t count, size_t k)
{
    size_t first = 0, last = count - 1;
    while (first < last) {
        double pivot = values[first + (last - first) / 2];
        size_t i = first, j = last;
        for (;;) {
            while (values[i] < pivot)
                i++;
            while (pivot < values[j])
                j--;
            if (i >= j)
                break;
            double swap = values[i];
            values[i++] = values[j];
            values[j--] = swap;
        }
        if (k <= j)
            last = j;
        else
            first = j + 1;
    }
}

double median(double *values, size_t count)
{
    size_t middle = count / 2;
    select_kth(values, count, middle);
    if (count % 2)
        return values[middle];
    double below = values[0];
    for (size_t i = 1; i < middle; i++)
        below = fmax(below, values[i]);
    return below + (values[middle] - below) / 2;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Draws blocks, and from each its values. */
static void resample(double *drawn, const double *values, struct blocks blocks, uint64_t *seed)
{
    for (size_t b = 0; b < blocks.count; b++) {
        const double *block = values + random_below(seed, blocks.count) * blocks.each;
        for (size_t i = 0; i < blocks.each; i++)
            *drawn++ = block[random_below(seed, blocks.each)];
    }
}

int bootstrap_median(const double *values, struct blocks blocks, uint64_t seed, struct interval *interval)
{
    size_t count = blocks.count * blocks.each;
    double *work = calloc(count + BOOTSTRAP_RESAMPLES, sizeof *work);
    if (!work)
        return -ENOMEM;
    double *medians = work + count;

    for (size_t i = 0; i < count; i++)
        work[i] = values[i];
    interval->value = median(work, count);

    for (size_t r = 0; r < BOOTSTRAP_RESAMPLES; r++) {
        resample(work, values, blocks, &seed);
        medians[r] = median(work, count);
    }
    qsort(medians, BOOTSTRAP_RESAMPLES, sizeof *medians, compare);
    interval->low = medians[BOOTSTRAP_RESAMPLES / 200];
    interval->high = medians[BOOTSTRAP_RESAMPLES - 1 - BOOTSTRAP_RESAMPLES / 200];
    free(work);
    return 0;
}

/* It lies below the k-th smallest, or above the k-th greatest, as often as fewer than k of `count` throws of a coin are
 * heads: once in 200 at most. */
static size_t values_outside(size_t count)
{
    double chance = ldexp(1, -(int)count), sum = chance;
    size_t k = 0;
    while (sum <= 0.005) {
        chance *= (double)(count - k) / (double)(k + 1);
        sum += chance;
        k++;
    }
    return k;
}

int order_median(double *values, size_t count, struct interval *interval)
{
    if (count < ORDER_LEAST)
        return -EINVAL;
    size_t outside = values_outside(count);
    qsort(values, count, sizeof *values, compare);
    *interval = (struct interval){median(values, count), values[outside - 1], values[count - outside]};
    return 0;
}

int bootstrap_ratio(const double *value, const double *base, struct blocks blocks, uint64_t seed,
                    struct interval *interval)
{
    size_t count = blocks.count * blocks.each;
    double *logs = calloc(count, sizeof *logs);
    if (!logs)
        return -ENOMEM;
    int status = 0;
    for (size_t i = 0; i < count && !status; i++) {
        if (value[i] > 0 && base[i] > 0)
            logs[i] = log(value[i] / base[i]);
        else
            status = -EINVAL;
    }
    if (!status)
        status = bootstrap_median(logs, blocks, seed, interval);
    free(logs);
    if (!status)
        *interval = (struct interval){exp(interval->value), exp(interval->low), exp(interval->high)};
    return status;
}

int bootstrap_difference(const double *value, const double *base, struct blocks blocks, uint64_t seed,
                         struct interval *interval)
{
    size_t count = blocks.count * blocks.each;
    double *differences = calloc(count, sizeof *differences);
    if (!differences)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        differences[i] = value[i] - base[i];
    int status = bootstrap_median(differences, blocks, seed, interval);
    free(differences);
    return status;
}

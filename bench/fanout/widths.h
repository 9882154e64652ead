/* The widths of the joins, and the names of the children where each has one. */
#ifndef ABREAST_BENCH_FANOUT_WIDTHS_H
#define ABREAST_BENCH_FANOUT_WIDTHS_H

#define FANOUT_WIDTHS(X, ...)                                                                                          \
    FANOUT_NAMED_WIDTHS(X, __VA_ARGS__)                                                                                \
    X(16, __VA_ARGS__)                                                                                                 \
    X(32, __VA_ARGS__)                                                                                                 \
    X(64, __VA_ARGS__)

#define FANOUT_NAMED_WIDTHS(X, ...)                                                                                    \
    X(2, __VA_ARGS__)                                                                                                  \
    X(4, __VA_ARGS__)                                                                                                  \
    X(8, __VA_ARGS__)

#define FANOUT_ARRAY_WIDTHS(X, ...)                                                                                    \
    X(8, __VA_ARGS__)                                                                                                  \
    X(16, __VA_ARGS__)                                                                                                 \
    X(32, __VA_ARGS__)                                                                                                 \
    X(64, __VA_ARGS__)

#define FANOUT_NAMES_2(N) (N##_a, N##_b)
#define FANOUT_NAMES_4(N) (N##_a, N##_b, N##_c, N##_d)
#define FANOUT_NAMES_8(N) (N##_a, N##_b, N##_c, N##_d, N##_e, N##_f, N##_g, N##_h)

#endif
